//! The end of the log: by an error, which is for ever (WAL-3), or because it is closed.
//!
//! Whoever moves a mark looks for a failure under the failure's own lock, so that a mark moves
//! before an error or not at all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Shared;
use crate::error::{FullReason, WalError};

impl Shared {
    /// Why nothing moves any more.
    pub(crate) fn dead(&self) -> Option<WalError> {
        if let Some(message) = &*self.failure.lock() {
            return Some(WalError::Poisoned(message.clone()));
        }
        self.aborted.load(Ordering::Acquire).then_some(WalError::Closed)
    }

    /// WAL-3: the first error ends the log. Nothing is published or durable after this returns.
    pub(crate) fn poison(&self, error: &io::Error) {
        {
            let mut failure = self.failure.lock();
            if failure.is_some() {
                return;
            }
            *failure = Some(error.to_string());
        }
        self.ring.lock().poison();
        tracing::error!(path = %self.file.path().display(), %error, "ring log failed");
        self.abort();
        self.events.poisoned(error);
    }

    /// Lets the threads end and those that wait for them go.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
        {
            let mut ring = self.ring.lock();
            ring.refuses.get_or_insert(FullReason::Closed);
            ring.writer_is_awake();
        }
        self.unpark_writer();
        self.wake_keeper();
        self.wake_waiting();
    }
}

/// Ends the log if its thread panics: nobody may wait for a thread that is gone.
pub(crate) struct PoisonOnPanic(pub(crate) Arc<Shared>);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison(&io::Error::other("a thread of the ring log panicked"));
        }
    }
}
