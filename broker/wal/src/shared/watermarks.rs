//! How far the log is durable, trimmed and zeroed, and those who wait for it.
//!
//! Each mark is moved by one thread, after disk knows, and only grows.

use std::sync::atomic::Ordering;

use parking_lot::{Condvar, Mutex};

use super::Shared;
use crate::error::WalError;

/// Threads that wait for the durable end or the frontier to move.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    threads: Mutex<usize>,
    moved: Condvar,
}

impl Shared {
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn trim(&self) -> u64 {
        self.trim.load(Ordering::Acquire)
    }

    /// WAL-2: called by the writer, after the sync that covers everything below `to` returned.
    /// WAL-3: `false` if the log died meanwhile; nothing is acknowledged then.
    pub(crate) fn set_durable(&self, to: u64) -> bool {
        let failure = self.failure.lock();
        if failure.is_some() {
            return false;
        }
        let before = self.durable.swap(to, Ordering::AcqRel);
        assert!(before <= to, "the durable end goes back from {before} to {to}");
        drop(failure);
        self.wake_waiting();
        true
    }

    /// WAL-4: called by the keeper, after a superblock with `to` is on disk. A reader of the file
    /// must see the new trim before anything is placed over what it reads.
    pub(crate) fn set_trim(&self, to: u64) {
        self.trim.store(to, Ordering::SeqCst);
        self.ring.lock().raise_trim(to);
        self.trims.lock().index.forget_below(to);
        self.events.trimmed(protocol_types::Lsn(to));
    }

    pub(crate) fn set_frontier(&self, to: u64) {
        self.frontier.store(to, Ordering::Release);
        self.wake_waiting();
    }

    /// Blocks until `done`, or until the log is dead or closed.
    pub(crate) fn wait_until(&self, done: impl Fn() -> bool) -> Result<(), WalError> {
        let mut threads = self.waiting.threads.lock();
        *threads += 1;
        let result = loop {
            if done() {
                break Ok(());
            }
            if let Some(error) = self.dead() {
                break Err(error);
            }
            self.waiting.moved.wait(&mut threads);
        };
        *threads -= 1;
        result
    }

    pub(crate) fn wake_waiting(&self) {
        let threads = self.waiting.threads.lock();
        if *threads > 0 {
            self.waiting.moved.notify_all();
        }
    }
}
