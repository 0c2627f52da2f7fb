//! DeleteTopics, by name or by id.

use std::collections::BTreeSet;

use broker_env::{HashMap, HashSet};
use broker_metadata::{Image, Record};
use protocol_types::{ErrorCode, TopicId};

use super::{Command, Decision, Facts};
use crate::error::CommandError;

#[cfg(test)]
mod tests;

/// How a request names a topic; naming it both ways or neither is the client's mistake.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicRef {
    pub name: Option<String>,
    pub id: Option<TopicId>,
}

/// The command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTopics {
    pub topics: Vec<TopicRef>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedTopic {
    /// `None` for an id that is unknown.
    pub name: Option<String>,
    /// `None` for a name that is unknown.
    pub id: Option<TopicId>,
    pub result: Result<(), CommandError>,
}

impl TopicRef {
    pub fn by_name(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), id: None }
    }

    #[must_use]
    pub const fn by_id(id: TopicId) -> Self {
        Self { name: None, id: Some(id) }
    }
}

impl Command for DeleteTopics {
    type Outcome = Vec<DeletedTopic>;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Self::Outcome>, CommandError> {
        if !facts.config.delete_topics {
            return Err(CommandError::new(
                ErrorCode::TopicDeletionDisabled,
                "Topic deletion is disabled.",
            ));
        }
        let mut times: HashMap<&TopicRef, usize> = HashMap::default();
        for topic in &self.topics {
            *times.entry(topic).or_default() += 1;
        }
        let mut seen = BTreeSet::new();
        let mut reported = HashSet::default();
        let mut records = Vec::new();
        let mut outcome = Vec::new();
        for topic in &self.topics {
            let times = times.get(topic).copied().unwrap_or_default();
            if times > 1 && !reported.insert(topic) {
                continue;
            }
            let result = resolve(topic, times, facts.image);
            outcome.push(match result {
                Ok((name, id)) if seen.insert(id) => {
                    let result = delete(id, facts).map(|record| records.push(record));
                    DeletedTopic { name: Some(name), id: Some(id), result }
                }
                Ok((name, id)) => DeletedTopic {
                    name: Some(name),
                    id: Some(id),
                    result: Err(CommandError::invalid_request(
                        "The provided topic name maps to an ID that was already supplied.",
                    )),
                },
                Err(error) => {
                    DeletedTopic { name: topic.name.clone(), id: topic.id, result: Err(error) }
                }
            });
        }
        Ok(Decision { records, outcome })
    }
}

fn delete(topic: TopicId, facts: &Facts<'_>) -> Result<Record, CommandError> {
    let partitions = facts.image.topic_by_id(topic).map_or(0, |topic| topic.partition_count());
    facts.quota.take(partitions)?;
    Ok(Record::TopicDeleted { topic })
}

fn resolve(
    topic: &TopicRef,
    times: usize,
    image: &Image,
) -> Result<(String, TopicId), CommandError> {
    let found = match (&topic.name, topic.id) {
        (None, None) => {
            let message = "Neither topic name nor id were specified.";
            return Err(CommandError::invalid_request(message));
        }
        (Some(_), Some(_)) => {
            let message = "You may not specify both topic name and topic id.";
            return Err(CommandError::invalid_request(message));
        }
        (Some(_), None) if times > 1 => {
            return Err(CommandError::invalid_request("Duplicate topic name."));
        }
        (None, Some(_)) if times > 1 => {
            return Err(CommandError::invalid_request("Duplicate topic id."));
        }
        (Some(name), None) => image.topic(name).ok_or_else(CommandError::unknown_topic)?,
        (None, Some(id)) => image.topic_by_id(id).ok_or_else(CommandError::unknown_topic_id)?,
    };
    Ok((found.name.to_string(), found.id))
}
