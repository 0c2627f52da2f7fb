//! The state of one partition's log, without I/O and without locks: the caller holds the
//! partition's lock.
//!
//! An append is [`PartitionLog::check`], then [`PartitionLog::stage`] (offsets, sequences and epoch
//! are taken at once, so that a duplicate later in the same call is seen), and
//! [`PartitionLog::place`] when the WAL has placed it; nothing between can fail, because room was
//! admitted before. Invariants: LOG-3, LOG-4, and LOG-5: `log_start ≤ last_stable ≤ high_watermark
//! ≤ durable_end or published end ≤ log_end`, each of which never goes back. Knows no bytes, no
//! topics and no ring; positions come from the WAL as facts.

use protocol_types::{LeaderEpoch, Lsn, Offset, Timestamp};

use crate::{
    Dropped, LeaderEpochs, PageRef, ProducerTable, SegmentList, SegmentRef, Tail, TailBatch,
};

mod append;
mod marks;
mod reads;
mod recovery;
#[cfg(test)]
mod tests;

pub use append::{AppendError, BatchFacts, Check, Original};
pub use marks::Marks;
use marks::Watermarks;
pub use recovery::{RecoveredPartition, ReplayError, Replayed};

/// See the module documentation.
#[derive(Debug)]
pub struct PartitionLog {
    log_start: Offset,
    log_end: Offset,
    segments: SegmentList,
    tail: Tail,
    tail_since: Timestamp,
    epochs: LeaderEpochs,
    producers: ProducerTable,
    watermarks: Watermarks,
}

impl Default for PartitionLog {
    fn default() -> Self {
        Self::new()
    }
}

impl PartitionLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self {
            log_start: Offset(0),
            log_end: Offset(0),
            segments: SegmentList::default(),
            tail: Tail::default(),
            tail_since: Timestamp(0),
            epochs: LeaderEpochs::default(),
            producers: ProducerTable::default(),
            watermarks: Watermarks::at(Offset(0)),
        }
    }

    /// Raises the log start (DeleteRecords, retention); lower values change nothing. The caller
    /// holds it to the high watermark. Segments that fall below it leave the log and are returned:
    /// their bytes may be reclaimed once a checkpoint without them is durable. Batches of the tail
    /// stay until they are sealed, unseen by readers. Those of a page that is dead in part are
    /// returned by [`Self::settle`].
    ///
    /// # Panics
    /// If `log_start` is above the log end.
    pub fn set_log_start(&mut self, log_start: Offset) -> Dropped {
        assert!(log_start <= self.log_end, "LOG-5: the log start is within the log");
        if log_start <= self.log_start {
            return Dropped::default();
        }
        self.log_start = log_start;
        self.epochs.truncate_start(log_start);
        self.segments.drop_below(log_start)
    }

    /// The page to call [`Self::settle`] with, if there is one.
    #[must_use]
    pub fn unsettled(&self) -> Option<PageRef> {
        self.segments.unsettled(self.log_start)
    }

    /// The segments of `page` that the log start has killed and that nobody was told of yet, given
    /// all its segments; they left the log.
    pub fn settle(&mut self, page: &PageRef, segments: &[SegmentRef]) -> Vec<SegmentRef> {
        self.segments.settle(page, segments, self.log_start)
    }

    /// Lets go of the segments that stand in `page`, which is durable and in the checkpoint.
    pub fn adopt_page(&mut self, page: PageRef) {
        self.segments.adopt(page);
    }

    /// Leaves the log without segments, for a topic that was deleted.
    pub fn take_segments(&mut self) -> Dropped {
        std::mem::take(&mut self.segments).into_dropped()
    }

    /// The end of the tail's oldest batches that lie wholly below the log start: [`Self::pass_dead`]
    /// may be called with it. `None` if there are none.
    #[must_use]
    pub fn dead_end(&self) -> Option<Offset> {
        let dead = self.tail.find(self.log_start);
        self.tail.get(dead.checked_sub(1)?).map(TailBatch::next)
    }

    /// Removes the tail's batches below `end` without a segment: nobody may read them.
    ///
    /// # Panics
    /// If one of them is not below the log start, or `end` is within a batch.
    pub fn pass_dead(&mut self, end: Offset, now: Timestamp) {
        if end <= self.sealed_end() {
            return;
        }
        assert!(end <= self.log_start, "only what is below the log start is in no segment");
        let removed = self.tail.remove_below(end);
        assert!(self.sealed_end() == end, "what is passed ends where a batch ends");
        self.watermarks.handle_sealed(removed, end);
        self.tail_since = now;
    }

    /// Adds a durable segment that continues the sealed part and removes its batches from the tail.
    /// If all of it is below the log start by now, it is not added but returned: it is dead.
    ///
    /// # Panics
    /// If the segment does not hold exactly the oldest unsealed batches.
    pub fn seal_applied(&mut self, segment: SegmentRef, now: Timestamp) -> Option<SegmentRef> {
        assert!(segment.base == self.sealed_end(), "a segment starts where the sealed part ends");
        assert!(segment.base < segment.end, "a segment holds at least one batch");
        let removed = self.tail.remove_below(segment.end);
        assert!(removed > 0, "a segment holds at least one batch");
        assert!(self.sealed_end() == segment.end, "a segment ends where a batch ends");
        self.watermarks.handle_sealed(removed, segment.end);
        self.tail_since = now;
        if segment.end <= self.log_start {
            return Some(segment);
        }
        self.segments.push(segment);
        None
    }

    /// The unsealed batches that lie wholly below `lsn`, oldest first: what to seal. Give it at
    /// most the durable watermark.
    pub fn unsealed_below(&self, lsn: Lsn) -> impl ExactSizeIterator<Item = &TailBatch> {
        self.tail.iter().take(self.tail.count_below(lsn))
    }

    /// Bytes of [`Self::unsealed_below`].
    #[must_use]
    pub fn unsealed_bytes_below(&self, lsn: Lsn) -> u64 {
        self.unsealed_below(lsn).map(|batch| u64::from(batch.len)).sum()
    }

    /// The largest epoch up to `asked` and its end (KIP-320); `None` if undefined (trap 58).
    #[must_use]
    pub fn end_offset_for(
        &self,
        asked: LeaderEpoch,
        current: LeaderEpoch,
    ) -> Option<(LeaderEpoch, Offset)> {
        self.epochs.end_offset_for(asked, current, self.log_end)
    }

    /// The epoch that wrote the record at `offset`.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.epochs.epoch_of(offset)
    }

    /// Forgets idle producers (`producer.id.expiration.ms`).
    pub fn expire_producers(&mut self, now: Timestamp, after_ms: i64) {
        self.producers.expire(now, after_ms);
    }

    #[must_use]
    pub const fn log_start(&self) -> Offset {
        self.log_start
    }

    #[must_use]
    pub const fn log_end(&self) -> Offset {
        self.log_end
    }

    /// End of what is sealed; equal to the log end if nothing is unsealed.
    #[must_use]
    pub fn sealed_end(&self) -> Offset {
        self.tail.first().map_or(self.log_end, |first| first.base)
    }

    #[must_use]
    pub const fn segments(&self) -> &SegmentList {
        &self.segments
    }

    #[must_use]
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Wall time since which the tail has held its oldest batch, as far as this process knows;
    /// `None` while nothing is unsealed.
    #[must_use]
    pub fn tail_since(&self) -> Option<Timestamp> {
        (!self.tail.is_empty()).then_some(self.tail_since)
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
