//! The sealed part of a partition: which file holds which offsets.
//!
//! Invariant LOG-1: segments are in offset order and never overlap. The newest are resident (64
//! bytes each); older ones stand in pages on disk, of each of which one [`PageRef`] is resident.
//! Nothing here reads a page: where one is needed the answer is its reference, and the caller comes
//! back with its segments. What a log start within the oldest page kills is therefore handed out by
//! [`SegmentList::settle`], not at once. Knows no files, only their numbers.

use std::collections::VecDeque;
use std::fmt;

use protocol_types::{Offset, Timestamp};

mod page;
#[cfg(test)]
mod tests;

pub use page::{Dropped, LoadedPage, PAGE_SEGMENTS, PageRef, PageRest};

/// The newest segments that stay resident when older ones are paged.
pub const RESIDENT_SEGMENTS: usize = 16;
/// With so many resident segments in one partition it is time to page.
pub const PAGING_DUE: usize = RESIDENT_SEGMENTS + 2 * PAGE_SEGMENTS;

/// A sealed file's number on this broker; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u64);

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A segment by its place: everything needed to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRef {
    pub file: FileId,
    /// Byte position of its first batch in the file.
    pub at: u64,
    /// Bytes of batches.
    pub len: u64,
    pub base: Offset,
    /// Exclusive.
    pub end: Offset,
    /// Largest timestamp any of its batches states; −1 if none has one.
    pub max_timestamp: Timestamp,
    /// When it was sealed: its age where no record has a timestamp.
    pub sealed_at: Timestamp,
    /// Its number in the file's directory.
    pub index: u32,
}

const _: () = assert!(size_of::<SegmentRef>() <= 64, "resident per segment: 64 bytes at most");

impl SegmentRef {
    /// What its age counts from: its newest record, or its sealing where no record has a timestamp.
    #[must_use]
    pub const fn newest(&self) -> Timestamp {
        if self.max_timestamp.0 < 0 { self.sealed_at } else { self.max_timestamp }
    }
}

/// The segments of a partition, oldest first: pages, then the resident ones.
#[derive(Clone, Debug, Default)]
pub struct SegmentList {
    pages: VecDeque<PageRef>,
    resident: VecDeque<SegmentRef>,
    /// Of everything that is live, but for what [`Self::settle`] has still to take off.
    bytes: u64,
    head: Head,
}

/// How much of the oldest page is dead and was handed out.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// Its segments that end at or below this.
    settled: Offset,
    /// Their bytes, which are taken off; `None` if that is not known since the start.
    bytes: Option<u64>,
}

/// Why a list cannot be rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disorder;

impl SegmentList {
    /// The list as a checkpoint has it, of which everything below `log_start` is dead already.
    pub(crate) fn recover(
        pages: Vec<PageRef>,
        segments: Vec<SegmentRef>,
        log_start: Offset,
    ) -> Result<Self, Disorder> {
        let spans = pages.iter().map(|page| (page.base, page.end));
        let spans = spans.chain(segments.iter().map(|segment| (segment.base, segment.end)));
        let mut last = Offset(0);
        for (base, end) in spans {
            if base >= end || base < last {
                return Err(Disorder);
            }
            last = end;
        }
        let paged: u64 = pages.iter().map(|page| page.bytes).sum();
        let within = pages.first().is_some_and(|page| page.base < log_start);
        let head = if within { Head { settled: log_start, bytes: None } } else { Head::default() };
        Ok(Self {
            bytes: paged + segments.iter().map(|segment| segment.len).sum::<u64>(),
            pages: pages.into(),
            resident: segments.into(),
            head,
        })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resident.is_empty() && self.pages.is_empty()
    }

    /// Bytes of batches in all segments. Segments that died within the oldest page are counted
    /// until [`Self::settle`] has seen them.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The end of the newest segment.
    #[must_use]
    pub fn end(&self) -> Option<Offset> {
        let resident = self.resident.back().map(|segment| segment.end);
        resident.or_else(|| self.pages.back().map(|page| page.end))
    }

    /// The newest segments, oldest first; those before them are in [`Self::pages`].
    pub fn resident(&self) -> impl DoubleEndedIterator<Item = &SegmentRef> + ExactSizeIterator {
        self.resident.iter()
    }

    /// The pages, oldest first.
    pub fn pages(&self) -> impl DoubleEndedIterator<Item = &PageRef> + ExactSizeIterator {
        self.pages.iter()
    }

    /// The pages, each with what of it was not handed out as dead.
    pub fn page_rests(&self) -> impl Iterator<Item = PageRest> {
        let settled = self.head.settled;
        self.pages.iter().map(move |&page| PageRest { page, above: settled })
    }

    /// Bytes of `page` that are not known to be dead.
    #[must_use]
    pub fn live_bytes(&self, page: &PageRef) -> u64 {
        let first = self.pages.front() == Some(page);
        page.bytes - if first { self.head.bytes.unwrap_or(0) } else { 0 }
    }

    /// Bytes of memory the list takes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.pages.capacity() * size_of::<PageRef>()
            + self.resident.capacity() * size_of::<SegmentRef>()
    }

    /// Adds the newest segment.
    ///
    /// # Panics
    /// If it does not follow the newest one (LOG-1).
    pub fn push(&mut self, segment: SegmentRef) {
        assert!(segment.base < segment.end, "a segment holds at least one offset");
        if let Some(end) = self.end() {
            assert!(segment.base >= end, "segments follow one another");
        }
        self.bytes += segment.len;
        self.resident.push_back(segment);
    }

    /// Drops the oldest segments whose every offset is below `offset`, and yields them; but those
    /// of a page that lives on are left to [`Self::settle`].
    #[must_use]
    pub fn drop_below(&mut self, offset: Offset) -> Dropped {
        let mut dropped = Dropped::default();
        while let Some(&page) = self.pages.front().filter(|page| page.end <= offset) {
            self.bytes -= self.live_bytes(&page);
            dropped.pages.push(PageRest { page, above: self.head.settled });
            self.head = Head::default();
            self.pages.pop_front();
        }
        let dead = self.resident.partition_point(|segment| segment.end <= offset);
        dropped.segments = self.resident.drain(..dead).collect();
        self.bytes -= dropped.segments.iter().map(|segment| segment.len).sum::<u64>();
        dropped
    }

    /// Drops everything.
    pub(crate) fn into_dropped(self) -> Dropped {
        let pages = self.page_rests().collect();
        Dropped { segments: self.resident.into(), pages }
    }

    /// The oldest page, if a log start within it may have killed segments that were not handed out.
    #[must_use]
    pub fn unsettled(&self, log_start: Offset) -> Option<PageRef> {
        let first = self.pages.front().filter(|page| page.base < log_start)?;
        (self.head.bytes.is_none() || self.head.settled < log_start).then_some(*first)
    }

    /// Hands out the segments of the oldest page that `log_start` killed, given that it is `page`
    /// with these `segments`; nothing if it is not that page any more.
    pub fn settle(
        &mut self,
        page: &PageRef,
        segments: &[SegmentRef],
        log_start: Offset,
    ) -> Vec<SegmentRef> {
        if self.unsettled(log_start) != Some(*page) {
            return Vec::new();
        }
        let settled = self.head.settled;
        let known = segments.iter().filter(|segment| segment.end <= settled);
        let known: u64 = known.map(|segment| segment.len).sum();
        assert!(self.head.bytes.is_none_or(|bytes| bytes == known), "LOG-8: a page never changes");
        let died = |segment: &&SegmentRef| segment.end > settled && segment.end <= log_start;
        let dead: Vec<SegmentRef> = segments.iter().filter(died).copied().collect();
        let died: u64 = dead.iter().map(|segment| segment.len).sum();
        self.bytes -= known - self.head.bytes.unwrap_or(0) + died;
        self.head = Head { settled: settled.max(log_start), bytes: Some(known + died) };
        dead
    }

    /// Lets go of the resident segments that stand in `page`, which is durable: the oldest ones, as
    /// far as they were not dropped meanwhile. If all of them were, the page is of no use.
    ///
    /// # Panics
    /// If the page ends within a segment (LOG-8).
    pub fn adopt(&mut self, page: PageRef) {
        let paged = self.resident.partition_point(|segment| segment.end <= page.end);
        let Some(first) = self.resident.front().filter(|_| paged > 0).copied() else { return };
        let bytes = self.resident.drain(..paged).map(|segment| segment.len).sum::<u64>();
        self.resident.shrink_to_fit();
        assert!(first.base >= page.base, "LOG-8: pages are made of the oldest resident segments");
        assert!(self.resident.front().is_none_or(|next| next.base >= page.end), "LOG-8");
        if first.base > page.base {
            assert!(self.pages.is_empty(), "LOG-8: what is older died first");
            self.head = Head { settled: first.base, bytes: Some(page.bytes - bytes) };
        }
        self.pages.push_back(page);
    }

    /// The page that holds `offset` or follows it, if what is there is not resident.
    #[must_use]
    pub fn page_from(&self, offset: Offset) -> Option<&PageRef> {
        self.pages_from(offset).next()
    }

    /// The pages that hold `offset` or follow it, oldest first.
    pub fn pages_from(&self, offset: Offset) -> impl Iterator<Item = &PageRef> {
        let first = self.pages.partition_point(|page| page.end <= offset);
        self.pages.range(first..)
    }

    /// The resident segments that hold `offset` or follow it, oldest first.
    pub fn resident_from(&self, offset: Offset) -> impl Iterator<Item = &SegmentRef> {
        let first = self.resident.partition_point(|segment| segment.end <= offset);
        self.resident.range(first..)
    }
}

impl Default for Head {
    /// Nothing of it.
    fn default() -> Self {
        Self { settled: Offset(0), bytes: Some(0) }
    }
}
