//! Where the bytes of a read are: an answer of [`crate::PartitionLog`], carried out by its caller.
//!
//! A plan is a list that callers keep and reuse. Sealed parts always come before ring parts: what
//! is sealed is older than what is not.

use protocol_types::{Lsn, Offset};

use crate::SegmentRef;

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

/// Where to read, oldest first: all of `sealed`, then all of `ring`. How many bytes a sealed part
/// yields is known only once its file is open, so whoever carries the plan out counts: it stops when
/// `bytes_max` is reached, and drops the rest of the plan when a sealed part was not read to its
/// end. `ring` alone never exceeds the limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadPlan {
    pub sealed: Vec<SealedPart>,
    pub ring: Vec<RingPart>,
    /// Bytes of `ring`.
    pub ring_bytes: u64,
}

impl ReadPlan {
    pub fn clear(&mut self) {
        self.sealed.clear();
        self.ring.clear();
        self.ring_bytes = 0;
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.ring.is_empty()
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
    Sealed { segment: SegmentRef, next: Offset },
    Ring { part: RingPart, base: Offset, next: Offset },
}
