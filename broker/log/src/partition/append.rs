//! What an append is: which offsets a batch gets, or why it gets none.

use protocol_records::{BatchHeader, BatchView, ProducerStamp};
use protocol_types::{
    ErrorCode, LeaderEpoch, Lsn, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp,
};

use crate::{CachedBatch, PartitionLog, RingSpan, SequenceCheck};

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

impl PartitionLog {
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

    fn original_at(&self, base: Offset) -> Original {
        match self.tail.get(self.tail.find(base)) {
            Some(batch) if batch.base == base && batch.is_staged() => Original::Staged,
            Some(batch) if batch.base == base => Original::Ring { end: batch.end },
            _ => Original::Sealed,
        }
    }
}
