//! What has died in memory and not yet on disk: segments below a log start, deleted partitions.

use broker_log::Dropped;
use protocol_types::LocalId;

/// Collected by anyone, emptied by the sealer once a checkpoint no longer names them.
#[derive(Debug, Default)]
pub(crate) struct Graves {
    pub dropped: Dropped,
    /// Partitions of deleted topics.
    pub partitions: Vec<LocalId>,
}

impl Graves {
    pub(crate) fn is_empty(&self) -> bool {
        self.dropped.is_empty() && self.partitions.is_empty()
    }

    /// Puts back what could not be carried out.
    pub(crate) fn merge(&mut self, other: Self) {
        self.dropped.merge(other.dropped);
        self.partitions.extend(other.partitions);
    }
}
