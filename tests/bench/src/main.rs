//! Measures brokers side by side: Ringtide, a bare server over the same ring (the limit), and any
//! other that speaks Kafka's protocol.
//!
//! Every figure of a row comes from one run on one machine, sides interleaved, three repeats,
//! medians. The load is prebuilt valid frames sent by one event loop that is cheaper per batch
//! than any broker. CPU is the kernel's account of each process, user and system apart.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "measures real time")]
#![expect(clippy::indexing_slicing, reason = "a broken load generator should stop where it broke")]

mod admin;
mod bench;
mod blkio;
mod cpu;
mod extent;
mod flow;
mod frames;
mod growth;
mod gulp;
mod hot;
mod kafka;
mod limit;
mod load;
mod meter;
mod probe;
mod quantile;
mod question;
mod report;
mod rows;
mod side;
mod svg;
mod timer;
mod window;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "ringtide-bench", about = "Measures brokers side by side.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

/// What to measure and where the sides are.
#[derive(Debug, clap::Args)]
struct Options {
    /// The broker's program
    #[arg(long, default_value = "target/release/ringtide")]
    ringtide: PathBuf,
    /// Where to write the report; printed only, if absent
    #[arg(long)]
    report: Option<PathBuf>,
    /// Shown in the report
    #[arg(long, default_value = "working tree")]
    commit: String,
    /// Shown in the report
    #[arg(long, default_value = "this machine")]
    machine: String,
    /// Shown in the report
    #[arg(long, default_value = "today")]
    date: String,
    /// Jars of Apache Kafka: also measure it
    #[arg(long)]
    kafka_libs: Option<PathBuf>,
    /// A Python that has confluent-kafka: also measure librdkafka
    #[arg(long)]
    confluent_python: Option<PathBuf>,
    /// Any running broker that speaks Kafka's protocol: also measure it
    #[arg(long, requires = "peer_pid")]
    peer: Option<SocketAddr>,
    /// Its process
    #[arg(long)]
    peer_pid: Option<u32>,
    /// All rows, not only the short list
    #[arg(long)]
    suite: bool,
    /// Names the rows that would be measured
    #[arg(long)]
    list: bool,
    /// Only rows whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Measure even if something else keeps the machine busy; the report says so
    #[arg(long)]
    busy_ok: bool,
    /// Repeats of each row
    #[arg(long, default_value_t = 3)]
    repeats: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Laps of the ring that sustained rows write
    #[arg(long, default_value_t = 10)]
    laps: u64,
    /// Where servers keep their data
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the bare server (started by the suite itself)
    Limit(limit::LimitArgs),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Limit(args)) => limit::run(&args),
        None => bench::run(&arguments.options),
    }
}
