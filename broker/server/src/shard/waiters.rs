//! Which connections of a shard have fetches waiting on which partitions.
//!
//! An entry is used up when its partition moves. It stays when the fetch ends otherwise: the next
//! fetch of a consumer that has caught up waits for the same partitions again, for nothing.

use std::rc::Rc;

use broker_env::HashMap;
use protocol_types::LocalId;

use super::signal::Signal;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct FetchWaiters {
    by_partition: HashMap<LocalId, Vec<Rc<Signal>>>,
}

impl FetchWaiters {
    /// A connection enters a partition at most once until it has moved.
    pub(crate) fn insert(&mut self, partition: LocalId, signal: &Rc<Signal>) {
        self.by_partition.entry(partition).or_default().push(Rc::clone(signal));
    }

    pub(crate) fn remove(&mut self, partition: LocalId, signal: &Rc<Signal>) {
        let Some(signals) = self.by_partition.get_mut(&partition) else { return };
        signals.retain(|other| !Rc::ptr_eq(other, signal));
        if signals.is_empty() {
            self.by_partition.remove(&partition);
        }
    }

    /// Tells those that wait on `partition`.
    pub(crate) fn moved(&mut self, partition: LocalId) {
        for signal in self.by_partition.remove(&partition).unwrap_or_default() {
            signal.touch(partition);
        }
    }
}

#[cfg(test)]
mod tests;
