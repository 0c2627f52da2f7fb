//! Named operating-system threads. Sleeping is the clock's business ([`crate::Clock::sleep`]).

use std::io;
use std::time::Duration;

pub use std::thread::{JoinHandle, Thread, current, park, yield_now};

#[cfg(test)]
mod tests;

/// Starts a thread whose name shows in `top -H` (15 bytes of it) and in panics.
pub fn spawn<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body)
}

/// Blocks until [`Thread::unpark`], `limit`, or for no reason at all: look at the cause in a loop.
pub fn park_timeout(limit: Duration) {
    std::thread::park_timeout(limit);
}

/// Cores this process may use, at least 1.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Binds the calling thread to one core. `false` where the system refuses, which is harmless.
pub fn pin_to_core(core: usize) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    if core >= rustix::thread::CpuSet::MAX_CPU {
        return false;
    }
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).is_ok()
}
