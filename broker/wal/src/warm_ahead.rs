//! Which pages of ring memory are taken next, before appends come there. Pure.
//!
//! Memory is touched for the first time once, in the first lap after a start. The system then zeroes
//! a page of up to 2 MiB, which under the ring's lock would hold every appender up. So the keeper
//! goes ahead of the head; no further than [`AHEAD`], as memory that is not needed must stay free.

use std::ops::Range;

/// How far ahead of the head.
pub(crate) const AHEAD: u64 = 8 << 20;
/// What is taken with one call, at most: the size of a huge page.
const STEP: u64 = 2 << 20;

/// How far memory was taken. Positions as those of the ring.
#[derive(Clone, Debug)]
pub(crate) struct WarmAhead {
    /// What is yet to be taken of the first lap.
    cold: Range<u64>,
    capacity: u64,
}

impl WarmAhead {
    /// For memory of which nothing was touched, whose first position is `base`.
    pub(crate) const fn new(capacity: u64, base: u64) -> Self {
        Self { cold: base..base + capacity, capacity }
    }

    /// Pages to take now, if any, in one piece of memory.
    pub(crate) fn next(&self, head: u64) -> Option<Range<u64>> {
        let Range { start, end } = self.cold;
        // Where the head was first, pages are there.
        let start = start.max(head / STEP * STEP).min(end);
        let target = end.min(head.saturating_add(AHEAD) / STEP * STEP);
        let lap_end = (start / self.capacity + 1) * self.capacity;
        let step_end = (start / STEP + 1) * STEP;
        (start < target).then(|| start..target.min(step_end).min(lap_end))
    }

    /// Notes what was taken.
    pub(crate) const fn taken(&mut self, to: u64) {
        self.cold.start = to;
    }

    /// The system cannot: nothing is taken ahead.
    pub(crate) const fn give_up(&mut self) {
        self.cold.start = self.cold.end;
    }

    /// Where there is something to take again.
    pub(crate) const fn due(&self) -> u64 {
        if self.cold.start == self.cold.end {
            return u64::MAX;
        }
        (self.cold.start + STEP).saturating_sub(AHEAD)
    }
}

#[cfg(test)]
mod tests;
