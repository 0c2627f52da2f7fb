//! Programs that people run on Kafka, each through the framework it was made for: they read the flights topic and must
//! count what the data set holds.
//!
//! They take minutes to install, so only `cargo xtask prove` runs them; it names one in `RINGTIDE_ECOSYSTEM`.

mod connectors;
mod program;
mod registry;
mod server;

use std::env;

use anyhow::{Result, ensure};
use rstest::rstest;
use tempfile::TempDir;
use tests_e2e::broker::Launch;

use self::program::Program;

/// Flights that are counted.
const COUNT: usize = 20_000;

/// Whether `prove` has asked for this one.
fn wanted(name: &str) -> bool {
    env::var("RINGTIDE_ECOSYSTEM").is_ok_and(|asked| asked == name)
}

#[rstest]
fn flights_are_counted(
    #[values(
        Program::Bytewax,
        Program::Quix,
        Program::Faust,
        Program::Spark,
        Program::Flink,
        Program::Streams
    )]
    program: Program,
) -> Result<()> {
    if !wanted(program.name()) {
        return Ok(());
    }
    let folder = TempDir::with_prefix("ringtide-ecosystem-")?;
    let broker = Launch::new()?.set("ring.size", 64 << 20).start()?;
    program::produce_flights(broker.kafka(), COUNT)?;
    let expected = program::expected(COUNT)?;
    let found = program.run(broker.kafka(), folder.path(), COUNT)?;
    ensure!(found == expected, "{found:?}\ninstead of {expected:?}");
    println!("ecosystem: {} counted {COUNT} flights of {} carriers", program.name(), found.len());
    Ok(())
}
