//! Wakes coordinators when the ring's durable position or its room moved.
//!
//! The ring's writer tells of every group; it pays one load of a flag while no coordinator waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use protocol_types::Lsn;
use tokio::sync::Notify;

#[cfg(test)]
mod tests;

/// Told by the ring.
#[derive(Debug, Default)]
pub(crate) struct LogMoves {
    awaited: AtomicBool,
    watchers: Mutex<Vec<Arc<Notify>>>,
}

impl LogMoves {
    /// Something moved.
    pub(crate) fn moved(&self) {
        if self.awaited.load(Ordering::SeqCst) && self.awaited.swap(false, Ordering::SeqCst) {
            self.watchers.lock().iter().for_each(|watcher| watcher.notify_one());
        }
    }
}

/// One coordinator's view: what it saw last.
#[derive(Debug)]
pub(crate) struct Watcher {
    moves: Arc<LogMoves>,
    wake: Arc<Notify>,
    durable: AtomicU64,
    trim: AtomicU64,
}

impl Watcher {
    pub(crate) fn new(moves: &Arc<LogMoves>) -> Self {
        let wake = Arc::new(Notify::new());
        moves.watchers.lock().push(Arc::clone(&wake));
        let (durable, trim) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { moves: Arc::clone(moves), wake, durable, trim }
    }

    /// Resolves once `marks` (durable position and trim) differ from those it resolved with last.
    pub(crate) async fn moved(&self, marks: impl Fn() -> (Lsn, Lsn) + Send) {
        loop {
            // Asked for before the marks are read: what moves in between wakes us.
            self.moves.awaited.store(true, Ordering::SeqCst);
            let (durable, trim) = marks();
            let seen = self.durable.swap(durable.0, Ordering::SeqCst);
            let seen_trim = self.trim.swap(trim.0, Ordering::SeqCst);
            if (seen, seen_trim) != (durable.0, trim.0) {
                return;
            }
            self.wake.notified().await;
        }
    }
}
