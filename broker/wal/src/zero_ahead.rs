//! Which slots get their zeros next. Pure.
//!
//! A fresh ring file has its space but no content; writing there for the first time would change
//! the file system's metadata, which may fail. So real zeros are written once, ahead of the head of
//! the first lap, and no faster than it comes near.

use std::ops::Range;

/// Zeros that are written between two superblocks, at most.
const STEP: u64 = 16 << 20;
/// Zeros that are written with one call, at most.
pub(crate) const ZERO_CHUNK: u64 = 1 << 20;

/// How far ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ZeroAhead {
    capacity: u64,
    ahead: u64,
}

impl ZeroAhead {
    pub(crate) const fn new(capacity: u64, ahead: u64) -> Self {
        Self { capacity, ahead }
    }

    /// Slots to zero now, if any: `frontier` is where the zeros end.
    pub(crate) fn next(self, head: u64, frontier: u64) -> Option<Range<u64>> {
        let target = head.saturating_add(self.ahead).next_multiple_of(4096).min(self.capacity);
        (frontier < target).then(|| frontier..target.min(frontier + STEP))
    }
}

#[cfg(test)]
mod tests;
