//! Where groups start, sparsely: trim positions are cut down to a group's start, from which a walk
//! can begin. At most about a thousand marks whatever the ring's size.

use std::collections::VecDeque;

use protocol_types::Instant;

use crate::geometry::BLOCK;

const MARKS: u64 = 1024;

/// The start of a durable group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupMark {
    pub(crate) lsn: u64,
    /// Link that the group carries.
    pub(crate) chain: u128,
    /// When it became durable, or was recovered.
    pub(crate) at: Instant,
}

/// Marks in LSN order.
#[derive(Debug)]
pub(crate) struct GroupIndex {
    step: u64,
    marks: VecDeque<GroupMark>,
}

impl GroupIndex {
    pub(crate) fn new(capacity: u64) -> Self {
        Self { step: (capacity / MARKS).max(BLOCK), marks: VecDeque::new() }
    }

    /// Notes a group, if none is noted close before it.
    pub(crate) fn push(&mut self, mark: GroupMark) {
        if self.marks.back().is_none_or(|last| last.lsn + self.step <= mark.lsn) {
            self.marks.push_back(mark);
        }
    }

    /// The last noted group that starts at or below `lsn`.
    pub(crate) fn at_or_below(&self, lsn: u64) -> Option<GroupMark> {
        let above = self.marks.partition_point(|mark| mark.lsn <= lsn);
        self.marks.get(above.checked_sub(1)?).copied()
    }

    pub(crate) fn first(&self) -> Option<GroupMark> {
        self.marks.front().copied()
    }

    pub(crate) fn forget_below(&mut self, lsn: u64) {
        while self.marks.front().is_some_and(|mark| mark.lsn < lsn) {
            self.marks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
