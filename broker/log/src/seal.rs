//! What to seal, when, and into which files: pure plans.

use protocol_types::{LocalId, Lsn, Timestamp};

use crate::PartitionLog;

/// A partition with this much in a span gets a file of its own.
pub const OWN_FILE_BYTES: u64 = 16 << 20;

/// The end of the span to seal now: when more than half of the ring is used, its oldest eighth.
/// `sealed` is where the last span ended, `durable` bounds the next.
#[must_use]
pub fn span_due(sealed: Lsn, durable: Lsn, head: Lsn, capacity: u64) -> Option<Lsn> {
    let _ = (sealed, durable, head, capacity);
    todo!()
}

/// Which partitions of a span go where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealPlan {
    /// Each gets a file of its own.
    pub own: Vec<LocalId>,
    /// They share one.
    pub pack: Vec<LocalId>,
}

/// `in_span`: partitions with unsealed bytes in the span.
#[must_use]
pub fn plan(in_span: impl Iterator<Item = (LocalId, u64)>) -> SealPlan {
    let _ = in_span;
    todo!()
}

/// Whether a partition seals alone, by `segment.bytes` or `segment.ms`.
#[must_use]
pub fn alone_due(log: &PartitionLog, segment_bytes: u64, segment_ms: u64, now: Timestamp) -> bool {
    let _ = (log, segment_bytes, segment_ms, now);
    todo!()
}
