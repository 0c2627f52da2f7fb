//! `group lag`: how far groups are behind, by partition or in sum.

use clap::Args;
use serde_json::{Value, json};

use super::list::chosen;
use super::member::Group;
use super::offsets::{self, Committed};
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs};
use crate::cli::error::{CliError, partial};
use crate::cli::output::{Output, Rows};

/// Show how far groups are behind.
#[derive(Debug, Args)]
pub struct Lag {
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Every group.
    #[arg(short, long, conflicts_with = "names")]
    all: bool,
    /// One line a group.
    #[arg(short, long)]
    summary: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Lag {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let names = chosen(&mut client, &self.names, self.all)?;
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        for name in &names {
            let looked = Group::look(&mut client, name)
                .and_then(|group| Ok((offsets::of(&mut client, &group)?, group)));
            match looked {
                Ok((offsets, group)) if self.summary => rows.push(summary(&group, &offsets)),
                Ok((offsets, _)) => rows.extend(offsets.iter().map(|row| row.to_json(name))),
                Err(error) => errors.push(error),
            }
        }
        let columns: &[&str] = if self.summary {
            &["group", "state", "members", "partitions", "lag"]
        } else {
            &["group", "topic", "partition", "committed", "end", "lag", "client"]
        };
        Output::new(self.output.output).results(&Rows { columns, rows }, errors.len())?;
        partial(errors, names.len())
    }
}

fn summary(group: &Group, offsets: &[Committed]) -> Value {
    json!({
        "group": group.name,
        "state": group.state,
        "members": group.members.len(),
        "partitions": offsets.len(),
        "lag": offsets.iter().filter_map(Committed::lag).sum::<i64>(),
    })
}
