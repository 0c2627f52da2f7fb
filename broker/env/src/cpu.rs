//! CPU time spent so far, for metrics and budgets.

use rustix::time::{ClockId, clock_gettime};

/// CPU nanoseconds (user and system) of the whole process.
#[must_use]
pub fn process_nanos() -> u64 {
    nanos(ClockId::ProcessCPUTime)
}

/// CPU nanoseconds (user and system) of the calling thread.
#[must_use]
pub fn thread_nanos() -> u64 {
    nanos(ClockId::ThreadCPUTime)
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
