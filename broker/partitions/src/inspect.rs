//! What administrators ask of partitions and of their disk; nothing here changes anything.

use std::io;

use protocol_types::{ProducerEpoch, ProducerId, Sequence, Timestamp};

use crate::Partitions;
use crate::partition::Partition;

/// An idempotent producer that a partition remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveProducer {
    pub id: ProducerId,
    pub epoch: ProducerEpoch,
    /// `None`: none of its batches is remembered.
    pub last_sequence: Option<Sequence>,
    /// Of its newest batch, or when it was last heard of.
    pub last_timestamp: Timestamp,
}

/// The file system of the data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub total_bytes: u64,
    pub free_bytes: u64,
}

impl Partitions {
    /// Bytes stored of `partition`, sealed or not.
    #[must_use]
    pub fn stored_bytes(&self, partition: &Partition) -> u64 {
        let state = partition.lock();
        state.log.segments().bytes() + state.log.tail().bytes()
    }

    /// The producers `partition` remembers, by id.
    #[must_use]
    pub fn active_producers(&self, partition: &Partition) -> Vec<ActiveProducer> {
        let producers = partition.lock().log.producers().snapshot();
        let active = producers.iter().map(|producer| {
            let newest = producer.batches.last();
            ActiveProducer {
                id: producer.id,
                epoch: producer.epoch,
                last_sequence: newest.map(|batch| batch.last_sequence()),
                last_timestamp: newest.map_or(producer.last_used, |batch| batch.max_timestamp),
            }
        });
        active.collect()
    }

    /// How much room the data directory's file system has. Asks the disk: may block.
    ///
    /// # Errors
    /// The disk does not tell.
    pub fn space(&self) -> io::Result<Space> {
        let (disk, dir) = (&self.storage.disk, &self.storage.segments_dir);
        Ok(Space { total_bytes: disk.total_bytes(dir)?, free_bytes: disk.free_bytes(dir)? })
    }
}
