//! The shell: shards behind locks, one task that keeps them, one that minds their deadlines, and a
//! thread that loads them.
//!
//! A call takes its shard's lock, has the machine decide, and waits for the reply without holding
//! anything. No lock is held across an await, and no shard's lock while another one is taken.

mod keeper;
mod loader;
mod timer;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use broker_env::Clock;
use broker_metadata::{Delta, Image};
use parking_lot::Mutex;
use protocol_types::Instant;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::error::CoordinatorError;
use crate::log::CoordinatorLog;
use crate::machine::{Machine, Now};
use crate::metrics::CoordinatorMetrics;
use crate::replies::Replies;
use crate::routing::{ShardIndex, shard_of};
use crate::shard::{Shard, Step};

/// Makes the machine of a shard, about to load.
pub type MakeMachine<M> = Box<dyn Fn(ShardIndex, &Arc<Image>) -> M + Send + Sync>;

/// What a coordinator is made of.
pub struct Parts<M: Machine> {
    /// The topic its records are kept in.
    pub topic: &'static str,
    pub log: Arc<dyn CoordinatorLog>,
    pub clock: Arc<dyn Clock>,
    pub make: MakeMachine<M>,
}

impl<M: Machine> fmt::Debug for Parts<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// See the module documentation. A handle; clones share the coordinator.
pub struct Coordinator<M: Machine> {
    inner: Arc<Inner<M>>,
}

pub(crate) struct Inner<M: Machine> {
    parts: Parts<M>,
    metrics: CoordinatorMetrics,
    /// The newest image; a shard that finishes loading starts from it.
    image: Mutex<Arc<Image>>,
    slots: ArcSwap<Vec<Arc<Slot<M>>>>,
    replies: Replies<M::Reply>,
    /// There is work for the keeper.
    work: Notify,
    /// A deadline came closer.
    sooner: Notify,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// One shard and what is known of it without its lock.
struct Slot<M: Machine> {
    index: ShardIndex,
    phase: Mutex<Phase<M>>,
    /// When its machine wants to be called, or its load to be tried again; the largest number for
    /// never.
    deadline: AtomicU64,
    /// How often its log could not be read.
    failures: AtomicU32,
}

enum Phase<M: Machine> {
    Loading,
    Active(Box<Shard<M>>),
    /// It could not be loaded.
    Failed,
    /// The broker stops, or the topic is gone.
    Stopped,
}

impl<M: Machine> Clone for Coordinator<M> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<M: Machine> fmt::Debug for Coordinator<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coordinator")
            .field("topic", &self.inner.parts.topic)
            .finish_non_exhaustive()
    }
}

impl<M: Machine> Coordinator<M> {
    /// A coordinator that follows on `image`. Its tasks run on the current runtime; if its topic
    /// exists, its shards begin to load.
    #[must_use]
    pub fn start(parts: Parts<M>, image: Arc<Image>) -> Self {
        let inner = Arc::new(Inner {
            metrics: CoordinatorMetrics::register(parts.topic),
            parts,
            image: Mutex::new(image),
            slots: ArcSwap::default(),
            replies: Replies::default(),
            work: Notify::new(),
            sooner: Notify::new(),
            tasks: Mutex::default(),
        });
        *inner.tasks.lock() = vec![
            tokio::spawn(keeper::run(Arc::clone(&inner))),
            tokio::spawn(timer::run(Arc::clone(&inner))),
        ];
        loader::open(&inner);
        Self { inner }
    }

    /// Shards there are; 0 while the topic does not exist.
    #[must_use]
    pub fn shards(&self) -> u32 {
        u32::try_from(self.inner.slots.load().len()).unwrap_or(u32::MAX)
    }

    /// The shard that answers for `id`.
    #[must_use]
    pub fn shard_of(&self, id: &str) -> Option<ShardIndex> {
        Some(self.shards()).filter(|shards| *shards > 0).map(|shards| shard_of(id, shards))
    }

    /// Asks the shard that answers for `id`.
    ///
    /// # Errors
    /// When it cannot answer now, or not here.
    pub async fn call_for(
        &self,
        id: &str,
        request: M::Request,
    ) -> Result<M::Reply, CoordinatorError> {
        let shard = self.shard_of(id).ok_or(CoordinatorError::NotAvailable)?;
        self.call(shard, request).await
    }

    /// Asks a shard. The reply is given once everything that was decided before it is durable.
    ///
    /// # Errors
    /// When it cannot answer now, or not here.
    pub async fn call(
        &self,
        shard: ShardIndex,
        request: M::Request,
    ) -> Result<M::Reply, CoordinatorError> {
        let slot = self.inner.slots.load().get(shard.0 as usize).cloned();
        let slot = slot.ok_or(CoordinatorError::NotAvailable)?;
        let (caller, reply) = oneshot::channel();
        self.inner.step(&slot, |shard, step| shard.request(request, caller, step))?;
        reply.await.unwrap_or(Err(CoordinatorError::NotCoordinator))
    }

    /// Takes in the next image. Called in the order of the images; must not be called by a machine.
    pub fn image_changed(&self, image: &Arc<Image>, delta: &Delta) {
        *self.inner.image.lock() = Arc::clone(image);
        let is_ours = |name: &str| name == self.inner.parts.topic;
        if delta.deleted.iter().any(|topic| is_ours(&topic.name)) {
            self.inner.close();
            self.inner.slots.store(Arc::default());
        }
        for slot in self.inner.slots.load().iter() {
            // A shard that loads starts from the newest image; it may see this change twice.
            let _ = self.inner.step(slot, |shard, step| {
                let now = step.now;
                shard.decide(step, |machine, out| machine.image_changed(now, image, delta, out));
            });
        }
        if delta.created.iter().any(|topic| is_ours(&topic.name)) {
            loader::open_new(&self.inner);
        }
    }

    /// Looks at the machines of all shards that are loaded, one after the other; for metrics.
    pub fn visit(&self, mut visit: impl FnMut(ShardIndex, &M)) {
        for slot in self.inner.slots.load().iter() {
            if let Phase::Active(shard) = &*slot.phase.lock() {
                visit(slot.index, shard.machine());
            }
        }
    }

    /// Refuses what waits for a decision and everything from here on. Replies that were decided are
    /// given as their records become durable.
    pub fn stop(&self) {
        self.inner.close();
    }

    /// Ends the tasks; after the log was shut down.
    pub fn end(&self) {
        self.inner.tasks.lock().drain(..).for_each(|task| task.abort());
    }
}

impl<M: Machine> Inner<M> {
    fn now(&self) -> Now {
        Now { instant: self.parts.clock.now(), wall: self.parts.clock.wall() }
    }

    /// Does something with an active shard, and sees to what follows.
    fn step<T>(
        &self,
        slot: &Slot<M>,
        act: impl FnOnce(&mut Shard<M>, &mut Step<'_, M::Reply>) -> T,
    ) -> Result<T, CoordinatorError> {
        let mut ready = Vec::new();
        let log = &*self.parts.log;
        let (done, attention) = {
            let mut phase = slot.phase.lock();
            let shard = match &mut *phase {
                Phase::Active(shard) => shard,
                Phase::Loading => return Err(CoordinatorError::Loading),
                Phase::Failed => return Err(CoordinatorError::Unreadable),
                Phase::Stopped => return Err(CoordinatorError::NotCoordinator),
            };
            // Read under the lock: decisions of a shard never see time go back.
            let mut step = Step { log, now: self.now(), ready: &mut ready };
            let done = act(shard, &mut step);
            self.note_deadline(slot, shard.next_deadline());
            (done, shard.is_starved() || shard.wants_reappend())
        };
        let refused = |ready: &crate::shard::Ready<_>| {
            matches!(ready.reply, Err(CoordinatorError::NotAvailable))
        };
        self.metrics.refused.increment(ready.iter().filter(|ready| refused(ready)).count() as u64);
        if self.replies.add(ready, log.durable()) || attention {
            self.work.notify_one();
        }
        Ok(done)
    }

    fn note_deadline(&self, slot: &Slot<M>, next: Option<Instant>) {
        let next = next.map_or(u64::MAX, |at| at.0);
        let before = slot.deadline.swap(next, Ordering::Relaxed);
        if next < before {
            self.sooner.notify_one();
        }
    }

    /// Ends all shards.
    fn close(&self) {
        for slot in self.slots.load().iter() {
            let ended = std::mem::replace(&mut *slot.phase.lock(), Phase::Stopped);
            slot.deadline.store(u64::MAX, Ordering::Relaxed);
            if let Phase::Active(shard) = ended {
                let mut ready = Vec::new();
                shard.close(&mut ready);
                self.replies.add(ready, self.parts.log.durable());
            }
        }
    }
}

#[cfg(test)]
mod tests;
