//! Replies that wait for the disk, of all shards, in the order of their positions.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use protocol_types::Lsn;

use crate::shard::Ready;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Replies<R> {
    waiting: Mutex<BTreeMap<Lsn, Vec<Ready<R>>>>,
}

impl<R> Default for Replies<R> {
    fn default() -> Self {
        Self { waiting: Mutex::new(BTreeMap::new()) }
    }
}

impl<R> Replies<R> {
    /// Gives the replies that need nothing more than `durable`, keeps the others. Answers whether
    /// any was kept.
    pub(crate) fn add(&self, ready: Vec<Ready<R>>, durable: Lsn) -> bool {
        let mut kept = false;
        let mut waiting = None;
        for ready in ready {
            if ready.after <= durable {
                give(ready);
            } else {
                let waiting = waiting.get_or_insert_with(|| self.waiting.lock());
                waiting.entry(ready.after).or_default().push(ready);
                kept = true;
            }
        }
        kept
    }

    /// Gives what `durable` has reached.
    pub(crate) fn release(&self, durable: Lsn) {
        loop {
            let mut waiting = self.waiting.lock();
            let Some(first) = waiting.first_entry().filter(|first| *first.key() <= durable) else {
                return;
            };
            let replies = first.remove();
            drop(waiting);
            replies.into_iter().for_each(give);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.lock().is_empty()
    }
}

fn give<R>(ready: Ready<R>) {
    // Nobody is there any more whose connection is closed.
    let _ = ready.caller.send(ready.reply);
}
