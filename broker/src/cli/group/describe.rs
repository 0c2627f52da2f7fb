//! `group describe`: state, members with what they were given, offsets.

use clap::Args;
use serde_json::Value;

use super::list::chosen;
use super::member::{Group, Member};
use super::offsets;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs};
use crate::cli::error::{CliError, partial};
use crate::cli::output::{Format, Output, Rows};

/// Show state, members and offsets of groups.
#[derive(Debug, Args)]
pub struct Describe {
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Every group.
    #[arg(short, long, conflicts_with = "names")]
    all: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Describe {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let names = chosen(&mut client, &self.names, self.all)?;
        let output = Output::new(self.output.output);
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        for name in &names {
            let looked = Group::look(&mut client, name)
                .and_then(|group| Ok((offsets::of(&mut client, &group)?, group)));
            match looked {
                Ok((offsets, group)) => {
                    let offsets: Vec<Value> = offsets.iter().map(|row| row.to_json(name)).collect();
                    if self.output.output == Format::Table {
                        as_tables(output, &group, offsets)?;
                    } else {
                        rows.push(group.to_json(&offsets));
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        if self.output.output != Format::Table {
            output.results(&Rows { columns: &[], rows }, errors.len())?;
        }
        partial(errors, names.len())
    }
}

fn as_tables(output: Output, group: &Group, offsets: Vec<Value>) -> Result<(), CliError> {
    let columns = &["group", "type", "state", "protocol"];
    output.rows(&Rows { columns, rows: vec![group.to_json(&[])] })?;
    if !group.members.is_empty() {
        let columns = &["member", "client", "host", "assigned"];
        output.rows(&Rows { columns, rows: group.members.iter().map(Member::row).collect() })?;
    }
    if offsets.is_empty() {
        return Ok(());
    }
    let columns = &["topic", "partition", "committed", "end", "lag", "client"];
    output.rows(&Rows { columns, rows: offsets })
}
