//! `group seek`: moves the offsets of a group that has no members.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use protocol_types::ApiKey;
use protocol_wire::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use protocol_wire::messages::{OffsetCommitRequest, OffsetCommitResponse};
use serde_json::{Value, json};

use super::member::Group;
use super::offsets;
use super::target::Target;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, group_id, topic_name};
use crate::cli::error::{CliError, Code};
use crate::cli::output::{Format, Output, Rows};
use crate::cli::topic::describe;

/// ListOffsets' special timestamps.
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;

/// Move a group's offsets. Shows what would be done unless --yes is given.
#[derive(Debug, Args)]
pub struct Seek {
    group: String,
    /// Where to: earliest, latest, OFFSET, +COUNT or -COUNT from where it is, @TIME, @-DURATION.
    #[arg(long, allow_hyphen_values = true, value_name = "TARGET")]
    to: Target,
    /// Only this topic, or these partitions of it; may be repeated. Default: whatever the group
    /// has offsets of.
    #[arg(short, long, value_name = "TOPIC[:N,…]", value_parser = part)]
    topic: Vec<(String, Vec<i32>)>,
    /// Do it.
    #[arg(short, long, conflicts_with = "dry_run")]
    yes: bool,
    /// Only show what would be done, as without --yes.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// One partition's move.
struct Move {
    topic: String,
    partition: i32,
    from: Option<i64>,
    to: i64,
}

/// `TOPIC` or `TOPIC:0,1`. Names of topics have no colons.
fn part(text: &str) -> Result<(String, Vec<i32>), String> {
    let (topic, partitions) = text.split_once(':').unwrap_or((text, ""));
    let bad = |_| format!("\"{text}\" is not TOPIC[:N,…]");
    let partitions = partitions.split(',').filter(|part| !part.is_empty()).map(str::parse);
    let partitions = partitions.collect::<Result<Vec<i32>, _>>().map_err(bad)?;
    Ok((topic.to_owned(), partitions))
}

impl Seek {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let group = Group::find(&mut client, &self.group)?;
        if let Some(busy) = group.filter(|group| !group.members.is_empty()) {
            let members = busy.members.len();
            let message = format!("group \"{}\" has {members} members", self.group);
            return Err(CliError::new(Code::GroupInUse, message)
                .hint("stop its consumers first: they would go on where they are"));
        }
        let moves = self.plan(&mut client)?;
        if self.yes {
            self.commit(&mut client, &moves)?;
        }
        let result = if self.yes { "moved" } else { "would be moved" };
        let row = |it: &Move| -> Value {
            json!({
                "group": self.group,
                "topic": it.topic,
                "partition": it.partition,
                "from": it.from,
                "to": it.to,
                "result": if it.from == Some(it.to) { "is there" } else { result },
            })
        };
        let rows = moves.iter().map(row).collect();
        let columns = &["topic", "partition", "from", "to", "result"];
        Output::new(self.output.output).rows(&Rows { columns, rows })?;
        if !self.yes && self.output.output == Format::Table {
            Output::remark("nothing was changed; --yes does it");
        }
        Ok(())
    }

    fn plan(&self, client: &mut Client) -> Result<Vec<Move>, CliError> {
        let committed = offsets::committed(client, &self.group)?;
        let mut topics: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
        if self.topic.is_empty() {
            for (topic, partition) in committed.keys() {
                topics.entry(topic.clone()).or_default().insert(*partition);
            }
        }
        for (topic, partitions) in &self.topic {
            topics.entry(topic.clone()).or_default().extend(partitions);
        }
        if topics.is_empty() {
            let message = format!("group \"{}\" has no offsets", self.group);
            return Err(CliError::new(Code::GroupNotFound, message)
                .hint("--topic NAME gives it some, also before its first consumer"));
        }
        let mut moves = Vec::new();
        for (name, wanted) in topics {
            let mut topic = client.topic(&name, false)?;
            let there: BTreeSet<i32> = topic.partitions.iter().map(|p| p.partition_index).collect();
            if let Some(missing) = wanted.difference(&there).next() {
                let message = format!("topic \"{name}\" has no partition {missing}");
                return Err(CliError::new(Code::PartitionNotFound, message));
            }
            topic.partitions.retain(|p| wanted.is_empty() || wanted.contains(&p.partition_index));
            let starts = describe::offsets(client, &name, &topic, EARLIEST)?;
            let ends = describe::offsets(client, &name, &topic, LATEST)?;
            let since = match self.to.time(client.now_ms()) {
                Some(time) => describe::offsets(client, &name, &topic, time)?,
                None => BTreeMap::new(),
            };
            for (partition, end) in ends {
                let start = starts.get(&partition).copied().unwrap_or_default();
                let from = committed.get(&(name.clone(), partition)).copied();
                let since = since.get(&partition).copied().filter(|offset| *offset >= 0);
                let Some(to) = self.to.resolve((start, end), from, since) else {
                    let message = format!("the group has no offset of \"{name}\" [{partition}]");
                    return Err(CliError::new(Code::OffsetOutOfRange, message).hint(
                        "there is nothing to count from: give earliest, latest or an offset",
                    ));
                };
                moves.push(Move { topic: name.clone(), partition, from, to });
            }
        }
        Ok(moves)
    }

    fn commit(&self, client: &mut Client, moves: &[Move]) -> Result<(), CliError> {
        let mut topics: BTreeMap<&str, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
        for it in moves {
            let partition = OffsetCommitRequestPartition::default()
                .with_partition_index(it.partition)
                .with_committed_offset(it.to)
                .with_committed_leader_epoch(-1)
                .with_committed_metadata(None);
            topics.entry(&it.topic).or_default().push(partition);
        }
        let topic = |(name, partitions): (&str, Vec<OffsetCommitRequestPartition>)| {
            OffsetCommitRequestTopic::default()
                .with_name(topic_name(name))
                .with_partitions(partitions)
        };
        let request = OffsetCommitRequest::default()
            .with_group_id(group_id(&self.group))
            .with_generation_id_or_member_epoch(-1)
            .with_topics(topics.into_iter().map(topic).collect());
        let failed = |answer: &OffsetCommitResponse| {
            let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
            partitions.map(|partition| partition.error_code).find(|code| *code != 0).unwrap_or(0)
        };
        let answer =
            client.call_group(&self.group, ApiKey::OffsetCommit, (2, 9), &request, failed)?;
        match failed(&answer) {
            0 => Ok(()),
            code => Err(CliError::refused(&format!("group \"{}\"", self.group), code, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("t", Some(("t", vec![])))]
    #[case("t:0,2", Some(("t", vec![0, 2])))]
    #[case("t:x", None)]
    fn partitions_stand_behind_a_colon(
        #[case] text: &str,
        #[case] expected: Option<(&str, Vec<i32>)>,
    ) {
        let expected = expected.map(|(topic, partitions)| (topic.to_owned(), partitions));
        assert_eq!(part(text).ok(), expected);
    }
}
