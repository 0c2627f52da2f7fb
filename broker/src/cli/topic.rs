//! `ringtide topic …`: a client of any Kafka broker.

pub mod alter;
pub mod config;
pub mod consume;
pub mod create;
pub mod delete;
pub mod describe;
pub mod list;
mod partitioner;
mod position;
pub mod produce;

use clap::Subcommand;

use super::error::CliError;
use super::output::Format;

/// What to do with topics.
#[derive(Debug, Subcommand)]
pub enum TopicCommand {
    /// Create topics.
    Create(create::Create),
    /// List topics.
    #[command(visible_alias = "list")]
    Ls(list::List),
    /// Show partitions, offsets and configuration of topics.
    Describe(describe::Describe),
    /// Change a topic's configuration, or its number of partitions.
    Alter(alter::Alter),
    /// Show and change a topic's configuration, key by key.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Delete topics and their records.
    Delete(delete::Delete),
    /// Append records: one per line of standard input.
    Produce(produce::Produce),
    /// Read records.
    Consume(consume::Consume),
}

impl TopicCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::Create(command) => command.output.output,
            Self::Ls(command) => command.output.output,
            Self::Describe(command) => command.output.output,
            Self::Alter(command) => command.output.output,
            Self::Config(command) => command.format(),
            Self::Delete(command) => command.output.output,
            Self::Produce(command) => command.output.output,
            Self::Consume(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        match self {
            Self::Create(command) => command.run(),
            Self::Ls(command) => command.run(),
            Self::Describe(command) => command.run(),
            Self::Alter(command) => command.run(),
            Self::Config(command) => command.run(),
            Self::Delete(command) => command.run(),
            Self::Produce(command) => command.run(),
            Self::Consume(command) => command.run(),
        }
    }
}

/// `KEY=VALUE` as a pair.
pub(crate) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("\"{text}\" is not KEY=VALUE")),
    }
}

#[cfg(test)]
mod tests;
