//! AlterPartitionReassignments: whether a partition may be moved to other brokers.
//!
//! In a cluster of one broker every valid assignment is the present one, so nothing ever moves and
//! no record is written; what is refused is refused in Kafka's words.

use broker_metadata::Image;
use protocol_types::{ErrorCode, PartitionIndex};

use super::assignment::Placer;
use crate::error::CommandError;

#[cfg(test)]
mod tests;

/// Checks the move of one partition; no `replicas` asks to cancel one that is under way.
///
/// # Errors
/// The partition or a broker does not exist, or there is nothing to cancel.
pub fn check(
    image: &Image,
    topic: &str,
    partition: i32,
    replicas: Option<&[i32]>,
) -> Result<(), CommandError> {
    let unknown = |what: String| Err(CommandError::new(ErrorCode::UnknownTopicOrPartition, what));
    let Some(found) = image.topic(topic) else {
        return unknown(format!("Unable to find a topic named {topic}."));
    };
    let index = u32::try_from(partition).ok().map(PartitionIndex);
    let Some(present) = index.and_then(|index| found.partition(index)) else {
        return unknown(format!("Unable to find partition {topic}:{partition}."));
    };
    let Some(replicas) = replicas else {
        return Err(CommandError::new(ErrorCode::NoReassignmentInProgress, ""));
    };
    let asked = Placer::new(image).check(replicas, None)?;
    assert!(*asked == *present.replicas, "one broker's partitions have one assignment");
    Ok(())
}
