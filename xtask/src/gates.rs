//! `gates`: builds the broker and the counting program as users get them and hands over to `ringtide-gates`,
//! which counts and compares with docs/PERFORMANCE-GATES.md, or records there.

use anyhow::Result;
use clap::Args;

use crate::{install, process};

#[derive(Args)]
pub(crate) struct Options {
    /// Only pieces whose name contains this
    #[arg(default_value = "")]
    piece: String,
    /// Record what is counted instead of comparing it
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    install::for_gates()?;
    process::build_release(&["--package=broker", "--package=tests-gates"])?;
    let program = process::target_dir().join("release/ringtide-gates");
    let mut gates = process::command(program, &[&options.piece]);
    gates.arg("--page").arg(process::root().join("docs/PERFORMANCE-GATES.md"));
    gates.env("RINGTIDE_BIN", process::release_broker());
    if options.bless {
        gates.arg("--bless");
    }
    process::run(&mut gates)
}
