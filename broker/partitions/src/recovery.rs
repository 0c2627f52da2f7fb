//! Rebuilds partitions from the checkpoint and what the ring holds above it.
//!
//! The metadata image says which partitions exist: ring data of others belongs to deleted topics
//! and is dropped, which is not corruption. Everything a batch did when it was appended is done
//! again, so that a second crash during recovery changes nothing.

use std::collections::BTreeMap;

use broker_log::checkpoint::CheckpointState;
use broker_log::{
    BatchFacts, Dropped, PageRest, PartitionLog, ProducerTable, RingSpan, SegmentRef,
};
use broker_metadata::Image;
use broker_wal::{EntryKind, ReplayError, Replayed};
use protocol_records::BatchView;
use protocol_types::{FlushPolicy, LocalId, Lsn, Offset, Timestamp, TopicPartition};

use crate::apply::KnownLog;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Recovery {
    now: Timestamp,
    /// Every partition of the image that has data.
    known: BTreeMap<LocalId, Recovered>,
    exist: BTreeMap<LocalId, TopicPartition>,
    /// Partitions of the checkpoint that no longer exist.
    pub gone: Vec<LocalId>,
    /// Batches that belong to no partition.
    pub dropped: u64,
    /// Segments of those, and segments that a log start found in the ring has passed.
    pub dead: Dropped,
}

#[derive(Debug)]
struct Recovered {
    log: PartitionLog,
    sealed_producers: ProducerTable,
}

/// The ring contradicts the checkpoint, or a batch is not what was appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Contradiction {
    #[error("partition {id:?}: {source}")]
    Log { id: TopicPartition, source: broker_log::ReplayError },
    #[error("partition {id:?}: a batch in the ring is damaged")]
    Damaged { id: TopicPartition },
    #[error("partition {id:?}: a log start entry of {len} bytes instead of 8")]
    LogStart { id: TopicPartition, len: usize },
    #[error("the checkpoint says local id {local:?} is {checkpoint:?}, the metadata {metadata:?}")]
    Identity { local: LocalId, checkpoint: TopicPartition, metadata: TopicPartition },
}

impl Recovery {
    /// Starts from `checkpoint` for the partitions of `image`.
    pub(crate) fn start(
        image: &Image,
        checkpoint: CheckpointState,
        now: Timestamp,
    ) -> Result<Self, Contradiction> {
        let partitions = image.topics().flat_map(|topic| {
            topic.iter().map(|(id, partition)| (partition.local_id, id)).collect::<Vec<_>>()
        });
        let exist: BTreeMap<LocalId, TopicPartition> = partitions.collect();
        let mut recovery = Self {
            now,
            known: BTreeMap::new(),
            exist,
            gone: Vec::new(),
            dropped: 0,
            dead: Dropped::default(),
        };
        for (local, partition) in checkpoint.partitions {
            let Some(&id) = recovery.exist.get(&local) else {
                recovery.gone.push(local);
                let state = partition.state;
                let above = state.log_start;
                let pages = state.pages.into_iter().map(|page| PageRest { page, above }).collect();
                recovery.dead.merge(Dropped { segments: state.segments, pages });
                continue;
            };
            if id != partition.partition {
                let (checkpoint, metadata) = (partition.partition, id);
                return Err(Contradiction::Identity { local, checkpoint, metadata });
            }
            let sealed_producers = ProducerTable::from_snapshot(&partition.state.producers);
            let log = PartitionLog::recover(partition.state)
                .map_err(|source| Contradiction::Log { id, source })?;
            recovery.known.insert(local, Recovered { log, sealed_producers });
        }
        Ok(recovery)
    }

    /// Does again what one entry of the ring did.
    pub(crate) fn replay(&mut self, entry: &Replayed<'_>) -> Result<(), ReplayError> {
        let done = match entry.kind {
            EntryKind::Data => self.replay_batch(entry),
            EntryKind::LogStart => self.replay_log_start(entry),
            EntryKind::Pad
            | EntryKind::Start
            | EntryKind::Sealed
            | EntryKind::PartitionCreate
            | EntryKind::PartitionDelete
            | EntryKind::CheckpointMark => Ok(()),
        };
        done.map_err(|contradiction| ReplayError(Box::new(contradiction)))
    }

    /// Ends the replay of a ring that is durable up to `head`.
    pub(crate) fn finish(&mut self, head: Lsn) -> Result<(), Contradiction> {
        for (local, recovered) in &mut self.known {
            let Some(&id) = self.exist.get(local) else { continue };
            let checked = recovered.log.check_recovered();
            checked.map_err(|source| Contradiction::Log { id, source })?;
            // Brings the high watermark to the end: everything recovered is durable.
            let _ = recovered.log.marks(head, head, FlushPolicy::Fsync);
        }
        Ok(())
    }

    /// The recovered log of a partition, or a new one.
    pub(crate) fn take(&mut self, local: LocalId) -> KnownLog {
        match self.known.remove(&local) {
            Some(recovered) => (recovered.log, recovered.sealed_producers),
            None => (PartitionLog::new(), ProducerTable::default()),
        }
    }

    /// Every live segment that is resident.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &SegmentRef> {
        self.known.values().flat_map(|recovered| recovered.log.segments().resident())
    }

    /// The pages of all others.
    pub(crate) fn pages(&self) -> impl Iterator<Item = PageRest> {
        self.known.values().flat_map(|recovered| recovered.log.segments().page_rests())
    }

    fn replay_batch(&mut self, entry: &Replayed<'_>) -> Result<(), Contradiction> {
        let Some(&id) = self.exist.get(&entry.local_id) else {
            self.dropped += 1;
            return Ok(());
        };
        let batch = BatchView::parse(entry.payload).ok().filter(BatchView::crc_matches);
        let Some(batch) = batch else { return Err(Contradiction::Damaged { id }) };
        let Ok(len) = u32::try_from(entry.payload.len()) else {
            return Err(Contradiction::Damaged { id });
        };
        let span = RingSpan { lsn: entry.lsn, len, end: entry.end };
        let facts = BatchFacts::stored(&batch);
        let now = self.now;
        let recovered = self.recovered(entry.local_id);
        let replayed = recovered.log.replay(&facts, span, now);
        replayed.map_err(|source| Contradiction::Log { id, source })?;
        Ok(())
    }

    fn replay_log_start(&mut self, entry: &Replayed<'_>) -> Result<(), Contradiction> {
        let Some(&id) = self.exist.get(&entry.local_id) else { return Ok(()) };
        let Ok(payload) = <[u8; 8]>::try_from(entry.payload) else {
            return Err(Contradiction::LogStart { id, len: entry.payload.len() });
        };
        let log_start = Offset(u64::from_le_bytes(payload));
        let dead = self.recovered(entry.local_id).log.replay_log_start(log_start);
        self.dead.merge(dead.map_err(|source| Contradiction::Log { id, source })?);
        Ok(())
    }

    fn recovered(&mut self, local: LocalId) -> &mut Recovered {
        self.known.entry(local).or_insert_with(|| Recovered {
            log: PartitionLog::new(),
            sealed_producers: ProducerTable::default(),
        })
    }
}
