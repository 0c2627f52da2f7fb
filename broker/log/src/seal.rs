//! What to seal, when, and into which files: pure plans.

use protocol_types::{LocalId, Lsn, Timestamp};

use crate::PartitionLog;

#[cfg(test)]
mod tests;

/// A partition with this much in a span gets a file of its own.
pub const OWN_FILE_BYTES: u64 = 16 << 20;
/// A span is this part of the ring.
const SPANS_PER_RING: u64 = 8;

/// The end of the span to seal now: when more than half of the ring is used, its oldest eighth.
/// `sealed` is where the last span ended and `head` where the ring does; what is not durable yet is
/// not sealed.
#[must_use]
pub fn span_due(sealed: Lsn, durable: Lsn, head: Lsn, capacity: u64) -> Option<Lsn> {
    let used = head.0.saturating_sub(sealed.0);
    let end = Lsn(sealed.0 + capacity / SPANS_PER_RING).min(durable);
    (used > capacity / 2 && end > sealed).then_some(end)
}

/// Which of the partitions that seal together go where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealPlan {
    /// Each gets a file of its own.
    pub own: Vec<LocalId>,
    /// They share one.
    pub pack: Vec<LocalId>,
}

/// `together`: partitions and the bytes of each that are to be sealed.
#[must_use]
pub fn plan(together: impl Iterator<Item = (LocalId, u64)>) -> SealPlan {
    let mut plan = SealPlan::default();
    for (partition, bytes) in together.filter(|&(_, bytes)| bytes > 0) {
        if bytes >= OWN_FILE_BYTES {
            plan.own.push(partition);
        } else {
            plan.pack.push(partition);
        }
    }
    plan
}

/// Whether a partition seals before its span is due, by `segment.bytes` or `segment.ms`.
#[must_use]
pub fn early_due(log: &PartitionLog, segment_bytes: u64, segment_ms: u64, now: Timestamp) -> bool {
    let Some(since) = log.tail_since() else { return false };
    let age = u64::try_from(now.0.saturating_sub(since.0)).unwrap_or(0);
    log.tail().bytes() >= segment_bytes || age >= segment_ms
}
