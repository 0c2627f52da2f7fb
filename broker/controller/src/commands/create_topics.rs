//! CreateTopics, and the automatic creation that Metadata triggers.

use std::collections::{BTreeMap, BTreeSet};

use broker_metadata::{PartitionRecord, Record, Resource};
use config::{ConfigEntry, describe_topic, validate_topic};
use protocol_types::{ErrorCode, PartitionIndex, TopicId};

use super::assignment::{Placer, too_many_partitions};
use super::{
    Command, Decision, Facts, PARTITIONS_PER_COMMAND_MAX, duplicates, each_once, topic_name,
};
use crate::error::CommandError;

#[cfg(test)]
mod tests;

/// One topic to create. Numbers are as the client sent them; "the default" is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTopic {
    pub name: String,
    pub partitions: Option<i32>,
    pub replication_factor: Option<i16>,
    /// Partition index and brokers; if there are any, the two numbers above must be absent.
    pub assignments: Vec<(i32, Vec<i32>)>,
    pub configs: Vec<(String, Option<String>)>,
}

impl NewTopic {
    /// A topic with every default: what automatic creation makes.
    pub fn automatic(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// The command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateTopics {
    pub topics: Vec<NewTopic>,
    pub validate_only: bool,
}

/// A topic that was created, or would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatedTopic {
    pub id: TopicId,
    pub partitions: u32,
    pub replication_factor: u16,
    /// Every key with its source, in the order of its name.
    pub configs: Vec<ConfigEntry>,
}

/// One result per distinct name, in the order of the request.
pub type Outcome = Vec<(String, Result<CreatedTopic, CommandError>)>;

/// The one name clients may not create: Kafka's metadata log.
const CLUSTER_METADATA: &str = "__cluster_metadata";

impl Command for CreateTopics {
    type Outcome = Outcome;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Outcome>, CommandError> {
        if self.partitions(facts.config.num_partitions) > PARTITIONS_PER_COMMAND_MAX {
            return Err(too_many_partitions());
        }
        let mut placer = Placer::new(facts.image);
        let mut records = Vec::new();
        let outcome = each_once(
            &self.topics,
            |topic| &topic.name,
            |topic| {
                let (created, new) = create(topic, facts, &mut placer)?;
                records.extend(new);
                Ok(created)
            },
        );
        if self.validate_only {
            records.clear();
        }
        Ok(Decision { records, outcome })
    }
}

impl CreateTopics {
    /// Partitions of all topics, whether they can be created or not: as in Kafka, but for those
    /// that its broker keeps from its controller.
    fn partitions(&self, default: u32) -> u32 {
        let repeated: BTreeSet<&str> =
            duplicates(self.topics.iter().map(|topic| topic.name.as_str())).into_iter().collect();
        let kept = self.topics.iter().filter(|topic| {
            topic.name != CLUSTER_METADATA && !repeated.contains(topic.name.as_str())
        });
        kept.fold(0, |sum: u32, topic| sum.saturating_add(topic.partitions_asked(default)))
    }
}

impl NewTopic {
    /// Zero where the number is refused anyway.
    fn partitions_asked(&self, default: u32) -> u32 {
        if self.assignments.is_empty() {
            self.partitions.map_or(default, |count| u32::try_from(count).unwrap_or_default())
        } else {
            u32::try_from(self.assignments.len()).unwrap_or(u32::MAX)
        }
    }
}

fn create(
    topic: &NewTopic,
    facts: &Facts<'_>,
    placer: &mut Placer,
) -> Result<(CreatedTopic, Vec<Record>), CommandError> {
    check_name(&topic.name, facts)?;
    let overrides = overrides(topic)?;
    validate_topic(&overrides, facts.image.layers(), facts.config.topic_limits())?;
    let partitions = partitions(topic, facts, placer)?;
    facts.quota.take(u32::try_from(partitions.len()).unwrap_or(u32::MAX))?;

    let id = facts.new_topic_id();
    let resource = Resource::Topic(id);
    let name = topic.name.as_str().into();
    let created = CreatedTopic {
        id,
        partitions: u32::try_from(partitions.len()).unwrap_or(u32::MAX),
        replication_factor: partitions
            .first()
            .and_then(|partition| u16::try_from(partition.replicas.len()).ok())
            .unwrap_or_default(),
        configs: describe_topic(&overrides, facts.image.layers()),
    };
    let mut records = vec![Record::TopicCreated { topic: id, name, at_ms: facts.now.0 }];
    records.extend(overrides.into_iter().map(|(name, value)| Record::ConfigSet {
        resource: resource.clone(),
        name,
        value,
    }));
    records.push(Record::PartitionsAdded { topic: id, first: PartitionIndex(0), partitions });
    Ok((created, records))
}

fn check_name(name: &str, facts: &Facts<'_>) -> Result<(), CommandError> {
    if name == CLUSTER_METADATA {
        return Err(CommandError::invalid_request(format!(
            "Creation of internal topic {CLUSTER_METADATA} is prohibited."
        )));
    }
    topic_name::validate(name)?;
    if facts.image.topic(name).is_some() {
        return Err(CommandError::new(
            ErrorCode::TopicAlreadyExists,
            format!("Topic '{name}' already exists."),
        ));
    }
    if let Some(other) = facts.image.colliding_topic(name) {
        return Err(CommandError::new(
            ErrorCode::InvalidTopicException,
            format!("Topic '{name}' collides with existing topic: {other}"),
        ));
    }
    Ok(())
}

fn overrides(topic: &NewTopic) -> Result<BTreeMap<String, String>, CommandError> {
    let absent: Vec<&str> = topic
        .configs
        .iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    if !absent.is_empty() {
        return Err(CommandError::new(
            ErrorCode::InvalidConfig,
            format!("Null value not supported for topic configs: {}", absent.join(",")),
        ));
    }
    let values = topic.configs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    Ok(values.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn partitions(
    topic: &NewTopic,
    facts: &Facts<'_>,
    placer: &mut Placer,
) -> Result<Vec<PartitionRecord>, CommandError> {
    if !topic.assignments.is_empty() {
        return assigned(topic, placer);
    }
    let factor = match topic.replication_factor {
        None => facts.config.default_replication_factor,
        Some(factor) => {
            u16::try_from(factor).ok().filter(|factor| *factor > 0).ok_or_else(|| {
                CommandError::new(
                    ErrorCode::InvalidReplicationFactor,
                    "Replication factor must be larger than 0, or -1 to use the default value.",
                )
            })?
        }
    };
    let count = match topic.partitions {
        None => facts.config.num_partitions,
        Some(count) => u32::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
            CommandError::new(
                ErrorCode::InvalidPartitions,
                "Number of partitions was set to an invalid non-positive value.",
            )
        })?,
    };
    placer.place(0, count, factor)
}

fn assigned(topic: &NewTopic, placer: &mut Placer) -> Result<Vec<PartitionRecord>, CommandError> {
    for (given, what) in [
        (topic.replication_factor.is_some(), "replication factor"),
        (topic.partitions.is_some(), "numPartitions"),
    ] {
        if given {
            return Err(CommandError::invalid_request(format!(
                "A manual partition assignment was specified, but {what} was not set to -1."
            )));
        }
    }
    let mut by_index = BTreeMap::new();
    let mut factor = None;
    for (index, brokers) in &topic.assignments {
        let replicas = placer.check(brokers, factor)?;
        factor = Some(brokers.len());
        if by_index.insert(*index, replicas).is_some() {
            return Err(CommandError::new(
                ErrorCode::InvalidReplicaAssignment,
                format!("Found multiple manual partition assignments for partition {index}"),
            ));
        }
    }
    if (0..).zip(by_index.keys()).any(|(expected, index): (i32, _)| expected != *index) {
        return Err(CommandError::new(
            ErrorCode::InvalidReplicaAssignment,
            "partitions should be a consecutive 0-based integer sequence",
        ));
    }
    by_index.into_values().map(|replicas| placer.partition(replicas)).collect()
}
