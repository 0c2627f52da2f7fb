//! What appenders, writer, keeper and readers share: one value, behind one `Arc`.
//!
//! How its marks move is in `watermarks`, how it ends in `failure`.
//! Lock order: `ring` and `trims` are leaves, never held together, and never during I/O.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use broker_env::clock::Clock;
use broker_env::ring_memory::RingMemory;
use broker_env::threads::Thread;
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::events::WalEvents;
use crate::group_index::{GroupIndex, GroupMark};
use crate::metrics::WalMetrics;
use crate::ring::Ring;
use crate::ring_file::RingFile;
use crate::sector::{Identity, Key};

mod failure;
mod watermarks;

pub(crate) use failure::PoisonOnPanic;
use watermarks::Waiting;

/// Pin slots beside those of the shards: one is the writer's, the others serve copying readers.
pub(crate) const EXTRA_PINS: usize = 8;

pub(crate) struct Shared {
    pub(crate) file: RingFile,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn WalEvents>,
    pub(crate) metrics: WalMetrics,
    pub(crate) identity: Identity,
    pub(crate) key: Key,
    pub(crate) incarnation: u64,
    pub(crate) shards: usize,
    pub(crate) memory: Arc<RingMemory>,
    pub(crate) ring: Mutex<Ring>,
    /// Positions of durable groups, and how far the ring was given up.
    pub(crate) trims: Mutex<Trims>,
    /// Everything below is on stable storage. Moved by the writer alone.
    durable: AtomicU64,
    /// Everything below may be overwritten. Moved by the keeper alone, after disk knows.
    trim: AtomicU64,
    /// Slots below were written once. Moved by the keeper alone, after disk knows.
    pub(crate) frontier: AtomicU64,
    /// When appends come here, the keeper has memory to take ahead of them. Set by the keeper, taken
    /// away by the first appender that tells it.
    pub(crate) warm_due: AtomicU64,
    /// The writer's thread, once it runs.
    pub(crate) writer: OnceLock<Thread>,
    /// Set once: the threads end without finishing what is under way.
    pub(crate) aborted: AtomicBool,
    pub(crate) keeper: Keeping,
    waiting: Waiting,
    /// The first error, once there is one.
    failure: Mutex<Option<String>>,
}

/// See [`Shared::trims`].
#[derive(Debug)]
pub(crate) struct Trims {
    pub(crate) index: GroupIndex,
    /// Where the ring may be trimmed to.
    pub(crate) wanted: GroupMark,
}

/// How the keeper is woken.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    pub(crate) work: Mutex<bool>,
    pub(crate) changed: Condvar,
}

/// What a [`Shared`] begins with.
pub(crate) struct Parts {
    pub(crate) file: RingFile,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn WalEvents>,
    pub(crate) identity: Identity,
    pub(crate) incarnation: u64,
    pub(crate) shards: usize,
    pub(crate) memory: Arc<RingMemory>,
    pub(crate) ring: Ring,
    pub(crate) durable: u64,
    pub(crate) index: GroupIndex,
    pub(crate) trim: GroupMark,
    pub(crate) frontier: u64,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            metrics: WalMetrics::new(parts.file.geometry.capacity()),
            key: Key::of_ring(&parts.identity.uuid),
            file: parts.file,
            clock: parts.clock,
            events: parts.events,
            identity: parts.identity,
            incarnation: parts.incarnation,
            shards: parts.shards,
            memory: parts.memory,
            durable: AtomicU64::new(parts.durable),
            trim: AtomicU64::new(parts.trim.lsn),
            ring: Mutex::new(parts.ring),
            trims: Mutex::new(Trims { index: parts.index, wanted: parts.trim }),
            frontier: AtomicU64::new(parts.frontier),
            warm_due: AtomicU64::new(u64::MAX),
            writer: OnceLock::new(),
            aborted: AtomicBool::new(false),
            keeper: Keeping::default(),
            waiting: Waiting::default(),
            failure: Mutex::new(None),
        }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.file.geometry.capacity()
    }

    /// Wakes the writer after `ring` was changed in a way it must look at; consumes the guard.
    pub(crate) fn wake_writer(&self, mut ring: MutexGuard<'_, Ring>) {
        ring.writer_is_awake();
        drop(ring);
        self.unpark_writer();
    }

    pub(crate) fn unpark_writer(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// Tells the keeper, once, that appends came so far that it has memory to take.
    pub(crate) fn appended(&self, end: u64) {
        // A store that is missed here is seen by the next append.
        let due = self.warm_due.load(Ordering::Relaxed);
        if end >= due
            && self
                .warm_due
                .compare_exchange(due, u64::MAX, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.wake_keeper();
        }
    }

    pub(crate) fn wake_keeper(&self) {
        *self.keeper.work.lock() = true;
        self.keeper.changed.notify_one();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("path", &self.file.path())
            .field("durable", &self.durable)
            .field("trim", &self.trim)
            .finish_non_exhaustive()
    }
}
