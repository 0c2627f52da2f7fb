//! The log of a coordinator over the partitions of an internal topic.
//!
//! Each append is one uncompressed batch, as a producer would send it, so that any consumer reads
//! the topic. Internal topics are always synced before they count; the coordinator learns of it
//! through one wake-up, whatever the number of its replies that wait. Knows no record's meaning.

mod load;
mod moves;

use std::sync::Arc;

use broker_coordinator::{
    AppendRefusal, CoordinatorLog, LoadRefusal, Loaded, Moved, Placed, Record, ReplayError,
    ShardIndex,
};
use broker_wal::FullReason;
use protocol_records::{BatchBuilder, BatchView};
use protocol_types::{Codec, Lsn, Offset, PartitionIndex, Timestamp};

use crate::append::Produce;
use crate::partition::Partition;
use crate::{Partitions, append};
use moves::Watcher;

pub(crate) use moves::LogMoves;

/// Head and padding of a batch and its entry, at most.
const BATCH_OVERHEAD: u64 = 4096;

/// See the module documentation. One coordinator uses it.
#[derive(Debug)]
pub struct TopicLog {
    partitions: Arc<Partitions>,
    topic: &'static str,
    watcher: Watcher,
}

impl TopicLog {
    /// The log in `topic`, which may come to be later.
    #[must_use]
    pub fn new(partitions: Arc<Partitions>, topic: &'static str) -> Self {
        let watcher = Watcher::new(&partitions.log_moves);
        Self { partitions, topic, watcher }
    }

    fn partition(&self, shard: ShardIndex) -> Option<Arc<Partition>> {
        self.partitions.topic(self.topic)?.partition(PartitionIndex(shard.0))
    }
}

impl CoordinatorLog for TopicLog {
    fn shards(&self) -> u32 {
        let topic = self.partitions.topic(self.topic);
        topic.map_or(0, |topic| u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX))
    }

    fn record_bytes_max(&self) -> u64 {
        // As large as the largest batch a client may send.
        (self.partitions.wal.capacity() / 8).saturating_sub(BATCH_OVERHEAD)
    }

    fn append(
        &self,
        shard: ShardIndex,
        now: Timestamp,
        records: &[Record],
    ) -> Result<Placed, AppendRefusal> {
        let partition = self.partition(shard).ok_or(AppendRefusal::Gone)?;
        let mut builder = BatchBuilder::new(Codec::None);
        for record in records {
            builder.push(now, Some(&record.key), record.value.as_deref(), &[]);
        }
        let batch = builder.build().map_err(|_| AppendRefusal::TooLarge)?;
        let Ok(batch) = BatchView::parse(&batch) else { unreachable!("the builder makes batches") };
        let mut results = Vec::with_capacity(1);
        self.partitions.append(now, &[Produce { partition: &partition, batch }], &mut results);
        match results.pop() {
            Some(Ok(appended)) => Ok(Placed { base: appended.base_offset, end: appended.ack.lsn }),
            Some(Err(append::AppendRefusal::RingFull(full))) => Err(match full.reason {
                FullReason::Occupied => AppendRefusal::NoRoom,
                FullReason::TooLarge => AppendRefusal::TooLarge,
                FullReason::Poisoned | FullReason::Closed => AppendRefusal::Gone,
            }),
            Some(Err(append::AppendRefusal::Gone | append::AppendRefusal::Idempotence(_)))
            | None => Err(AppendRefusal::Gone),
        }
    }

    fn durable(&self) -> Lsn {
        self.partitions.wal.durable()
    }

    fn moved(&self) -> Moved<'_> {
        let wal = &self.partitions.wal;
        Box::pin(self.watcher.moved(|| (wal.durable(), wal.trim())))
    }

    fn load(
        &self,
        shard: ShardIndex,
        visit: &mut dyn FnMut(&Record, Timestamp) -> Result<(), ReplayError>,
    ) -> Result<Loaded, LoadRefusal> {
        let partition = self.partition(shard).ok_or(LoadRefusal::Gone)?;
        load::load(&self.partitions, &partition, visit)
    }

    fn raise_log_start(&self, shard: ShardIndex, to: Offset) {
        let Some(partition) = self.partition(shard) else { return };
        // Without room for the entry the old records stay until the next time.
        if let Err(error) = self.partitions.raise_log_start(&partition, Some(to)) {
            tracing::debug!(topic = self.topic, partition = shard.0, %error, "log start stays");
        }
    }
}
