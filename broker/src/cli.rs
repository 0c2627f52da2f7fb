//! The commands beside `server`: a Kafka client for topics, groups and clusters, and readers of
//! settings and data directories.
//!
//! Results go to standard output in the form `-o` asks for, everything else to standard error.
//! Errors have codes with pages in `docs/errors`, exit codes stand in `docs/cli.md`. Nothing here
//! knows the inside of a running broker: what speaks to one speaks Kafka's protocol, or HTTP.

pub mod client;
pub mod cluster;
pub mod context;
pub mod doctor;
mod error;
pub mod explain;
pub mod group;
pub mod health;
pub mod log;
mod output;
mod progress;
pub mod settings;
pub mod topic;
mod variable;

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use error::CliError;
pub use error::Code;
use output::{Format, Output};

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create, list, describe, alter and delete topics; produce and consume records.
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// List, describe, move and delete consumer groups.
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Look at the cluster.
    #[command(subcommand)]
    Cluster(cluster::ClusterCommand),
    /// Look at a broker's settings without a broker.
    #[command(subcommand)]
    Config(settings::SettingsCommand),
    /// Give clusters names.
    #[command(subcommand)]
    Context(context::ContextCommand),
    /// Read a data directory without a broker.
    #[command(subcommand)]
    Log(log::LogCommand),
    Health(health::Health),
    Doctor(Box<doctor::Doctor>),
    Explain(explain::Explain),
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Form of the result.
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Command {
    /// Runs the command; the exit code says how it went.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let (format, result) = match self {
            Self::Topic(command) => (command.format(), command.run()),
            Self::Group(command) => (command.format(), command.run()),
            Self::Cluster(command) => (command.format(), command.run()),
            Self::Config(command) => (command.format(), command.run()),
            Self::Context(command) => (command.format(), command.run()),
            Self::Log(command) => (command.format(), command.run()),
            Self::Health(command) => (command.format(), command.run()),
            Self::Doctor(command) => (command.format(), command.run()),
            Self::Explain(command) => (command.format(), command.run()),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => report(&error, format),
        }
    }
}

/// Says on standard error what went wrong; a reader that went away is no error.
fn report(error: &CliError, format: Format) -> ExitCode {
    if !error.is_silent() {
        Output::new(format).error(error);
    }
    error.exit().code()
}

/// Asks on a terminal whether to delete `what`; elsewhere, and where programs read the answer,
/// `--yes` is needed.
fn confirm(what: &str, yes: bool, format: Format) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let refuse = || {
        let message = format!("deleting {what} was not confirmed");
        CliError::new(Code::NotConfirmed, message).hint("give --yes")
    };
    if format != Format::Table || !io::stdin().is_terminal() {
        return Err(refuse());
    }
    Output::remark(&format!("delete {what}? [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(refuse()) }
}

/// Says what is wrong with a command line, or what was asked of the parser itself.
#[must_use]
pub fn misunderstood(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let shown = write!(io::stdout().lock(), "{error}");
        return shown
            .map_or_else(|error| report(&error.into(), Format::Table), |()| ExitCode::SUCCESS);
    }
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let format = Format::asked_for(env::args_os());
    let error = match text.split_once("\n\n") {
        // Programs get the usage apart from what is wrong.
        Some((what, usage)) if format.is_for_programs() => CliError::usage(what).hint(usage),
        _ => CliError::usage(text),
    };
    report(&error, format)
}

/// Prints what makes `shell` complete the commands of `command`.
#[must_use]
pub fn completions(shell: clap_complete::Shell, command: &mut clap::Command) -> ExitCode {
    // Rendered first: a reader that goes away is no failure of the generator.
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "ringtide", &mut script);
    match io::stdout().lock().write_all(&script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error.into(), Format::Table),
    }
}
