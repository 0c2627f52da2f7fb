//! What a look at the partitions of a fetch found. Kept with the fetch, for its memory.

use std::sync::Arc;

use broker_partitions::{Marks, Partition, ReadLimits, ReadPlan};
use protocol_types::{ErrorCode, IsolationLevel, Offset};
use protocol_wire::fetch_response::DivergingEpoch;

/// What was found of one partition.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where in the set of partitions it is.
    pub(super) place: u64,
    /// As on the wire.
    pub(super) index: i32,
    /// What was found before it is of another topic.
    pub(super) new_topic: bool,
    pub(super) code: ErrorCode,
    /// `None` beside an error.
    pub(super) marks: Option<Marks>,
    pub(super) diverging: Option<DivergingEpoch>,
    /// Whose plan it is; `None` beside an error.
    pub(super) partition: Option<Arc<Partition>>,
    pub(super) plan: ReadPlan,
    pub(super) limits: ReadLimits,
}

impl Found {
    /// Bytes the plan yields at most, but for a first batch that comes whole from a file: how large
    /// that is shows when it is loaded. It counts for one byte, for it is news.
    pub(super) const fn bytes(&self) -> u64 {
        let ring = self.plan.ring_bytes;
        if self.plan.is_ring_only() || ring > self.limits.bytes_max {
            ring
        } else if self.limits.bytes_max == 0 {
            1
        } else {
            self.limits.bytes_max
        }
    }

    /// Whether a reader of `isolation` may see all that others see: no transaction is open.
    pub(super) fn is_settled(&self, isolation: IsolationLevel) -> bool {
        let settled = |marks: Marks| marks.readable_end(isolation) == marks.high_watermark;
        self.marks.is_none_or(settled)
    }
}

impl Default for Found {
    fn default() -> Self {
        Self {
            place: 0,
            index: 0,
            new_topic: true,
            code: ErrorCode::None,
            marks: None,
            diverging: None,
            partition: None,
            plan: ReadPlan::default(),
            limits: ReadLimits { bytes_max: 0, upto: Offset(0), at_least_one: false },
        }
    }
}

/// What a look at all partitions found.
#[derive(Debug)]
pub(crate) struct Look {
    /// The first `used` were found; the others are there for their memory.
    slots: Vec<Found>,
    used: usize,
    pub(super) bytes: u64,
    /// An error or a diverging epoch: not to be kept back.
    pub(super) urgent: bool,
    /// Nothing that came in before is still to become readable.
    pub(super) settled: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { slots: Vec::new(), used: 0, bytes: 0, urgent: false, settled: true }
    }
}

impl Look {
    pub(super) fn found(&self) -> &[Found] {
        self.slots.get(..self.used).unwrap_or_default()
    }

    pub(super) fn into_found(mut self) -> Vec<Found> {
        self.slots.truncate(self.used);
        self.slots
    }

    /// Where the next partition is read to. It is found once it is kept.
    pub(super) fn next(&mut self) -> &mut Found {
        if self.used == self.slots.len() {
            self.slots.push(Found::default());
        }
        let Some(next) = self.slots.get_mut(self.used) else { unreachable!("there is one more") };
        next
    }

    /// Keeps what was read last.
    pub(super) const fn keep(&mut self) {
        self.used += 1;
    }

    /// Forgets what was found, and keeps the memory.
    pub(super) fn clear(&mut self) {
        // One more may have been read and not kept.
        self.slots.iter_mut().take(self.used + 1).for_each(|found| found.partition = None);
        (self.used, self.bytes, self.urgent, self.settled) = (0, 0, false, true);
    }

    /// Partitions that it has memory for.
    pub(super) const fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Batches that it has memory for.
    pub(super) fn batches_capacity(&self) -> usize {
        let plans = self.slots.iter().map(|found| &found.plan);
        plans.map(|plan| plan.ring.capacity() + plan.sealed.capacity()).sum()
    }
}

#[cfg(test)]
mod tests;
