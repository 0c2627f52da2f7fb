//! Asynchronous appends whose publication waits for a large copy of another shard.
//!
//! The ring publishes in order. Under `async` a batch is readable once published, so the partitions
//! of such an append are signalled when the watermark passes it, not when it was copied.

use std::sync::Arc;

use parking_lot::Mutex;
use protocol_types::Lsn;

use crate::partition::Partition;
use crate::signals::ShardSignals;

/// Partitions to signal once `published` has reached a position.
#[derive(Debug, Default)]
pub(crate) struct LateMoves {
    waiting: Mutex<Vec<(Lsn, Vec<Arc<Partition>>)>>,
}

impl LateMoves {
    pub(crate) fn add(&self, end: Lsn, partitions: Vec<Arc<Partition>>) {
        self.waiting.lock().push((end, partitions));
    }

    /// Signals what `published` has reached.
    pub(crate) fn release(&self, published: Lsn, signals: &ShardSignals) {
        let mut waiting = self.waiting.lock();
        let reached = waiting.extract_if(.., |(end, _)| *end <= published);
        for partition in reached.flat_map(|(_, partitions)| partitions) {
            signals.partition_moved(partition.take_waiting(), partition.local_id());
        }
    }
}
