//! Where partitions live: placement over the registered brokers, and checks of manual assignments.

use broker_metadata::{Image, PartitionRecord};
use protocol_types::{BrokerId, ErrorCode, LocalId};

use crate::error::CommandError;

/// Hands out local ids and replicas for partitions of one command.
#[derive(Debug)]
pub(super) struct Placer {
    brokers: Vec<BrokerId>,
    next_local_id: u32,
    partitions_left: u32,
}

impl Placer {
    pub(super) fn new(image: &Image) -> Self {
        Self {
            brokers: image.brokers().map(|(id, _)| id).collect(),
            next_local_id: image.next_local_id().0,
            partitions_left: super::PARTITIONS_PER_COMMAND_MAX,
        }
    }

    /// Takes part of the command's allowance.
    pub(super) fn charge(&mut self, partitions: u32) -> Result<(), CommandError> {
        self.partitions_left =
            self.partitions_left.checked_sub(partitions).ok_or_else(too_many_partitions)?;
        Ok(())
    }

    /// Places `count` partitions of `factor` replicas, the leaders spread over the brokers from
    /// the `first`-th on.
    pub(super) fn place(
        &mut self,
        first: u32,
        count: u32,
        factor: u16,
    ) -> Result<Vec<PartitionRecord>, CommandError> {
        let brokers = self.brokers.len();
        let factor = usize::from(factor);
        if factor > brokers {
            return Err(CommandError::new(
                ErrorCode::InvalidReplicationFactor,
                format!(
                    "Unable to replicate the partition {factor} time(s): The target replication \
                     factor of {factor} cannot be reached because only {brokers} broker(s) are \
                     registered or some brokers have all their log directories cordoned."
                ),
            ));
        }
        let first = usize::try_from(first).unwrap_or_default();
        let count = usize::try_from(count).unwrap_or_default();
        let ring = self.brokers.clone();
        (first..first + count)
            .map(|index| {
                let replicas = ring.iter().cycle().skip(index % brokers.max(1)).take(factor);
                self.partition(replicas.copied().collect())
            })
            .collect()
    }

    /// One partition on the given replicas.
    pub(super) fn partition(
        &mut self,
        replicas: Vec<BrokerId>,
    ) -> Result<PartitionRecord, CommandError> {
        let local_id = LocalId(self.next_local_id);
        self.next_local_id = self.next_local_id.checked_add(1).ok_or_else(|| {
            CommandError::new(ErrorCode::PolicyViolation, "All partition numbers are used up.")
        })?;
        Ok(PartitionRecord { local_id, replicas })
    }

    /// Checks a manual assignment; `factor` is what earlier partitions have.
    pub(super) fn check(
        &self,
        brokers: &[i32],
        factor: Option<usize>,
    ) -> Result<Vec<BrokerId>, CommandError> {
        let refuse = |what: String| {
            let message = format!("The manual partition assignment includes {what}");
            Err(CommandError::new(ErrorCode::InvalidReplicaAssignment, message))
        };
        if brokers.is_empty() {
            return refuse("an empty replica list.".to_owned());
        }
        let mut sorted = brokers.to_vec();
        sorted.sort_unstable();
        for (index, &broker) in sorted.iter().enumerate() {
            let known = u32::try_from(broker).is_ok_and(|id| self.brokers.contains(&BrokerId(id)));
            if !known {
                return refuse(format!("broker {broker}, but no such broker is registered."));
            }
            if index > 0 && sorted.get(index - 1) == Some(&broker) {
                return refuse(format!("the broker {broker} more than once."));
            }
        }
        if let Some(factor) = factor.filter(|factor| *factor != brokers.len()) {
            return refuse(format!(
                "a partition with {} replica(s), but this is not consistent with previous \
                 partitions, which have {factor} replica(s).",
                brokers.len()
            ));
        }
        Ok(brokers.iter().filter_map(|id| u32::try_from(*id).ok()).map(BrokerId).collect())
    }
}

/// What a command beyond its allowance is told.
pub(super) fn too_many_partitions() -> CommandError {
    CommandError::new(
        ErrorCode::PolicyViolation,
        "Excessively large number of partitions per request.",
    )
}
