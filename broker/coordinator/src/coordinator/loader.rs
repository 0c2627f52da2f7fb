//! Loads shards, one after the other, on a thread that may block.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use broker_env::threads;
use parking_lot::Mutex;

use super::{Inner, Phase, Slot};
use crate::machine::{Machine, Origin};
use crate::routing::ShardIndex;
use crate::shard::{Shard, Step};

/// Makes a slot for every shard of the topic, if it exists, and begins to load them.
pub(super) fn open<M: Machine>(inner: &Arc<Inner<M>>) {
    let shards = inner.parts.log.shards();
    if shards == 0 {
        return;
    }
    let slots: Vec<_> = (0..shards)
        .map(|index| {
            Arc::new(Slot {
                index: ShardIndex(index),
                phase: Mutex::new(Phase::Loading),
                deadline: AtomicU64::new(u64::MAX),
            })
        })
        .collect();
    inner.slots.store(Arc::new(slots.clone()));
    inner.metrics.shards_loading.set(f64::from(shards));
    let inner = Arc::clone(inner);
    let load = move || {
        for slot in slots {
            inner.load(&slot);
            inner.metrics.shards_loading.decrement(1);
        }
    };
    if let Err(error) = threads::spawn("load-groups", load) {
        panic!("no thread can be started to load a coordinator: {error}");
    }
}

impl<M: Machine> Inner<M> {
    fn load(&self, slot: &Slot<M>) {
        let began = self.parts.clock.now();
        let image = Arc::clone(&self.image.lock());
        let mut machine = (self.parts.make)(slot.index, &image);
        let loaded = self.parts.log.load(slot.index, &mut |record, appended| {
            machine.replay(Origin::Load, record, appended)
        });
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(
                    topic = self.parts.topic,
                    partition = slot.index.0,
                    %error,
                    "a coordinator's partition cannot be loaded; its groups are refused"
                );
                self.metrics.load_errors.increment(1);
                *slot.phase.lock() = Phase::Failed;
                return;
            }
        };
        self.activate(slot, Box::new(Shard::new(slot.index, machine, loaded)));
        let nanos = self.parts.clock.now().nanos_since(began);
        #[expect(clippy::cast_precision_loss, reason = "a duration for people")]
        self.metrics.load_seconds.record(nanos as f64 / 1e9);
    }

    /// Opens a loaded shard to requests, unless it was stopped meanwhile. The machine starts from
    /// the newest image under the slot's lock: a change that comes later finds the shard active.
    fn activate(&self, slot: &Slot<M>, mut shard: Box<Shard<M>>) {
        let mut ready = Vec::new();
        {
            let mut phase = slot.phase.lock();
            if !matches!(*phase, Phase::Loading) {
                return;
            }
            let image = Arc::clone(&self.image.lock());
            let now = self.now();
            let mut step = Step { log: &*self.parts.log, now, ready: &mut ready };
            shard.decide(&mut step, |machine, out| machine.loaded(now, &image, out));
            self.note_deadline(slot, shard.next_deadline());
            *phase = Phase::Active(shard);
        }
        self.replies.add(ready, self.parts.log.durable());
        self.work.notify_one();
    }
}
