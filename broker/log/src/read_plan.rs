//! Where the bytes of a read are: an answer of [`crate::PartitionLog`], carried out by its caller.
//!
//! A plan is a list that callers keep and reuse. Sealed parts always come before ring parts: what
//! is sealed is older than what is not.

use protocol_types::{Lsn, Offset};

use crate::{PageRef, SegmentRef};

/// Segments in one plan: a partition with tiny segments must not open a thousand files for a read.
pub(crate) const SEALED_PARTS_MAX: usize = 16;

/// How much a read may return.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Bytes of batches.
    pub bytes_max: u64,
    /// Exclusive bound: the mark the reader may see up to.
    pub upto: Offset,
    /// Return the first batch whole even if it is larger than `bytes_max` (KIP-74, trap 47).
    pub at_least_one: bool,
}

/// One batch in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingPart {
    /// Position of the batch's first byte.
    pub lsn: Lsn,
    pub len: u32,
}

/// Batches in a sealed segment: those from the one that holds `from` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedPart {
    pub segment: SegmentRef,
    pub from: Offset,
}

/// Batches in the segments of a page: those from the one that holds `from` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagedPart {
    pub page: PageRef,
    pub from: Offset,
}

impl PagedPart {
    /// The part of the page's segments that a read up to `upto` takes, given all of them.
    #[must_use]
    pub fn sealed(&self, segments: &[SegmentRef], upto: Offset) -> Vec<SealedPart> {
        let from = self.from;
        let readable = segments.iter().filter(|segment| segment.end > from && segment.base < upto);
        let part =
            |segment: &SegmentRef| SealedPart { segment: *segment, from: from.max(segment.base) };
        readable.take(SEALED_PARTS_MAX).map(part).collect()
    }
}

/// Where to read, oldest first: all of `sealed`, then all of `ring`; or `page` and nothing else.
///
/// How many bytes a page or a sealed part yields is known only once its file is open, so whoever
/// carries the plan out
/// - counts, and stops when `bytes_max` is reached;
/// - drops the rest of the plan when a sealed part was not read to its end.
///
/// `ring` alone never exceeds the limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadPlan {
    pub page: Option<PagedPart>,
    pub sealed: Vec<SealedPart>,
    pub ring: Vec<RingPart>,
    /// Bytes of `ring`.
    pub ring_bytes: u64,
}

impl ReadPlan {
    pub fn clear(&mut self) {
        self.page = None;
        self.sealed.clear();
        self.ring.clear();
        self.ring_bytes = 0;
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.is_ring_only() && self.ring.is_empty()
    }

    /// Whether no file needs to be read.
    #[must_use]
    pub const fn is_ring_only(&self) -> bool {
        self.page.is_none() && self.sealed.is_empty()
    }
}

/// The offset asked for is below the log start or above the log end (trap 50).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offset {} is outside the log, which goes from {} to {}", asked.0, log_start.0, log_end.0)]
pub struct OutOfRange {
    pub asked: Offset,
    pub log_start: Offset,
    pub log_end: Offset,
}

/// A place where a timestamp lookup goes on. Batches state their largest timestamp and producers
/// may lie, so a candidate may turn out to hold nothing: ask again from `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// Somewhere in the segments of a page.
    Paged {
        page: PageRef,
        next: Offset,
    },
    Sealed {
        segment: SegmentRef,
        next: Offset,
    },
    Ring {
        part: RingPart,
        base: Offset,
        next: Offset,
    },
}

impl Candidate {
    /// The offset to ask again from.
    #[must_use]
    pub const fn next(&self) -> Offset {
        match self {
            Self::Paged { next, .. } | Self::Sealed { next, .. } | Self::Ring { next, .. } => *next,
        }
    }
}
