//! The sealed end of a partition's log, with what holds there.
//!
//! The live tables are ahead of it by the tail, so the sealer keeps this second one and advances it
//! by the batches it seals: checkpoints and footers say what holds at a segment's end, and
//! replaying the ring from there gives the live tables again (LOG-4).

use protocol_types::{Offset, Timestamp};

use crate::{BatchFacts, LeaderEpochs, ProducerTable, RecoveredPartition};

/// See the module documentation.
#[derive(Clone, Debug, Default)]
pub struct SealPoint {
    end: Offset,
    epochs: LeaderEpochs,
    producers: ProducerTable,
}

impl SealPoint {
    /// As a checkpoint has it. A checkpoint that contradicts itself is refused by
    /// [`crate::PartitionLog::recover`], not here.
    #[must_use]
    pub fn recover(from: &RecoveredPartition) -> Self {
        Self {
            end: from.sealed_end,
            epochs: LeaderEpochs::from_starts(from.epochs.clone()).unwrap_or_default(),
            producers: ProducerTable::from_snapshot(&from.producers),
        }
    }

    /// Takes in the next batch that is sealed.
    ///
    /// # Panics
    /// If it does not start at the sealed end.
    pub fn replay(&mut self, facts: &BatchFacts, now: Timestamp) {
        assert!(facts.base_offset == self.end, "sealing takes batch after batch");
        self.epochs.record(facts.leader_epoch, facts.base_offset);
        self.producers.replay(facts, now);
        self.end = facts.next_offset();
    }

    /// Forgets epochs below the log start and idle producers.
    pub fn forget(&mut self, log_start: Offset, now: Timestamp, expire_after_ms: i64) {
        // The log start may be in the tail already; epochs up to the sealed end are still replayed.
        self.epochs.truncate_start(log_start.min(self.end));
        self.producers.expire(now, expire_after_ms);
    }

    #[must_use]
    pub const fn end(&self) -> Offset {
        self.end
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
