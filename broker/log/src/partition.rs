//! The state of one partition's log, without I/O and without locks: the caller holds the
//! partition's lock.
//!
//! An append is [`PartitionLog::check`], then [`PartitionLog::stage`] (offsets, sequences and epoch
//! are taken at once, so that a duplicate later in the same call is seen), and
//! [`PartitionLog::place`] when the WAL has placed it; nothing between can fail, because room was
//! admitted before. Invariants: LOG-3, LOG-4, and LOG-5: `log_start ≤ last_stable ≤ high_watermark
//! ≤ durable_end or published end ≤ log_end`, each of which never goes back. Knows no bytes, no
//! topics and no ring; positions come from the WAL as facts.

use protocol_records::{BatchHeader, BatchView, ProducerStamp};
use protocol_types::{
    ErrorCode, LeaderEpoch, Lsn, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp,
};

use crate::{
    CachedBatch, EpochStart, LeaderEpochs, ProducerSnapshot, ProducerTable, RingSpan, SegmentList,
    SegmentRef, SequenceCheck, Tail, TailBatch,
};

mod marks;
mod reads;
#[cfg(test)]
mod tests;

pub use marks::Marks;
use marks::Watermarks;

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
    #[error("log start {} lies beyond the log, which ends at {}", log_start.0, log_end.0)]
    LogStart { log_start: Offset, log_end: Offset },
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
    tail_since: Timestamp,
    epochs: LeaderEpochs,
    producers: ProducerTable,
    watermarks: Watermarks,
}

impl Default for PartitionLog {
    fn default() -> Self {
        Self::new()
    }
}

impl PartitionLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self {
            log_start: Offset(0),
            log_end: Offset(0),
            segments: SegmentList::default(),
            tail: Tail::default(),
            tail_since: Timestamp(0),
            epochs: LeaderEpochs::default(),
            producers: ProducerTable::default(),
            watermarks: Watermarks::at(Offset(0)),
        }
    }

    /// The log as of a checkpoint; [`Self::replay`] then adds what the ring holds, and
    /// [`Self::check_recovered`] ends recovery.
    ///
    /// # Errors
    /// When the checkpoint contradicts itself.
    pub fn recover(from: RecoveredPartition) -> Result<Self, ReplayError> {
        let mut segments = SegmentList::default();
        for segment in from.segments {
            if segment.base >= segment.end || segments.end().is_some_and(|end| segment.base < end) {
                return Err(ReplayError::Checkpoint("segments"));
            }
            segments.push(segment);
        }
        if segments.end().is_some_and(|end| end > from.sealed_end) {
            return Err(ReplayError::Checkpoint("segments and sealed end"));
        }
        let Some(mut epochs) = LeaderEpochs::from_starts(from.epochs) else {
            return Err(ReplayError::Checkpoint("leader epochs"));
        };
        epochs.truncate_start(from.log_start.min(from.sealed_end));
        Ok(Self {
            log_start: from.log_start,
            log_end: from.sealed_end,
            segments,
            epochs,
            producers: ProducerTable::from_snapshot(&from.producers),
            watermarks: Watermarks::at(from.sealed_end),
            ..Self::new()
        })
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
        if facts.next_offset() <= self.sealed_end() {
            return Ok(Replayed::Skipped);
        }
        if facts.base_offset != self.log_end || facts.next_offset() > Offset::MAX {
            return Err(ReplayError::Gap { expected: self.log_end, found: facts.base_offset });
        }
        if let Some(latest) = self.epochs.latest().filter(|&latest| latest > facts.leader_epoch) {
            return Err(ReplayError::Epoch { latest, found: facts.leader_epoch });
        }
        self.stage(facts, now);
        self.place(span);
        Ok(Replayed::Appended)
    }

    /// Raises the log start to what a ring entry says, as [`Self::set_log_start`] does.
    ///
    /// # Errors
    /// When the log does not reach so far.
    pub fn replay_log_start(&mut self, to: Offset) -> Result<Vec<SegmentRef>, ReplayError> {
        if to > self.log_end {
            return Err(ReplayError::LogStart { log_start: to, log_end: self.log_end });
        }
        Ok(self.set_log_start(to))
    }

    /// Ends recovery.
    ///
    /// # Errors
    /// When the checkpoint knows of a log start that the log does not reach.
    pub const fn check_recovered(&self) -> Result<(), ReplayError> {
        if self.log_start.0 <= self.log_end.0 {
            return Ok(());
        }
        Err(ReplayError::LogStart { log_start: self.log_start, log_end: self.log_end })
    }

    /// Whether `batch` may be appended, and where. Changes nothing.
    ///
    /// # Errors
    /// When idempotence forbids it.
    pub fn check(&self, batch: &BatchView<'_>) -> Result<Check, AppendError> {
        let facts = BatchFacts::fresh(batch, self.log_end, LeaderEpoch::default());
        if let Some(stamp) = facts.producer {
            let (id, sequence) = (stamp.id, stamp.base_sequence);
            match self.producers.check(&facts) {
                SequenceCheck::Next => {}
                SequenceCheck::Duplicate(CachedBatch { base_offset, max_timestamp, .. }) => {
                    let original = self.original_at(base_offset);
                    return Ok(Check::Duplicate { base_offset, max_timestamp, original });
                }
                SequenceCheck::OldDuplicate => {
                    return Err(AppendError::DuplicateSequence { id, sequence });
                }
                SequenceCheck::OutOfOrder { expected } => {
                    return Err(AppendError::OutOfOrderSequence { id, sequence, expected });
                }
                SequenceCheck::Fenced { current } => {
                    let epoch = stamp.epoch;
                    return Err(AppendError::InvalidProducerEpoch { id, epoch, current });
                }
            }
        }
        if self.log_end.0 + batch.next_offset_delta() > Offset::MAX.0 {
            return Err(AppendError::OffsetsExhausted);
        }
        Ok(Check::Fresh { base_offset: self.log_end })
    }

    /// Takes offsets, sequences and epoch for a batch that [`Self::check`] called fresh.
    ///
    /// # Panics
    /// If `facts` do not continue the log.
    pub fn stage(&mut self, facts: &BatchFacts, now: Timestamp) {
        assert!(facts.base_offset == self.log_end, "LOG-3: an append starts at the log end");
        assert!(facts.next_offset() <= Offset::MAX, "`check` bounds offsets");
        if self.tail.is_empty() {
            self.tail_since = now;
        }
        self.epochs.record(facts.leader_epoch, facts.base_offset);
        self.producers.replay(facts, now);
        self.tail.stage(
            facts.base_offset,
            facts.last_delta,
            facts.max_timestamp,
            facts.leader_epoch,
        );
        self.log_end = facts.next_offset();
    }

    /// Gives the oldest staged batch its place in the ring.
    ///
    /// # Panics
    /// If nothing is staged or the place is not beyond the previous batch's.
    pub fn place(&mut self, span: RingSpan) {
        self.tail.place(span);
    }

    /// Raises the log start (DeleteRecords, retention); lower values change nothing. The caller
    /// holds it to the high watermark. Segments that fall below it leave the log and are returned:
    /// their bytes may be reclaimed once a checkpoint without them is durable. Batches of the tail
    /// stay until they are sealed, unseen by readers.
    ///
    /// # Panics
    /// If `log_start` is above the log end.
    pub fn set_log_start(&mut self, log_start: Offset) -> Vec<SegmentRef> {
        assert!(log_start <= self.log_end, "LOG-5: the log start is within the log");
        if log_start <= self.log_start {
            return Vec::new();
        }
        self.log_start = log_start;
        self.epochs.truncate_start(log_start);
        self.segments.drop_below(log_start).collect()
    }

    /// Adds a durable segment that continues the sealed part and removes its batches from the tail.
    /// If all of it is below the log start by now, it is not added but returned: it is dead.
    ///
    /// # Panics
    /// If the segment does not hold exactly the oldest unsealed batches.
    pub fn seal_applied(&mut self, segment: SegmentRef, now: Timestamp) -> Option<SegmentRef> {
        assert!(segment.base == self.sealed_end(), "a segment starts where the sealed part ends");
        assert!(segment.base < segment.end, "a segment holds at least one batch");
        let removed = self.tail.remove_below(segment.end);
        assert!(removed > 0, "a segment holds at least one batch");
        assert!(self.sealed_end() == segment.end, "a segment ends where a batch ends");
        self.watermarks.handle_sealed(removed, segment.end);
        self.tail_since = now;
        if segment.end <= self.log_start {
            return Some(segment);
        }
        self.segments.push(segment);
        None
    }

    /// The unsealed batches that lie wholly below `lsn`, oldest first: what to seal. Give it at
    /// most the durable watermark.
    pub fn unsealed_below(&self, lsn: Lsn) -> impl ExactSizeIterator<Item = &TailBatch> {
        self.tail.iter().take(self.tail.count_below(lsn))
    }

    /// Bytes of [`Self::unsealed_below`].
    #[must_use]
    pub fn unsealed_bytes_below(&self, lsn: Lsn) -> u64 {
        self.unsealed_below(lsn).map(|batch| u64::from(batch.len)).sum()
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

    /// Wall time since which the tail has held its oldest batch, as far as this process knows;
    /// `None` while nothing is unsealed.
    #[must_use]
    pub fn tail_since(&self) -> Option<Timestamp> {
        (!self.tail.is_empty()).then_some(self.tail_since)
    }

    #[must_use]
    pub const fn epochs(&self) -> &LeaderEpochs {
        &self.epochs
    }

    #[must_use]
    pub const fn producers(&self) -> &ProducerTable {
        &self.producers
    }

    fn original_at(&self, base: Offset) -> Original {
        match self.tail.get(self.tail.find(base)) {
            Some(batch) if batch.base == base && batch.is_staged() => Original::Staged,
            Some(batch) if batch.base == base => Original::Ring { end: batch.end },
            _ => Original::Sealed,
        }
    }
}
