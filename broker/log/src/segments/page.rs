//! Pages: where the older segments of a partition are listed once they are no longer resident.
//!
//! A page is a fixed number of segments in offset order, written once and never changed; a
//! [`PageRef`] is what stays in memory of it. What died of a page since is told by the log start
//! alone. Knows no files, only their numbers.

use std::sync::Arc;

use protocol_types::{Offset, Timestamp};

use crate::SegmentRef;

/// Segments in a page.
pub const PAGE_SEGMENTS: usize = 128;

/// A page by its place, and what lookups need to pass it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRef {
    /// Number of the file it is in.
    pub file: u64,
    /// Its byte position there.
    pub at: u64,
    /// Of its bytes.
    pub checksum: u64,
    /// Of its first segment.
    pub base: Offset,
    /// Of its last segment; exclusive.
    pub end: Offset,
    /// Bytes of batches in all its segments.
    pub bytes: u64,
    /// The largest of its segments.
    pub max_timestamp: Timestamp,
    /// The largest that [`SegmentRef::newest`] is of its segments.
    pub newest: Timestamp,
    /// Segments.
    pub count: u32,
}

const _: () = assert!(size_of::<PageRef>() <= 72, "resident per page: 72 bytes at most");

impl PageRef {
    /// What lookups need to know of `segments`, which are to stand at `at` of `file`. `None` if
    /// there are none.
    pub(crate) fn over(segments: &[SegmentRef], file: u64, at: u64, checksum: u64) -> Option<Self> {
        let (first, last) = (segments.first()?, segments.last()?);
        Some(Self {
            file,
            at,
            checksum,
            base: first.base,
            end: last.end,
            bytes: segments.iter().map(|segment| segment.len).sum(),
            max_timestamp: segments.iter().map(|s| s.max_timestamp).max()?,
            newest: segments.iter().map(SegmentRef::newest).max()?,
            count: u32::try_from(segments.len()).ok()?,
        })
    }

    /// The segments of this page, loaded.
    #[must_use]
    pub fn looked<'a>(&self, pages: &'a [LoadedPage]) -> Option<&'a [SegmentRef]> {
        pages.iter().find(|(page, _)| page == self).map(|(_, segments)| &**segments)
    }
}

/// A page with its segments. None, if it could not be read: then nothing is known inside it.
pub type LoadedPage = (PageRef, Arc<[SegmentRef]>);

/// What of a page counts: its segments that end above `above`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRest {
    pub page: PageRef,
    pub above: Offset,
}

impl PageRest {
    /// Those of the page's segments that count.
    pub fn of<'a>(&self, segments: &'a [SegmentRef]) -> impl Iterator<Item = &'a SegmentRef> {
        let above = self.above;
        segments.iter().filter(move |segment| segment.end > above)
    }
}

/// What has left a list of segments: their bytes may be reclaimed once a checkpoint without them is
/// durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    pub segments: Vec<SegmentRef>,
    pub pages: Vec<PageRest>,
}

impl Dropped {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.pages.is_empty()
    }

    /// Adds what `other` holds.
    pub fn merge(&mut self, other: Self) {
        self.segments.extend(other.segments);
        self.pages.extend(other.pages);
    }

    /// How many segments; those of a page at its edge are counted whole.
    #[must_use]
    pub fn len(&self) -> usize {
        let paged = self.pages.iter().map(|rest| protocol_types::to_usize(rest.page.count.into()));
        self.segments.len() + paged.sum::<usize>()
    }
}
