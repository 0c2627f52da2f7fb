//! How a shard wakes one of its connections.
//!
//! A connection is one task. Whatever it waits for besides its socket (a watermark, a partition, a
//! deadline, the end) reaches it here: the cause is noted, the task is woken, and it looks at
//! everything. Signals never leave their shard's thread.

use std::{
    cell::{Cell, RefCell},
    task::Waker,
};

use protocol_types::{LocalId, Lsn};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    waker: RefCell<Option<Waker>>,
    /// An entry of the shard's list of acks names this connection.
    awaits_ack: Cell<bool>,
    /// A fetch of this connection waits for its partitions, and what it lacks cannot be there before the
    /// ring has reached this.
    polls: Cell<Option<Lsn>>,
    /// A partition moved while its fetch could not be satisfied.
    passed_over: Cell<bool>,
    /// Partitions that moved since the connection looked last.
    touched: RefCell<Vec<LocalId>>,
}

impl Signal {
    /// Remembers whom to wake.
    pub(crate) fn watch(&self, waker: &Waker) {
        let mut slot = self.waker.borrow_mut();
        match slot.as_mut() {
            Some(held) => held.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// The connection entered the list of acks; `false` if it is on it already.
    pub(crate) fn await_ack(&self) -> bool {
        !self.awaits_ack.replace(true)
    }

    /// The connection's entry in the list of acks was drained.
    pub(crate) fn acked(&self) {
        self.awaits_ack.set(false);
        self.wake();
    }

    /// Whether a fetch waits, and how far the ring must get for it; while none does, moved partitions
    /// are noted but wake nobody.
    pub(crate) fn poll(&self, waits: Option<Lsn>) {
        self.polls.set(waits);
    }

    /// Whether a fetch waits that a ring filled up to `reached` cannot satisfy, so that it is not told of
    /// a partition that moved. The next look is told that there was one.
    pub(crate) fn passes_over(&self, reached: Lsn) -> bool {
        let patient = self.polls.get().is_some_and(|from| from > reached);
        self.passed_over.set(self.passed_over.get() || patient);
        patient
    }

    /// Whether a partition moved of which this connection was not told.
    pub(crate) fn take_passed_over(&self) -> bool {
        self.passed_over.take()
    }

    /// A partition this connection registered for has moved.
    pub(crate) fn touch(&self, partition: LocalId) {
        self.touched.borrow_mut().push(partition);
        if self.polls.get().is_some() {
            self.wake();
        }
    }

    /// Hands the moved partitions to `look` and forgets them.
    pub(crate) fn take_touched(&self, look: impl FnMut(LocalId)) {
        self.touched.borrow_mut().drain(..).for_each(look);
    }
}

#[cfg(test)]
mod tests;
