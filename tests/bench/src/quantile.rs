//! Quantiles of measured times.

use std::time::Instant;

/// Nanoseconds from `then` to `now`, four seconds at the most.
pub(crate) fn nanos(now: Instant, then: Instant) -> u32 {
    u32::try_from(now.duration_since(then).as_nanos()).unwrap_or(u32::MAX)
}

/// The value below which the share `q` of `sorted` nanoseconds lies, in microseconds; 0 of none.
pub(crate) fn us(sorted: &[u32], q: f64) -> f64 {
    sorted.get(rank(sorted.len(), q)).map_or(0.0, |nanos| f64::from(*nanos) / 1000.0)
}

/// Index of the smallest value that at least the share `q` of `len` values does not exceed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index, not negative"
)]
fn rank(len: usize, q: f64) -> usize {
    ((len as f64 * q).ceil() as usize).clamp(1, len.max(1)) - 1
}

#[cfg(test)]
mod tests;
