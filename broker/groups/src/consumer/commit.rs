//! Whether a member may commit or fetch offsets at its epoch.
//!
//! An older epoch may still commit for partitions that have been the member's since then (KIP-1251):
//! a member whose commit and whose rebalance crossed loses nothing.

use protocol_types::{ErrorCode, PartitionIndex, TopicId};

use super::group::Group;
use super::member::Member;

impl Group {
    /// Whether the member may commit at all. `None` is the epoch of somebody who is no member.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, or an epoch that is newer than ours.
    pub fn validate_commit(&self, member: &str, epoch: Option<i32>) -> Result<(), ErrorCode> {
        if epoch.is_none() && self.is_empty() {
            return Ok(());
        }
        let (_, member) = self.member(member).map_err(|refusal| refusal.code)?;
        match epoch {
            Some(epoch) if epoch > member.current.epoch => Err(member.stale()),
            _ => Ok(()),
        }
    }

    /// Whether it may commit for this partition, once it may commit at all.
    ///
    /// # Errors
    /// The partition was not its own at that epoch.
    pub fn validate_partition(
        &self,
        member: &str,
        epoch: Option<i32>,
        topic: TopicId,
        partition: PartitionIndex,
    ) -> Result<(), ErrorCode> {
        let Some(member) = self.members.get(member) else { return Ok(()) };
        let current = &member.current;
        let epoch = epoch.unwrap_or(-1);
        if epoch == current.epoch {
            return Ok(());
        }
        let since = current.assigned.epoch(topic, partition);
        match since.or_else(|| current.revoking.epoch(topic, partition)) {
            Some(since) if epoch >= since => Ok(()),
            _ => Err(member.stale()),
        }
    }

    /// Whether the member may fetch offsets; nobody in particular may.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, or an epoch that is not the member's.
    pub fn validate_fetch(
        &self,
        member: Option<&str>,
        epoch: Option<i32>,
    ) -> Result<(), ErrorCode> {
        if member.is_none() && epoch.is_none() {
            return Ok(());
        }
        let (_, member) =
            self.member(member.unwrap_or_default()).map_err(|refusal| refusal.code)?;
        if epoch == Some(member.current.epoch) { Ok(()) } else { Err(member.stale()) }
    }

    /// Whether the member speaks the consumer protocol, whose commits need version 9.
    #[must_use]
    pub fn speaks_consumer_protocol(&self, member: &str) -> bool {
        self.members.get(member).is_some_and(|member| !member.is_classic())
    }
}

impl Member {
    /// A wrong epoch in the words of the member's protocol.
    const fn stale(&self) -> ErrorCode {
        if self.is_classic() { ErrorCode::IllegalGeneration } else { ErrorCode::StaleMemberEpoch }
    }
}
