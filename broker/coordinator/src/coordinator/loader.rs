//! Loads shards, one after the other, on a thread that may block.
//!
//! Shards of a topic that was just created have nothing to load and open at once. A log that cannot
//! be read is tried again by the timer, ever more rarely; a record that is not understood stays so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use broker_env::threads;
use parking_lot::Mutex;

use super::{Inner, Phase, Slot};
use crate::log::{LoadRefusal, Loaded};
use crate::machine::{Machine, Origin};
use crate::routing::ShardIndex;
use crate::shard::{Shard, Step};

/// Time until a log that could not be read is tried again, in milliseconds; it doubles up to the
/// second of the two.
const RETRY_MS: (u64, u64) = (1_000, 60_000);

/// Makes a slot for every shard of the topic, if it exists, and begins to load them.
pub(super) fn open<M: Machine>(inner: &Arc<Inner<M>>) {
    let slots = make_slots(inner);
    if !slots.is_empty() {
        load_all(inner, slots);
    }
}

/// Makes a slot for every shard of the topic that was just created, and opens them.
pub(super) fn open_new<M: Machine>(inner: &Arc<Inner<M>>) {
    for slot in make_slots(inner) {
        let image = Arc::clone(&inner.image.lock());
        let machine = (inner.parts.make)(slot.index, &image);
        inner.activate(&slot, Box::new(Shard::new(slot.index, machine, Loaded::default())));
    }
}

/// Loads shards without waiting for them.
pub(super) fn load_all<M: Machine>(inner: &Arc<Inner<M>>, slots: Vec<Arc<Slot<M>>>) {
    #[expect(clippy::cast_precision_loss, reason = "a number of partitions")]
    inner.metrics.shards_loading.increment(slots.len() as f64);
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

fn make_slots<M: Machine>(inner: &Inner<M>) -> Vec<Arc<Slot<M>>> {
    let slot = |index| Slot {
        index: ShardIndex(index),
        phase: Mutex::new(Phase::Loading),
        deadline: AtomicU64::new(u64::MAX),
        failures: AtomicU32::new(0),
    };
    let slots: Vec<_> = (0..inner.parts.log.shards()).map(slot).map(Arc::new).collect();
    inner.slots.store(Arc::new(slots.clone()));
    slots
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
            Err(error) => return self.fail(slot, &error),
        };
        self.activate(slot, Box::new(Shard::new(slot.index, machine, loaded)));
        let nanos = self.parts.clock.now().nanos_since(began);
        #[expect(clippy::cast_precision_loss, reason = "a duration for people")]
        self.metrics.load_seconds.record(nanos as f64 / 1e9);
    }

    fn fail(&self, slot: &Slot<M>, error: &LoadRefusal) {
        tracing::error!(
            topic = self.parts.topic,
            partition = slot.index.0,
            %error,
            "a coordinator's partition cannot be loaded; its groups are refused"
        );
        self.metrics.load_errors.increment(1);
        let mut phase = slot.phase.lock();
        if !matches!(*phase, Phase::Loading | Phase::Failed) {
            return;
        }
        *phase = Phase::Failed;
        if matches!(error, LoadRefusal::Read(_)) {
            let before = slot.failures.fetch_add(1, Ordering::Relaxed);
            let (first, last) = RETRY_MS;
            let millis = first.saturating_mul(1 << before.min(16)).min(last);
            self.note_deadline(slot, Some(self.now().after_millis(millis)));
        }
    }

    /// Opens a loaded shard to requests, unless it was stopped meanwhile. The machine starts from
    /// the newest image under the slot's lock: a change that comes later finds the shard active.
    fn activate(&self, slot: &Slot<M>, mut shard: Box<Shard<M>>) {
        let mut ready = Vec::new();
        {
            let mut phase = slot.phase.lock();
            if !matches!(*phase, Phase::Loading | Phase::Failed) {
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
