//! The unsealed batches of a partition: where each stands in the ring.
//!
//! Invariant LOG-3: offsets and ring positions both rise from batch to batch, and offsets have no
//! gaps. A batch whose place in the ring is not known yet (its append call is still under way) is
//! *staged*: staged batches are the newest ones and lie beyond every watermark. Knows no bytes.

use std::collections::VecDeque;

use protocol_types::{LeaderEpoch, Lsn, Offset, Timestamp};

use crate::RingPart;

#[cfg(test)]
mod tests;

/// Batches per entry of the timestamp index.
const BLOCK: u64 = 64;
/// End of an entry that has no place yet: above every watermark.
const STAGED: Lsn = Lsn(u64::MAX);

/// Where the WAL put a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingSpan {
    /// Position of the batch's first byte.
    pub lsn: Lsn,
    /// Bytes of the batch.
    pub len: u32,
    /// End of its ring entry: it is published or durable once that watermark has reached this.
    pub end: Lsn,
}

/// One unsealed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailBatch {
    pub base: Offset,
    pub lsn: Lsn,
    pub end: Lsn,
    pub max_timestamp: Timestamp,
    pub len: u32,
    /// Offsets it takes less one.
    pub last_delta: u32,
    pub epoch: LeaderEpoch,
}

const _: () = assert!(size_of::<TailBatch>() <= 48, "resident per unsealed batch: 48 bytes");

impl TailBatch {
    /// The offset after this batch.
    #[must_use]
    pub const fn next(&self) -> Offset {
        Offset(self.base.0 + self.last_delta as u64 + 1)
    }

    /// Where its bytes are.
    #[must_use]
    pub const fn part(&self) -> RingPart {
        RingPart { lsn: self.lsn, len: self.len }
    }

    pub(crate) const fn is_staged(&self) -> bool {
        self.end.0 == STAGED.0
    }
}

/// See the module documentation.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    batches: VecDeque<TailBatch>,
    /// How many batches were removed from the front over this tail's life.
    removed: u64,
    staged: usize,
    bytes: u64,
    /// Largest timestamp of batches `n * BLOCK ..`, counted over this tail's life; the first entry
    /// may count removed batches in, so it is a bound.
    block_maxima: VecDeque<i64>,
}

impl Tail {
    #[must_use]
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Bytes of batches, staged ones included.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    #[must_use]
    pub fn get(&self, at: usize) -> Option<&TailBatch> {
        self.batches.get(at)
    }

    #[must_use]
    pub fn first(&self) -> Option<&TailBatch> {
        self.batches.front()
    }

    #[must_use]
    pub fn last(&self) -> Option<&TailBatch> {
        self.batches.back()
    }

    /// All batches, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &TailBatch> + ExactSizeIterator {
        self.batches.iter()
    }

    /// The batches from number `at` on.
    pub fn iter_from(&self, at: usize) -> impl Iterator<Item = &TailBatch> {
        self.batches.range(at.min(self.batches.len())..)
    }

    /// Appends a batch whose place is not known yet.
    ///
    /// # Panics
    /// If it does not start where the newest one ends (LOG-3).
    pub fn stage(&mut self, base: Offset, last_delta: u32, stamp: Timestamp, epoch: LeaderEpoch) {
        if let Some(last) = self.batches.back() {
            assert!(base == last.next(), "LOG-3: offsets have no gaps");
            assert!(epoch >= last.epoch, "LOG-3: epochs never go back");
        }
        self.note_timestamp(stamp);
        self.staged += 1;
        self.batches.push_back(TailBatch {
            base,
            lsn: STAGED,
            end: STAGED,
            max_timestamp: stamp,
            len: 0,
            last_delta,
            epoch,
        });
    }

    /// Gives the oldest staged batch its place.
    ///
    /// # Panics
    /// If nothing is staged, or the place does not follow the previous batch's (LOG-3).
    pub fn place(&mut self, span: RingSpan) {
        let at = self.batches.len().checked_sub(self.staged);
        let before = at.and_then(|at| self.batches.get(at.checked_sub(1)?)).map(|batch| batch.end);
        assert!(before.is_none_or(|before| before <= span.lsn), "LOG-3: positions rise");
        assert!(span.lsn < span.end && span.end < STAGED, "an entry ends after its payload starts");
        let staged = self.staged.checked_sub(1);
        let batch = at.and_then(|at| self.batches.get_mut(at)).filter(|batch| batch.is_staged());
        let (Some(staged), Some(batch)) = (staged, batch) else {
            unreachable!("`place` is called once per staged batch");
        };
        (batch.lsn, batch.len, batch.end) = (span.lsn, span.len, span.end);
        self.staged = staged;
        self.bytes += u64::from(span.len);
    }

    /// Number of the batch that holds `offset`, or of the first one after it.
    #[must_use]
    pub fn find(&self, offset: Offset) -> usize {
        self.batches.partition_point(|batch| batch.next() <= offset)
    }

    /// How many batches lie wholly below `lsn`.
    #[must_use]
    pub fn count_below(&self, lsn: Lsn) -> usize {
        self.batches.partition_point(|batch| batch.end <= lsn)
    }

    /// The first batch at or after number `at` that states a timestamp of `target` or more.
    #[must_use]
    pub fn find_timestamp(&self, at: usize, target: Timestamp) -> Option<usize> {
        let mut at = at;
        while at < self.batches.len() {
            let number = self.removed + at as u64;
            let block = usize::try_from(number / BLOCK - self.removed / BLOCK).ok()?;
            let block_end = usize::try_from((number / BLOCK + 1) * BLOCK - self.removed).ok()?;
            if self.block_maxima.get(block).is_some_and(|max| *max >= target.0) {
                let hit = (at..block_end.min(self.batches.len()))
                    .find(|&i| self.get(i).is_some_and(|b| b.max_timestamp >= target));
                if hit.is_some() {
                    return hit;
                }
            }
            at = block_end;
        }
        None
    }

    /// The first batch from `from` on and below `upto` that states the largest timestamp there.
    #[must_use]
    pub fn newest_timestamp(&self, from: Offset, upto: Offset) -> Option<&TailBatch> {
        let from = self.find(from);
        let readable = self.iter_from(from).take_while(|batch| batch.next() <= upto);
        readable.reduce(
            |best, batch| {
                if batch.max_timestamp > best.max_timestamp { batch } else { best }
            },
        )
    }

    /// Removes every batch that ends at or below `offset`; returns how many.
    ///
    /// # Panics
    /// If one of them is staged.
    pub fn remove_below(&mut self, offset: Offset) -> usize {
        let count = self.batches.partition_point(|batch| batch.next() <= offset);
        for batch in self.batches.drain(..count) {
            assert!(!batch.is_staged(), "what is sealed has a place in the ring");
            self.bytes -= u64::from(batch.len);
        }
        let first_block = self.removed / BLOCK;
        self.removed += count as u64;
        for _ in first_block..self.removed / BLOCK {
            self.block_maxima.pop_front();
        }
        // A burst must not keep its memory for ever.
        if self.batches.capacity() > 64 && self.batches.capacity() / 4 > self.batches.len() {
            self.batches.shrink_to(self.batches.len() * 2);
        }
        count
    }

    fn note_timestamp(&mut self, stamp: Timestamp) {
        let number = self.removed + self.batches.len() as u64;
        let block = number / BLOCK - self.removed / BLOCK;
        let known = self.block_maxima.len() as u64;
        match self.block_maxima.back_mut() {
            Some(max) if block + 1 == known => *max = stamp.0.max(*max),
            _ => self.block_maxima.push_back(stamp.0),
        }
        debug_assert_eq!(self.block_maxima.len() as u64, block + 1);
    }
}
