//! What a group has committed, beside where its partitions end.

use std::collections::{BTreeMap, BTreeSet};

use protocol_types::ApiKey;
use protocol_wire::messages::{OffsetFetchRequest, OffsetFetchResponse};
use serde_json::{Value, json};

use super::member::Group;
use crate::cli::client::{Client, group_id};
use crate::cli::error::{CliError, Code};
use crate::cli::topic::describe;

/// ListOffsets' special timestamp.
const LATEST: i64 = -1;

/// One partition a group reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Committed {
    pub(super) topic: String,
    pub(super) partition: i32,
    /// `None`: assigned, and nothing committed.
    pub(super) offset: Option<i64>,
    /// `None`: the partition is not there any more.
    pub(super) end: Option<i64>,
    /// Which client has it.
    client: Option<String>,
}

impl Committed {
    pub(super) fn lag(&self) -> Option<i64> {
        Some(self.end?.saturating_sub(self.offset?).max(0))
    }

    pub(super) fn to_json(&self, group: &str) -> Value {
        json!({
            "group": group,
            "topic": self.topic,
            "partition": self.partition,
            "committed": self.offset,
            "end": self.end,
            "lag": self.lag(),
            "client": self.client,
        })
    }
}

/// Every offset that `group` has committed, by topic and partition.
pub(super) fn committed(
    client: &mut Client,
    group: &str,
) -> Result<BTreeMap<(String, i32), i64>, CliError> {
    let request = OffsetFetchRequest::default().with_group_id(group_id(group)).with_topics(None);
    let code = |answer: &OffsetFetchResponse| answer.error_code;
    let answer = client.call_group(group, ApiKey::OffsetFetch, (2, 7), &request, code)?;
    if answer.error_code != 0 {
        let what = format!("offsets of group \"{group}\"");
        return Err(CliError::refused(&what, answer.error_code, None));
    }
    let mut found = BTreeMap::new();
    for topic in answer.topics {
        for partition in topic.partitions {
            if partition.error_code == 0 && partition.committed_offset >= 0 {
                let place = (topic.name.0.to_string(), partition.partition_index);
                found.insert(place, partition.committed_offset);
            }
        }
    }
    Ok(found)
}

/// What the group has committed or was assigned, with the ends of the partitions.
pub(super) fn of(client: &mut Client, group: &Group) -> Result<Vec<Committed>, CliError> {
    let committed = committed(client, &group.name)?;
    let assigned = group.members.iter().flat_map(|member| &member.assigned);
    let assigned = assigned.flat_map(|(topic, partitions)| {
        partitions.iter().map(move |partition| (topic.clone(), *partition))
    });
    let places: BTreeSet<(String, i32)> = committed.keys().cloned().chain(assigned).collect();
    let mut ends: BTreeMap<String, BTreeMap<i32, i64>> = BTreeMap::new();
    for (topic, _) in &places {
        if !ends.contains_key(topic) {
            ends.insert(topic.clone(), ends_of(client, topic)?);
        }
    }
    let row = |(topic, partition): (String, i32)| Committed {
        offset: committed.get(&(topic.clone(), partition)).copied(),
        end: ends.get(&topic).and_then(|ends| ends.get(&partition)).copied(),
        client: group.owner(&topic, partition).map(str::to_owned),
        topic,
        partition,
    };
    Ok(places.into_iter().map(row).collect())
}

/// Where the partitions of a topic end; none if it is gone.
fn ends_of(client: &mut Client, name: &str) -> Result<BTreeMap<i32, i64>, CliError> {
    match client.topic(name, false) {
        Ok(topic) => describe::offsets(client, name, &topic, LATEST),
        Err(error) if error.code() == Some(Code::TopicNotFound) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}
