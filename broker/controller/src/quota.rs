//! How many partitions a client may create and delete (KIP-599), asked while a command is decided.

use crate::error::CommandError;

/// Counts partitions that a command creates or deletes, topic by topic.
pub trait PartitionChangeQuota: Send + Sync {
    /// Takes `partitions`.
    ///
    /// # Errors
    /// THROTTLING_QUOTA_EXCEEDED: the topic must be refused.
    fn take(&self, partitions: u32) -> Result<(), CommandError>;
}

/// For the broker's own commands, and for clients without a quota.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl PartitionChangeQuota for Unlimited {
    fn take(&self, _: u32) -> Result<(), CommandError> {
        Ok(())
    }
}
