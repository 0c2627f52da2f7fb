//! `ringtide group …`: consumer groups of any Kafka broker, of either protocol.

pub mod delete;
pub mod describe;
pub mod lag;
pub mod list;
mod member;
mod offsets;
pub mod seek;
mod target;

use clap::Subcommand;

use super::error::CliError;
use super::output::Format;

/// What to do with groups.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// List groups.
    #[command(visible_alias = "list")]
    Ls(list::List),
    /// Show state, members and offsets of groups.
    Describe(describe::Describe),
    /// Show how far groups are behind.
    Lag(lag::Lag),
    /// Move a group's offsets. Shows what would be done unless --yes is given.
    Seek(seek::Seek),
    /// Delete groups, or their offsets of topics.
    Delete(delete::Delete),
}

impl GroupCommand {
    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Ls(command) => command.output.output,
            Self::Describe(command) => command.output.output,
            Self::Lag(command) => command.output.output,
            Self::Seek(command) => command.output.output,
            Self::Delete(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        match self {
            Self::Ls(command) => command.run(),
            Self::Describe(command) => command.run(),
            Self::Lag(command) => command.run(),
            Self::Seek(command) => command.run(),
            Self::Delete(command) => command.run(),
        }
    }
}
