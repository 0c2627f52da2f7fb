//! Wakes the sealer when the ring is half full or somebody asks, and not before.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use broker_env::threads::Thread;
use protocol_types::Lsn;

/// Shared between the sealer and those who wake it.
#[derive(Debug)]
pub(crate) struct SealerWake {
    thread: OnceLock<Thread>,
    /// The durable LSN at which a span is due.
    due: AtomicU64,
    stop: AtomicBool,
}

impl Default for SealerWake {
    fn default() -> Self {
        Self {
            thread: OnceLock::new(),
            due: AtomicU64::new(u64::MAX),
            stop: AtomicBool::new(false),
        }
    }
}

impl SealerWake {
    /// Says who sleeps.
    pub(crate) fn sleeper(&self, thread: Thread) {
        assert!(self.thread.set(thread).is_ok(), "there is one sealer");
    }

    /// The next span is due when the ring is durable up to `due`.
    pub(crate) fn due_at(&self, due: Lsn) {
        self.due.store(due.0, Ordering::SeqCst);
    }

    #[cfg(test)]
    pub(crate) fn due(&self) -> Lsn {
        Lsn(self.due.load(Ordering::SeqCst))
    }

    /// The ring is durable up to `durable`. Called once per group.
    pub(crate) fn reached(&self, durable: Lsn) {
        if durable.0 >= self.due.load(Ordering::Relaxed) {
            // Once per span: the sealer sets the next mark.
            self.due.store(u64::MAX, Ordering::SeqCst);
            self.wake();
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
