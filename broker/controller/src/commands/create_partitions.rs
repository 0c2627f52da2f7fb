//! CreatePartitions: a topic grows.

use broker_metadata::{PartitionRecord, Record};
use protocol_types::{ErrorCode, PartitionIndex};

use super::assignment::Placer;
use super::{Command, Decision, Facts, each_once};
use crate::error::CommandError;

#[cfg(test)]
mod tests;

/// A topic and the number of partitions it is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrowTopic {
    pub name: String,
    pub count: i32,
    /// Brokers of each new partition.
    pub assignments: Option<Vec<Vec<i32>>>,
}

/// The command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePartitions {
    pub topics: Vec<GrowTopic>,
    pub validate_only: bool,
}

/// One result per distinct name, in the order of the request.
pub type Outcome = Vec<(String, Result<(), CommandError>)>;

impl Command for CreatePartitions {
    type Outcome = Outcome;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Outcome>, CommandError> {
        let mut placer = Placer::new(facts.image);
        let mut records = Vec::new();
        let outcome = each_once(
            &self.topics,
            |topic| &topic.name,
            |topic| {
                records.push(grow(topic, facts, &mut placer)?);
                Ok(())
            },
        );
        if self.validate_only {
            records.clear();
        }
        Ok(Decision { records, outcome })
    }
}

fn grow(
    wanted: &GrowTopic,
    facts: &Facts<'_>,
    placer: &mut Placer,
) -> Result<Record, CommandError> {
    let topic = facts.image.topic(&wanted.name).ok_or_else(CommandError::unknown_topic)?;
    let have = topic.partition_count();
    let refuse = |message: String| Err(CommandError::new(ErrorCode::InvalidPartitions, message));
    let count = match u32::try_from(wanted.count) {
        Ok(count) if count == have => {
            return refuse(format!("Topic already has {have} partition(s)."));
        }
        Ok(count) if count > have => count,
        Ok(_) | Err(_) => {
            return refuse(format!(
                "The topic {} currently has {have} partition(s); {} would not be an increase.",
                wanted.name, wanted.count
            ));
        }
    };
    let added = count - have;
    check_assignments(wanted, added)?;
    // Before the quota: what is refused for its size must not block the client for years.
    placer.charge(added)?;
    facts.quota.take(added)?;
    let factor = topic.partitions.first().map_or(1, |partition| partition.replicas.len());
    let partitions = match &wanted.assignments {
        Some(assignments) => assigned(assignments, factor, placer)?,
        None => placer.place(have, added, u16::try_from(factor).unwrap_or(u16::MAX))?,
    };
    Ok(Record::PartitionsAdded { topic: topic.id, first: PartitionIndex(have), partitions })
}

fn check_assignments(wanted: &GrowTopic, added: u32) -> Result<(), CommandError> {
    match &wanted.assignments {
        Some(assignments) if u32::try_from(assignments.len()) != Ok(added) => {
            Err(CommandError::new(
                ErrorCode::InvalidReplicaAssignment,
                format!(
                    "Attempted to add {added} additional partition(s), but only {} assignment(s) \
                     were specified.",
                    assignments.len()
                ),
            ))
        }
        _ => Ok(()),
    }
}

fn assigned(
    assignments: &[Vec<i32>],
    factor: usize,
    placer: &mut Placer,
) -> Result<Vec<PartitionRecord>, CommandError> {
    assignments
        .iter()
        .map(|brokers| {
            let replicas = placer.check(brokers, Some(factor))?;
            placer.partition(replicas)
        })
        .collect()
}
