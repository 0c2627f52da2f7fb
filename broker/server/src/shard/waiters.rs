//! Which connections of a shard have fetches waiting on which partitions.
//!
//! An entry is used up when its partition moves. It stays when the fetch ends otherwise: the next
//! fetch of a consumer that has caught up waits for the same partitions again, for nothing. It stays
//! as well while the ring has not taken in as many bytes as the fetch lacks: fifty consumers that want
//! 128 KiB each are not to look at every batch of 16.

use std::rc::Rc;

use broker_env::HashMap;
use protocol_types::{LocalId, Lsn};

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

    /// Tells those that wait on `partition` and that a ring filled up to `reached` may satisfy. Says whether
    /// others are left.
    pub(crate) fn moved(&mut self, partition: LocalId, reached: Lsn) -> bool {
        let Some(signals) = self.by_partition.get_mut(&partition) else { return false };
        for signal in signals.extract_if(.., |signal| !signal.passes_over(reached)) {
            signal.touch(partition);
        }
        if !signals.is_empty() {
            return true;
        }
        self.by_partition.remove(&partition);
        false
    }
}

#[cfg(test)]
mod tests;
