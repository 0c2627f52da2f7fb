//! The sealed part of a partition: which file holds which offsets.
//!
//! Invariant LOG-1: segments are in offset order and never overlap. All of a partition's segments
//! are resident (64 bytes each); callers go through this type's lookups alone, so that older ones
//! can move to a paged index without a change elsewhere. Knows no files, only their numbers.

use std::collections::VecDeque;
use std::fmt;

use protocol_types::{Offset, Timestamp};

#[cfg(test)]
mod tests;

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

/// The segments of a partition, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentList {
    segments: VecDeque<SegmentRef>,
    bytes: u64,
}

impl SegmentList {
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes of batches in all segments.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The end of the newest segment.
    #[must_use]
    pub fn end(&self) -> Option<Offset> {
        self.segments.back().map(|segment| segment.end)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &SegmentRef> + ExactSizeIterator {
        self.segments.iter()
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
        self.segments.push_back(segment);
    }

    /// Drops the oldest segments whose every offset is below `offset`, and yields them.
    pub fn drop_below(&mut self, offset: Offset) -> impl Iterator<Item = SegmentRef> {
        let dead = self.segments.partition_point(|segment| segment.end <= offset);
        let dropped: Vec<SegmentRef> = self.segments.drain(..dead).collect();
        self.bytes -= dropped.iter().map(|segment| segment.len).sum::<u64>();
        dropped.into_iter()
    }

    /// The segments that hold `offset` or follow it, oldest first.
    pub fn from(&self, offset: Offset) -> impl Iterator<Item = &SegmentRef> {
        let first = self.segments.partition_point(|segment| segment.end <= offset);
        self.segments.range(first..)
    }
}
