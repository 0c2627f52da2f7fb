//! The commands beside `server`: a Kafka client for topics, and an offline reader of data
//! directories.
//!
//! Results go to standard output in the form `-o` asks for, everything else to standard error.
//! Exit codes are documented in [`error::Exit`] and in the README. Nothing here knows the inside of
//! a running broker: `topic` speaks Kafka's protocol and works against any broker.

pub mod client;
mod error;
pub mod log;
mod output;
pub mod topic;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use error::CliError;
use output::Output;

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create, list, describe, alter and delete topics; produce and consume records.
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// Read a data directory without a broker.
    #[command(subcommand)]
    Log(log::LogCommand),
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Form of the result.
    #[arg(short, long, value_enum, default_value_t = output::Format::Table)]
    output: output::Format,
}

impl Command {
    /// Runs the command; the exit code says how it went.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let (format, result) = match self {
            Self::Topic(command) => (command.format(), command.run()),
            Self::Log(command) => (command.format(), command.run()),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => report(&error, format),
        }
    }
}

/// Says on standard error what went wrong; a reader that went away is no error.
fn report(error: &CliError, format: output::Format) -> ExitCode {
    if !error.is_silent() {
        Output::new(format).error(error);
    }
    error.exit().code()
}
