//! Log lines that clients can provoke, at most one a second each.
//!
//! Every call site owns a [`LogThrottle`]; what it held back is counted and told with the next line.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use broker_env::{Clock, OsClock};

/// Nanoseconds between two lines of one site.
const INTERVAL_NANOS: u64 = 1_000_000_000;

/// State of one call site.
#[derive(Debug)]
pub(crate) struct LogThrottle {
    /// When the next line may appear.
    next: AtomicU64,
    held_back: AtomicU64,
}

impl LogThrottle {
    pub(crate) const fn new() -> Self {
        Self { next: AtomicU64::new(0), held_back: AtomicU64::new(0) }
    }

    /// Logs `message` as a warning unless this site did so within a second.
    pub(crate) fn warn(&self, message: &fmt::Arguments<'_>) {
        if let Some(held_back) = self.admit(OsClock.now().0) {
            tracing::warn!(held_back, "{message}");
        }
    }

    /// How many lines were held back since the last one, if a line may appear at `now`.
    fn admit(&self, now: u64) -> Option<u64> {
        let due = self.next.load(Ordering::Relaxed);
        let after = now.saturating_add(INTERVAL_NANOS);
        let ours = now >= due
            && self.next.compare_exchange(due, after, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !ours {
            self.held_back.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.held_back.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_and_the_rest_is_counted() {
        let throttle = LogThrottle::new();
        assert_eq!(throttle.admit(5), Some(0));
        assert_eq!(throttle.admit(6), None);
        assert_eq!(throttle.admit(INTERVAL_NANOS), None);
        assert_eq!(throttle.admit(INTERVAL_NANOS + 5), Some(2));
        assert_eq!(throttle.admit(2 * INTERVAL_NANOS + 5), Some(0));
    }
}
