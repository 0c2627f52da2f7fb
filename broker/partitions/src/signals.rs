//! Wake-ups of the shards: who must look again, and why.
//!
//! A shard waits for two things only: that a watermark of the ring moved while it has answers
//! outstanding, or that the high watermark moved on a partition it has waiting fetches on. Both
//! set facts first and wake once; a shard that is awake already is not woken again. There is never
//! a waker per request.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use protocol_types::LocalId;
use tokio::sync::Notify;

/// Number of a shard, from 0; at most 64 shards, as a partition keeps one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u8);

/// The most shards a broker runs.
pub const SHARDS_MAX: usize = 64;

impl ShardId {
    pub(crate) const fn bit(self) -> u64 {
        1 << self.0
    }
}

/// The wake-ups of every shard.
#[derive(Debug)]
pub struct ShardSignals {
    shards: Box<[Shard]>,
}

#[derive(Debug, Default)]
struct Shard {
    wake: Notify,
    awaits_watermark: AtomicBool,
    touched: Mutex<Vec<LocalId>>,
}

impl ShardSignals {
    /// For `shards` shards, 1 to [`SHARDS_MAX`].
    #[must_use]
    pub fn new(shards: usize) -> Self {
        assert!(shards >= 1, "a broker has at least one shard");
        assert!(shards <= SHARDS_MAX, "a partition has one bit per shard");
        Self { shards: (0..shards).map(|_| Shard::default()).collect() }
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Says that `shard` has answers waiting for a watermark. The caller looks at the watermark
    /// again **after** this call: one that moved in between wakes nobody.
    pub fn await_watermark(&self, shard: ShardId) {
        self.shard(shard).awaits_watermark.store(true, Ordering::SeqCst);
    }

    /// Waits until something this shard asked for has happened. A wake-up that came while nobody
    /// waited is kept. Spurious returns are allowed.
    pub async fn changed(&self, shard: ShardId) {
        self.shard(shard).wake.notified().await;
    }

    /// Moves the partitions whose high watermark moved since the last call into `touched`.
    pub fn take_touched(&self, shard: ShardId, touched: &mut Vec<LocalId>) {
        touched.append(&mut self.shard(shard).touched.lock());
    }

    /// A watermark moved: wakes the shards that wait for one.
    pub(crate) fn watermark_moved(&self) {
        for shard in &self.shards {
            if shard.awaits_watermark.load(Ordering::SeqCst)
                && shard.awaits_watermark.swap(false, Ordering::SeqCst)
            {
                shard.wake.notify_one();
            }
        }
    }

    /// The high watermark of `partition` moved: tells the shards in `bits`, waking each once until
    /// it has looked.
    pub(crate) fn partition_moved(&self, mut bits: u64, partition: LocalId) {
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let Some(shard) = self.shards.get(at) else { continue };
            let mut touched = shard.touched.lock();
            touched.push(partition);
            if touched.len() == 1 {
                shard.wake.notify_one();
            }
        }
    }

    /// Wakes every shard, for shutdown.
    pub fn wake_all(&self) {
        self.shards.iter().for_each(|shard| shard.wake.notify_one());
    }

    fn shard(&self, shard: ShardId) -> &Shard {
        let Some(found) = self.shards.get(usize::from(shard.0)) else {
            panic!("shard {} of {}", shard.0, self.shards.len())
        };
        found
    }
}

#[cfg(test)]
mod tests;
