//! Which leader epoch wrote which offsets of a partition (KIP-101, KIP-320).
//!
//! The list grows only with the first batch appended in an epoch, so an epoch without batches
//! leaves no trace; [`LeaderEpochs::end_offset_for`] therefore takes the current epoch apart.
//! Invariant LOG-2: epochs and their start offsets both rise strictly.

use protocol_types::{LeaderEpoch, Offset};

#[cfg(test)]
mod tests;

/// Where an epoch's first batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    pub epoch: LeaderEpoch,
    pub start: Offset,
}

/// See the module documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochs {
    starts: Vec<EpochStart>,
}

impl LeaderEpochs {
    /// From a checkpoint; `None` if `starts` breaks LOG-2.
    #[must_use]
    pub fn from_starts(starts: Vec<EpochStart>) -> Option<Self> {
        let rising = starts.windows(2).all(|pair| match pair {
            [a, b] => a.epoch < b.epoch && a.start < b.start,
            _ => true,
        });
        rising.then_some(Self { starts })
    }

    #[must_use]
    pub fn starts(&self) -> &[EpochStart] {
        &self.starts
    }

    /// The epoch of the newest batch.
    #[must_use]
    pub fn latest(&self) -> Option<LeaderEpoch> {
        self.starts.last().map(|last| last.epoch)
    }

    /// Notes that a batch at `base` was written in `epoch`.
    ///
    /// # Panics
    /// If `epoch` is older than that of an earlier batch (LOG-2).
    pub fn record(&mut self, epoch: LeaderEpoch, base: Offset) {
        if let Some(last) = self.starts.last() {
            assert!(last.epoch <= epoch, "LOG-2: epochs rise");
            assert!(last.start <= base, "LOG-2: start offsets rise");
            if last.epoch == epoch {
                return;
            }
            // The log start has moved past all that the last epoch wrote.
            if last.start == base {
                self.starts.pop();
            }
        }
        self.starts.push(EpochStart { epoch, start: base });
    }

    /// The epoch that wrote `offset`; `None` for offsets before the first known epoch.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let after = self.starts.partition_point(|entry| entry.start <= offset);
        self.starts.get(after.checked_sub(1)?).map(|entry| entry.epoch)
    }

    /// The largest epoch up to `asked` and the offset where it ends, as OffsetForLeaderEpoch answers
    /// (KIP-320). `None` if that is undefined: `asked` is newer than `current` (trap 58).
    #[must_use]
    pub fn end_offset_for(
        &self,
        asked: LeaderEpoch,
        current: LeaderEpoch,
        log_end: Offset,
    ) -> Option<(LeaderEpoch, Offset)> {
        if asked > current {
            return None;
        }
        if asked == current {
            return Some((current, log_end));
        }
        let after = self.starts.partition_point(|entry| entry.epoch <= asked);
        let end = self.starts.get(after).map_or(log_end, |next| next.start);
        let floor = after.checked_sub(1).and_then(|at| self.starts.get(at));
        Some((floor.map_or(asked, |floor| floor.epoch), end))
    }

    /// Forgets what lies below `log_start`; the epoch that spans it starts there from now on.
    pub fn truncate_start(&mut self, log_start: Offset) {
        let spanning = self.starts.partition_point(|entry| entry.start <= log_start);
        self.starts.drain(..spanning.saturating_sub(1));
        if spanning > 0
            && let Some(first) = self.starts.first_mut()
        {
            first.start = log_start;
        }
    }
}
