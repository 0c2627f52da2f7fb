//! `bench`: builds the broker and the load generator with optimisations and hands over to `ringtide-bench`,
//! which measures, prints the table and writes docs/BENCHMARKS.md.

use anyhow::Result;
use clap::Args;

use crate::prove::machine;
use crate::{install, process};

#[derive(Args)]
pub(crate) struct Options {
    /// Also measure Apache Kafka and real clients, installed for the purpose
    #[arg(long)]
    peer_kafka: bool,
    /// Every row, for half an hour and more, not only the short list
    #[arg(long)]
    suite: bool,
    /// Further words for ringtide-bench; `-- --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    process::build_release(&["--package=broker", "--package=tests-bench"])?;
    let built = process::target_dir().join("release");
    let mut bench = process::command(built.join("ringtide-bench"), &[]);
    bench.arg("--ringtide").arg(built.join("ringtide"));
    bench.arg("--report").arg(process::root().join("docs/BENCHMARKS.md"));
    bench.args(["--commit", &machine::commit()?, "--machine", &machine::describe()?]);
    bench.args(["--date", &machine::today()?]);
    if options.peer_kafka {
        let peer = install::for_peer()?;
        bench.arg("--kafka-libs").arg(peer.jars).arg("--confluent-python").arg(peer.python);
    }
    if options.suite {
        bench.arg("--suite");
    }
    process::run(bench.args(&options.rest))
}
