//! Rebuilding a log from a checkpoint and what the ring holds above it.

use protocol_types::{LeaderEpoch, Offset, Timestamp};

use crate::{
    BatchFacts, Dropped, EpochStart, LeaderEpochs, PageRef, PartitionLog, ProducerSnapshot,
    ProducerTable, RingSpan, SegmentList, SegmentRef,
};

use super::Watermarks;

/// What a checkpoint knows of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveredPartition {
    pub log_start: Offset,
    /// End of what is sealed; at least the end of the newest segment.
    pub sealed_end: Offset,
    /// The pages of older segments, oldest first.
    pub pages: Vec<PageRef>,
    /// The segments behind them.
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

impl PartitionLog {
    /// The log as of a checkpoint; [`Self::replay`] then adds what the ring holds, and
    /// [`Self::check_recovered`] ends recovery.
    ///
    /// # Errors
    /// When the checkpoint contradicts itself.
    pub fn recover(from: RecoveredPartition) -> Result<Self, ReplayError> {
        let Ok(segments) = SegmentList::recover(from.pages, from.segments, from.log_start) else {
            return Err(ReplayError::Checkpoint("segments"));
        };
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
    pub fn replay_log_start(&mut self, to: Offset) -> Result<Dropped, ReplayError> {
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
}
