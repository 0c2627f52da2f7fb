//! Slowing producers down as the ring fills, so that sealing keeps up and nobody is refused.
//!
//! From 60 % occupancy on, a connection that appended is not read from for a while: the more it
//! appended and the fuller the ring, the longer. The pause doubles every 2.3 points, so ingest
//! settles where sealing can follow; at 92 % the ring itself refuses (reliability 2.6). Small
//! requests are hardly slowed: they are not what fills the ring. Pure.

/// Occupancy in percent from which producers are slowed down.
const SLOW_FROM: u64 = 60;
/// Occupancy at which the ring refuses.
const REFUSED_FROM: u64 = 92;
/// How often the pause doubles between the two.
const DOUBLINGS: u64 = 14;
/// The pause at the lower end for [`UNIT_BYTES`].
const PAUSE_NANOS_MIN: u64 = 100_000;
const UNIT_BYTES: u64 = 256 << 10;
/// No pause is longer: a client must hear of a ring that does not drain before its own timeout.
const PAUSE_NANOS_MAX: u64 = 1_000_000_000;
/// A shorter pause is not worth a timer.
const PAUSE_NANOS_WORTH: u64 = 1_000_000;

/// How long to leave a connection alone that appended `bytes` to a ring of which `used` of
/// `capacity` bytes are in use.
pub(crate) fn pause_nanos(used: u64, capacity: u64, bytes: u64) -> Option<u64> {
    let percent = (used.saturating_mul(100) / capacity.max(1)).min(REFUSED_FROM);
    let above = percent.checked_sub(SLOW_FROM)?;
    let doublings = above * DOUBLINGS / (REFUSED_FROM - SLOW_FROM);
    let unit = PAUSE_NANOS_MIN << doublings;
    let pause = unit.saturating_mul(bytes) / UNIT_BYTES;
    Some(pause.min(PAUSE_NANOS_MAX)).filter(|&pause| pause >= PAUSE_NANOS_WORTH)
}

#[cfg(test)]
mod tests;
