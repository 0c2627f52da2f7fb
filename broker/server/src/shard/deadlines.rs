//! The deadlines of a shard's connections, under one timer.
//!
//! A connection has at most one deadline here, its earliest; it says so again whenever that
//! changes. Pure: time is handed in.

use std::collections::BTreeMap;

use protocol_types::Instant;

/// When somebody is to be woken; the number tells deadlines of one instant apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline {
    at: Instant,
    number: u64,
}

/// Deadlines and whom they wake.
#[derive(Debug)]
pub(crate) struct Deadlines<W> {
    by_time: BTreeMap<Deadline, W>,
    numbers: u64,
}

impl<W> Default for Deadlines<W> {
    fn default() -> Self {
        Self { by_time: BTreeMap::new(), numbers: 0 }
    }
}

impl<W> Deadlines<W> {
    pub(crate) fn insert(&mut self, at: Instant, waiter: W) -> Deadline {
        self.numbers += 1;
        let deadline = Deadline { at, number: self.numbers };
        self.by_time.insert(deadline, waiter);
        deadline
    }

    pub(crate) fn cancel(&mut self, deadline: Deadline) {
        self.by_time.remove(&deadline);
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.by_time.first_key_value().map(|(deadline, _)| deadline.at)
    }

    /// Removes the earliest deadline if it has passed.
    pub(crate) fn pop_passed(&mut self, now: Instant) -> Option<W> {
        let passed = self.by_time.first_entry().filter(|entry| entry.key().at <= now);
        passed.map(|entry| entry.remove())
    }
}

#[cfg(test)]
mod tests;
