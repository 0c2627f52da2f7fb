//! Time: read here only, handed to everybody else as values.

use std::fmt::Debug;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use protocol_types::{Instant, Timestamp};

#[cfg(test)]
mod tests;

/// Where time comes from. The two readings are unrelated: `now` never goes back, `wall` may.
pub trait Clock: Send + Sync + Debug {
    /// Monotonic time since an arbitrary start.
    fn now(&self) -> Instant;
    /// What the wall says.
    fn wall(&self) -> Timestamp;
    /// Blocks the calling thread for at least `span`. Never on a runtime's thread.
    fn sleep(&self, span: Duration);
}

/// The operating system's clocks. All instances share one start.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsClock;

impl Clock for OsClock {
    fn now(&self) -> Instant {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Instant(time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned())
    }

    fn wall(&self) -> Timestamp {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Timestamp(time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
    fn sleep(&self, span: Duration) {
        std::thread::sleep(span);
    }
}

/// A clock that stands still until a test moves it. Sleepers wake when it has been moved past them.
#[derive(Debug)]
pub struct ManualClock {
    time: Mutex<Time>,
    moved: Condvar,
}

#[derive(Debug)]
struct Time {
    now: Instant,
    wall: Timestamp,
    sleepers: usize,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp(1_700_000_000_000))
    }
}

impl ManualClock {
    /// A clock whose wall shows `wall`.
    #[must_use]
    pub fn at(wall: Timestamp) -> Self {
        let time = Time { now: Instant(0), wall, sleepers: 0 };
        Self { time: Mutex::new(time), moved: Condvar::new() }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, span: Duration) {
        let mut time = self.time.lock();
        time.now = after(time.now, span);
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        time.wall = Timestamp(time.wall.0.saturating_add(millis));
        self.moved.notify_all();
    }

    /// Sets the wall alone, also backwards, as an operator or NTP does.
    pub fn set_wall(&self, wall: Timestamp) {
        self.time.lock().wall = wall;
    }

    /// Threads that sleep on this clock now: a test waits for them before it moves the clock.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.time.lock().sleepers
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.time.lock().now
    }

    fn wall(&self) -> Timestamp {
        self.time.lock().wall
    }

    fn sleep(&self, span: Duration) {
        let mut time = self.time.lock();
        let end = after(time.now, span);
        time.sleepers += 1;
        while time.now < end {
            self.moved.wait(&mut time);
        }
        time.sleepers -= 1;
    }
}

fn after(start: Instant, span: Duration) -> Instant {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Instant(start.0.saturating_add(nanos))
}
