//! The connections of a shard whose front answer waits for a watermark.
//!
//! One entry per connection, however many of its answers wait: it is drained when the watermark has
//! passed its front, wakes the connection once, and the connection enters again for what is left.

use broker_partitions::{Ack, Partitions};
use protocol_types::{FlushPolicy, Lsn};

/// The watermarks an answer waits for: one per flush policy of the partitions it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acks {
    durable: Lsn,
    published: Lsn,
}

impl Acks {
    pub(crate) fn add(&mut self, ack: Ack) {
        let mark = match ack.policy {
            FlushPolicy::Fsync => &mut self.durable,
            FlushPolicy::Async => &mut self.published,
        };
        *mark = ack.lsn.max(*mark);
    }

    pub(crate) fn reached(&self, partitions: &Partitions) -> bool {
        partitions.is_acked(Ack { lsn: self.durable, policy: FlushPolicy::Fsync })
            && partitions.is_acked(Ack { lsn: self.published, policy: FlushPolicy::Async })
    }
}

/// Entries of (what is waited for, who waits).
#[derive(Debug)]
pub(crate) struct AckList<A, W> {
    waiting: Vec<(A, W)>,
}

impl<A, W> Default for AckList<A, W> {
    fn default() -> Self {
        Self { waiting: Vec::new() }
    }
}

impl<A, W> AckList<A, W> {
    pub(crate) fn push(&mut self, ack: A, waiter: W) {
        self.waiting.push((ack, waiter));
    }

    /// Removes the entries that `acked` accepts and hands their waiters to `wake`, oldest first.
    pub(crate) fn drain(&mut self, mut acked: impl FnMut(&A) -> bool, wake: impl FnMut(W)) {
        self.waiting.extract_if(.., |(ack, _)| acked(ack)).map(|(_, waiter)| waiter).for_each(wake);
    }

    /// Whether an entry is one that `acked` accepts.
    pub(crate) fn any(&self, mut acked: impl FnMut(&A) -> bool) -> bool {
        self.waiting.iter().any(|(ack, _)| acked(ack))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests;
