//! `group delete`: groups without members, or a group's offsets of topics.

use clap::Args;
use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use protocol_wire::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, OffsetDeleteRequest, OffsetDeleteResponse,
};
use serde_json::json;

use super::member::Group;
use super::offsets;
use crate::cli::client::{Client, ConnectArgs, group_id, topic_name};
use crate::cli::error::{CliError, Code, partial};
use crate::cli::output::{Output, Rows};
use crate::cli::{OutputArgs, confirm};

/// Delete groups, or their offsets of topics.
#[derive(Debug, Args)]
pub struct Delete {
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Only the offsets of this topic; may be repeated.
    #[arg(short, long, value_name = "TOPIC")]
    topic: Vec<String>,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
    /// Show what would be deleted, delete nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Succeed if the group is not there.
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Delete {
    pub(super) fn run(self) -> Result<(), CliError> {
        if !self.dry_run {
            let what = self.names.join(", ");
            let what = if self.topic.is_empty() {
                format!("groups {what} and all their offsets")
            } else {
                format!("the offsets of {} of {what}", self.topic.join(", "))
            };
            confirm(&what, self.yes, self.output.output)?;
        }
        let mut client = Client::connect(&self.connect)?;
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        let result = if self.dry_run { "would be deleted" } else { "deleted" };
        for name in &self.names {
            match self.delete(&mut client, name) {
                Ok(offsets) => {
                    rows.push(json!({ "group": name, "offsets": offsets, "result": result }));
                }
                Err(error) if self.if_exists && error.code() == Some(Code::GroupNotFound) => {}
                Err(error) => errors.push(error),
            }
        }
        let rows = Rows { columns: &["group", "offsets", "result"], rows };
        Output::new(self.output.output).results(&rows, errors.len())?;
        partial(errors, self.names.len())
    }

    /// How many offsets went, or would go.
    fn delete(&self, client: &mut Client, name: &str) -> Result<usize, CliError> {
        let group = Group::look(client, name)?;
        let mut committed: Vec<_> = offsets::committed(client, name)?.into_keys().collect();
        committed.retain(|(topic, _)| self.topic.is_empty() || self.topic.contains(topic));
        if self.topic.is_empty() && !group.members.is_empty() {
            return Err(refused(name, ErrorCode::NonEmptyGroup.to_wire()));
        }
        if !self.dry_run && self.topic.is_empty() {
            delete_group(client, name)?;
        } else if !self.dry_run && !committed.is_empty() {
            delete_offsets(client, name, &committed)?;
        }
        Ok(committed.len())
    }
}

fn delete_group(client: &mut Client, name: &str) -> Result<(), CliError> {
    let request = DeleteGroupsRequest::default().with_groups_names(vec![group_id(name)]);
    let code = |answer: &DeleteGroupsResponse| {
        answer.results.first().map_or(0, |result| result.error_code)
    };
    let answer = client.call_group(name, ApiKey::DeleteGroups, (0, 2), &request, code)?;
    match code(&answer) {
        0 => Ok(()),
        code => Err(refused(name, code)),
    }
}

fn delete_offsets(
    client: &mut Client,
    name: &str,
    places: &[(String, i32)],
) -> Result<(), CliError> {
    let topics = places.chunk_by(|a, b| a.0 == b.0).filter_map(|places| {
        let partition = |(_, index): &(String, i32)| {
            OffsetDeleteRequestPartition::default().with_partition_index(*index)
        };
        Some(
            OffsetDeleteRequestTopic::default()
                .with_name(topic_name(&places.first()?.0))
                .with_partitions(places.iter().map(partition).collect()),
        )
    });
    let request =
        OffsetDeleteRequest::default().with_group_id(group_id(name)).with_topics(topics.collect());
    let code = |answer: &OffsetDeleteResponse| {
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        let codes = std::iter::once(answer.error_code).chain(partitions.map(|p| p.error_code));
        codes.into_iter().find(|code| *code != 0).unwrap_or(0)
    };
    let answer = client.call_group(name, ApiKey::OffsetDelete, (0, 0), &request, code)?;
    match code(&answer) {
        0 => Ok(()),
        code => Err(refused(name, code)),
    }
}

fn refused(name: &str, code: i16) -> CliError {
    CliError::refused(&format!("group \"{name}\""), code, None)
}
