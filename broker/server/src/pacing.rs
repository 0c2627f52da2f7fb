//! Slowing producers down as the ring fills, so that sealing keeps up and nobody is refused.
//!
//! From 60 % on, a connection that appended takes nothing in for a while, and its client is told
//! (KIP-219): the more it appended and the fuller the ring, the longer. The pause doubles every
//! 2.3 points, so ingest settles where sealing can follow; at 92 % the ring itself refuses
//! (reliability 2.6). Small requests are hardly slowed: they are not what fills the ring. Pure.

/// Percentage of the ring from which producers are slowed down.
const SLOW_FROM: u64 = 60;
/// Percentage at which the ring refuses.
const REFUSED_FROM: u64 = 92;
/// How often the pause doubles between the two.
const DOUBLINGS: u64 = 14;
/// The pause at the lower end for [`UNIT_BYTES`], in microseconds.
const PAUSE_MICROS_MIN: u64 = 100;
const UNIT_BYTES: u64 = 256 << 10;
/// No pause is longer, in milliseconds: a client must hear of a ring that does not drain before its
/// own timeout.
const PAUSE_MS_MAX: u64 = 1_000;

/// How long a connection pauses that appended `bytes` while `pressure` percent of the ring are in
/// use, in milliseconds.
pub(crate) fn pause_ms(pressure: u64, bytes: u64) -> u64 {
    let Some(above) = pressure.min(REFUSED_FROM).checked_sub(SLOW_FROM) else { return 0 };
    let doublings = above * DOUBLINGS / (REFUSED_FROM - SLOW_FROM);
    let unit_micros = PAUSE_MICROS_MIN << doublings;
    (unit_micros.saturating_mul(bytes) / UNIT_BYTES / 1_000).min(PAUSE_MS_MAX)
}

#[cfg(test)]
mod tests;
