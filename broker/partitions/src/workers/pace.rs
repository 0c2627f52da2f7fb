//! Holds the sealer back, so that its writes do not starve the ring's on the same disk.
//!
//! Below 60 % occupancy it writes at most half as fast again as data comes in. From there on producers
//! are held to what sealing can follow, and it writes as fast as it can: a sealer that paused as well
//! would hold them to a fraction of the disk (docs/adr/0004).

use std::time::Duration;

use broker_wal::Occupancy;

/// The slowest the sealer is held to: a trickle of appends must not make a span take for ever.
const RATE_MIN: u64 = 64 << 20;
/// Percentage of the ring from which nothing is held back: producers are.
const PRESSED_FROM: u64 = 60;
/// What a file may write at once: so little starves nobody.
const BURST: u64 = 4 << 20;
/// The longest single pause: the ring may fill meanwhile.
const PAUSE_MAX: Duration = Duration::from_millis(20);

/// What a span has written and what came in meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub elapsed: Duration,
    /// Bytes written to the sealed file, the next chunk included.
    pub written: u64,
    /// Bytes appended to the ring in the same time.
    pub ingested: u64,
}

/// How long to wait before the next chunk.
pub(super) fn pause(progress: Progress, ring: Occupancy) -> Duration {
    if progress.written <= BURST || ring.used >= ring.capacity / 100 * PRESSED_FROM {
        return Duration::ZERO;
    }
    let seconds = progress.elapsed.as_secs_f64().max(0.001);
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
    let (written, ingest) = (progress.written as f64, progress.ingested as f64 / seconds);
    #[expect(clippy::cast_precision_loss, reason = "a constant of 27 bits")]
    let rate = (ingest * 1.5).max(RATE_MIN as f64);
    let due = Duration::from_secs_f64(written / rate);
    due.saturating_sub(progress.elapsed).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Occupancy = Occupancy { used: 55, capacity: 100 };
    const PRESSED: Occupancy = Occupancy { used: 60, capacity: 100 };

    fn after(millis: u64, written_mib: u64, ingested_mib: u64) -> Progress {
        let elapsed = Duration::from_millis(millis);
        Progress { elapsed, written: written_mib << 20, ingested: ingested_mib << 20 }
    }

    #[test]
    fn it_keeps_to_half_as_much_again_as_comes_in() {
        assert_eq!(pause(after(100, 15, 10), HALF), Duration::ZERO);
        let ahead = pause(after(100, 16, 10), HALF);
        assert!(ahead > Duration::from_millis(5) && ahead < Duration::from_millis(8), "{ahead:?}");
    }

    #[test]
    fn a_quiet_broker_still_seals_and_never_pauses_long() {
        assert_eq!(pause(after(1000, 64, 0), HALF), Duration::ZERO);
        assert_eq!(pause(after(1, 64, 0), HALF), PAUSE_MAX);
    }

    #[test]
    fn a_small_file_is_written_at_once() {
        assert_eq!(pause(after(0, 4, 0), HALF), Duration::ZERO);
    }

    #[test]
    fn it_does_not_pause_while_producers_are_held() {
        assert_eq!(pause(after(1, 64, 0), PRESSED), Duration::ZERO);
        assert!(!pause(after(1, 64, 0), Occupancy { used: 59, ..PRESSED }).is_zero());
    }
}
