//! The state of one partition's log, without I/O and without locks: the caller holds the
//! partition's lock.
//!
//! An append is [`PartitionLog::check`], then [`PartitionLog::stage`] (offsets, sequences and epoch
//! are taken at once, so that a duplicate later in the same call is seen), and
//! [`PartitionLog::place`] when the WAL has placed it; nothing between can fail, because room was
//! admitted before. Invariants: LOG-3, LOG-4, and LOG-5: `log_start ≤ last_stable ≤ high_watermark
//! ≤ durable_end or published end ≤ log_end`, each of which never goes back. Knows no bytes, no
//! topics and no ring; positions come from the WAL as facts.

use broker_replication::leader::LeaderReplica;
use protocol_records::{BatchHeader, BatchView, ProducerStamp};
use protocol_types::{
    ErrorCode, FlushPolicy, Instant, LeaderEpoch, Lsn, Offset, ProducerEpoch, ProducerId, Sequence,
    Timestamp,
};

use crate::{
    Candidate, EpochStart, LeaderEpochs, OutOfRange, ProducerSnapshot, ProducerTable, ReadLimits,
    ReadPlan, RingSpan, SegmentList, SegmentRef, SequenceCheck, Tail, TailBatch,
};

mod marks;
mod reads;
#[cfg(test)]
mod tests;

use marks::Cursors;
pub use marks::Marks;

/// What the log keeps of a batch's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchFacts {
    pub base_offset: Offset,
    /// Offsets the batch takes less one.
    pub last_delta: u32,
    pub leader_epoch: LeaderEpoch,
    pub max_timestamp: Timestamp,
    pub producer: Option<ProducerStamp>,
    pub is_control: bool,
}

impl BatchFacts {
    /// Of a producer's batch that gets `base_offset` in `epoch`. Under LogAppendTime the caller
    /// then sets `max_timestamp` to what it stored.
    #[must_use]
    pub fn fresh(batch: &BatchView<'_>, base_offset: Offset, epoch: LeaderEpoch) -> Self {
        Self { base_offset, leader_epoch: epoch, ..Self::of(batch.header(), batch.producer()) }
    }

    /// Of a batch as it is stored, for recovery and sealing.
    #[must_use]
    pub fn stored(batch: &BatchView<'_>) -> Self {
        Self::of(batch.header(), batch.producer())
    }

    /// The offset after this batch.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        Offset(self.base_offset.0 + self.last_delta as u64 + 1)
    }

    fn of(header: &BatchHeader, producer: Option<ProducerStamp>) -> Self {
        Self {
            base_offset: Offset::from_wire(header.base_offset).unwrap_or_default(),
            last_delta: header.last_offset_delta.cast_unsigned(),
            leader_epoch: LeaderEpoch::from_wire(header.leader_epoch).unwrap_or_default(),
            max_timestamp: Timestamp(header.max_timestamp),
            producer,
            is_control: header.attributes.is_control(),
        }
    }
}

/// What to do with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Append it with this base offset.
    Fresh { base_offset: Offset },
    /// It is there already: answer with the original's place, once the original is durable under
    /// the topic's policy.
    Duplicate { base_offset: Offset, max_timestamp: Timestamp, original: Original },
}

/// Where the original of a duplicate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original {
    /// In a sealed file, so durable.
    Sealed,
    /// In the ring: acknowledge when the watermark of the topic's policy has reached `end`.
    Ring { end: Lsn },
    /// In the append call under way: acknowledge together with it.
    Staged,
}

/// Why a batch is not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("sequence {} of producer {} was appended before the last five batches", sequence.0, id.0)]
    DuplicateSequence { id: ProducerId, sequence: Sequence },
    #[error("sequence {} of producer {} is out of order, expected {}", sequence.0, id.0, expected.0)]
    OutOfOrderSequence { id: ProducerId, sequence: Sequence, expected: Sequence },
    #[error("epoch {} of producer {} is fenced by {}", epoch.0, id.0, current.0)]
    InvalidProducerEpoch { id: ProducerId, epoch: ProducerEpoch, current: ProducerEpoch },
    #[error("the partition has no offsets left")]
    OffsetsExhausted,
}

impl AppendError {
    /// Kafka's code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateSequence { .. } => ErrorCode::DuplicateSequenceNumber,
            Self::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
            Self::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
            Self::OffsetsExhausted => ErrorCode::KafkaStorageError,
        }
    }
}

/// What a checkpoint knows of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveredPartition {
    pub log_start: Offset,
    /// End of what is sealed; at least the end of the newest segment.
    pub sealed_end: Offset,
    pub segments: Vec<SegmentRef>,
    pub epochs: Vec<EpochStart>,
    /// As of `sealed_end`.
    pub producers: Vec<ProducerSnapshot>,
}

/// What replaying a ring entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    Appended,
    /// Sealed already.
    Skipped,
}

/// The ring or the checkpoint contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("batch at offset {} does not follow the log, which ends at {}", found.0, expected.0)]
    Gap { expected: Offset, found: Offset },
    #[error("batch of epoch {} follows one of epoch {}", found.0, latest.0)]
    Epoch { latest: LeaderEpoch, found: LeaderEpoch },
    #[error("the checkpoint's {0} of a partition contradict each other")]
    Checkpoint(&'static str),
}

/// See the module documentation.
#[derive(Debug)]
pub struct PartitionLog {
    log_start: Offset,
    log_end: Offset,
    segments: SegmentList,
    tail: Tail,
    /// Wall time since which the tail has held its oldest batch, as far as this process knows.
    tail_since: Timestamp,
    epochs: LeaderEpochs,
    producers: ProducerTable,
    cursors: Cursors,
    replica: LeaderReplica,
}

impl PartitionLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        todo!()
    }

    /// The log as of a checkpoint; [`Self::replay`] then adds what the ring holds.
    ///
    /// # Errors
    /// When the checkpoint contradicts itself.
    pub fn recover(from: RecoveredPartition) -> Result<Self, ReplayError> {
        let _ = from;
        todo!()
    }

    /// Adds a batch found in the ring at restart, or skips it if it is sealed.
    ///
    /// # Errors
    /// When it does not follow what is there.
    pub fn replay(
        &mut self,
        facts: &BatchFacts,
        span: RingSpan,
        now: Timestamp,
    ) -> Result<Replayed, ReplayError> {
        let _ = (facts, span, now);
        todo!()
    }

    /// Whether `batch` may be appended, and where. Changes nothing.
    ///
    /// # Errors
    /// When idempotence forbids it.
    pub fn check(&self, batch: &BatchView<'_>) -> Result<Check, AppendError> {
        let _ = batch;
        todo!()
    }

    /// Takes offsets, sequences and epoch for a batch that [`Self::check`] called fresh.
    ///
    /// # Panics
    /// If `facts` do not continue the log.
    pub fn stage(&mut self, facts: &BatchFacts, now: Timestamp) {
        let _ = (facts, now);
        todo!()
    }

    /// Gives the oldest staged batch its place in the ring.
    pub fn place(&mut self, span: RingSpan) {
        self.tail.place(span);
    }

    /// The marks, given the WAL's watermarks and the topic's policy. Amortised O(1) per batch.
    pub fn marks(&mut self, published: Lsn, durable: Lsn, policy: FlushPolicy) -> Marks {
        let _ = (published, durable, policy);
        todo!()
    }

    /// Fills `plan` with where the batches from the one that holds `from` are.
    ///
    /// # Errors
    /// When `from` is below the log start or above the log end.
    pub fn plan_read(
        &self,
        from: Offset,
        limits: ReadLimits,
        plan: &mut ReadPlan,
    ) -> Result<(), OutOfRange> {
        let _ = (from, limits, plan);
        todo!()
    }

    /// Where to look first for a record at or after `from` and below `upto` whose timestamp is
    /// `target` or more.
    #[must_use]
    pub fn timestamp_candidate(
        &self,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Option<Candidate> {
        let _ = (target, from, upto);
        todo!()
    }

    /// The largest timestamp stated below `upto` and the first place that states it, for
    /// ListOffsets −3; then look it up exactly from that place on.
    #[must_use]
    pub fn newest_timestamp(&self, upto: Offset) -> Option<(Timestamp, Candidate)> {
        let _ = upto;
        todo!()
    }

    /// The largest epoch up to `asked` and its end (KIP-320); `None` if undefined (trap 58).
    #[must_use]
    pub fn end_offset_for(
        &self,
        asked: LeaderEpoch,
        current: LeaderEpoch,
    ) -> Option<(LeaderEpoch, Offset)> {
        self.epochs.end_offset_for(asked, current, self.log_end)
    }

    /// The epoch that wrote the record at `offset`.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.epochs.epoch_of(offset)
    }

    /// Raises the log start (DeleteRecords, retention); lower values change nothing. Segments that
    /// fall below it leave the log and are returned: their bytes may be reclaimed once a checkpoint
    /// without them is durable.
    ///
    /// # Panics
    /// If `log_start` is above the high watermark.
    pub fn set_log_start(&mut self, log_start: Offset) -> Vec<SegmentRef> {
        let _ = log_start;
        todo!()
    }

    /// Adds a durable segment that continues the sealed part and removes its batches from the tail.
    ///
    /// # Panics
    /// If the segment does not hold exactly the oldest unsealed batches, all of them durable.
    pub fn seal_applied(&mut self, segment: SegmentRef, now: Timestamp) {
        let _ = (segment, now);
        todo!()
    }

    /// The unsealed batches that lie wholly below `lsn`, oldest first: what to seal. Give it at
    /// most the durable watermark.
    pub fn unsealed_below(&self, lsn: Lsn) -> impl ExactSizeIterator<Item = &TailBatch> {
        self.tail.iter().take(self.tail.count_below(lsn))
    }

    /// Forgets idle producers (`producer.id.expiration.ms`).
    pub fn expire_producers(&mut self, now: Timestamp, after_ms: i64) {
        self.producers.expire(now, after_ms);
    }

    #[must_use]
    pub const fn log_start(&self) -> Offset {
        self.log_start
    }

    #[must_use]
    pub const fn log_end(&self) -> Offset {
        self.log_end
    }

    /// End of what is sealed; equal to the log end if nothing is unsealed.
    #[must_use]
    pub fn sealed_end(&self) -> Offset {
        self.tail.first().map_or(self.log_end, |first| first.base)
    }

    #[must_use]
    pub const fn segments(&self) -> &SegmentList {
        &self.segments
    }

    #[must_use]
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Since when the oldest unsealed batch has waited; meaningless while nothing is unsealed.
    #[must_use]
    pub const fn tail_since(&self) -> Timestamp {
        self.tail_since
    }

    #[must_use]
    pub const fn epochs(&self) -> &LeaderEpochs {
        &self.epochs
    }

    #[must_use]
    pub const fn producers(&self) -> &ProducerTable {
        &self.producers
    }
}
