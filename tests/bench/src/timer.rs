//! The time at which an event loop has to do something next, as one more event of its poll set.
//!
//! `epoll_pwait` takes whole milliseconds, and a request that is due in between would go out late.

use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::event::epoll;
use rustix::fd::{AsFd, OwnedFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

/// What the timer's event is marked with.
pub(crate) const RANG: u64 = u64::MAX;

/// See the module documentation. It leaves the poll set when it is dropped.
#[derive(Debug)]
pub(crate) struct Timer {
    file: OwnedFd,
    /// For when it is set.
    due: Option<Instant>,
}

impl Timer {
    /// Adds a timer that is not set to `poll`.
    pub(crate) fn in_poll(poll: impl AsFd) -> Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let file = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // Setting it takes back that it rang, so its edge is never read.
        let edges = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(poll, &file, epoll::EventData::new_u64(RANG), edges)?;
        Ok(Self { file, due: None })
    }

    /// Rings once at `due`, or at once if that is over, and no longer when it was set for before.
    pub(crate) fn ring_at(&mut self, due: Instant) -> Result<()> {
        if self.due == Some(due) {
            return Ok(());
        }
        // Zero would stop it.
        let left = due.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs())?,
            tv_nsec: left.subsec_nanos().into(),
        };
        let once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let times = Itimerspec { it_interval: once, it_value: left };
        timerfd_settime(&self.file, TimerfdTimerFlags::empty(), &times)?;
        self.due = Some(due);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
