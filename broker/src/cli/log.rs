//! `ringtide log …`: reads a data directory that no broker has open, and changes nothing.

mod data;
pub mod describe;
mod sealed;
pub mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::Format;

/// What to do with a data directory.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Show what a data directory holds: metadata, ring, sealed files, partitions.
    Describe(describe::Describe),
    /// Check every checksum in a data directory; exit code 7 if something is damaged.
    Verify(verify::Verify),
}

/// Which directory.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataArgs {
    /// The data directory.
    #[arg(value_name = "DIR", conflicts_with = "data")]
    dir: Option<PathBuf>,
    /// The same, as `ringtide server` takes it.
    #[arg(long, value_name = "DIR", default_value = "ringtide-data")]
    data: PathBuf,
}

impl DataArgs {
    fn dir(&self) -> &PathBuf {
        self.dir.as_ref().unwrap_or(&self.data)
    }
}

impl LogCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::Describe(command) => command.output.output,
            Self::Verify(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        match self {
            Self::Describe(command) => command.run(),
            Self::Verify(command) => command.run(),
        }
    }
}
