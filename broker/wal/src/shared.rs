//! What appenders, writer, keeper and readers share.
//!
//! Lock order: `ring` and `trims` are leaves, never held together, and never during I/O.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use broker_env::clock::Clock;
use broker_env::ring_memory::RingMemory;
use broker_env::threads::Thread;
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::error::{FullReason, WalError};
use crate::events::WalEvents;
use crate::group_index::{GroupIndex, GroupMark};
use crate::metrics::WalMetrics;
use crate::ring::Ring;
use crate::ring_file::RingFile;
use crate::sector::{Identity, Key};

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
    /// When memory is published up to here, the keeper has more to take. Moved by the keeper alone.
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

/// Threads that wait for the durable end or the frontier to move.
#[derive(Debug, Default)]
struct Waiting {
    threads: Mutex<usize>,
    moved: Condvar,
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
            warm_due: AtomicU64::new(0),
            writer: OnceLock::new(),
            aborted: AtomicBool::new(false),
            keeper: Keeping::default(),
            waiting: Waiting::default(),
            failure: Mutex::new(None),
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn trim(&self) -> u64 {
        self.trim.load(Ordering::Acquire)
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.file.geometry.capacity()
    }

    /// WAL-2: called by the writer, after the sync that covers everything below `to` returned.
    /// WAL-3: `false` if the log died meanwhile; nothing is acknowledged then.
    pub(crate) fn set_durable(&self, to: u64) -> bool {
        let failure = self.failure.lock();
        if failure.is_some() {
            return false;
        }
        let before = self.durable.swap(to, Ordering::AcqRel);
        assert!(before <= to, "the durable end goes back from {before} to {to}");
        drop(failure);
        self.wake_waiting();
        true
    }

    /// WAL-4: called by the keeper, after a superblock with `to` is on disk. A reader of the file
    /// must see the new trim before anything is placed over what it reads.
    pub(crate) fn set_trim(&self, to: u64) {
        self.trim.store(to, Ordering::SeqCst);
        self.ring.lock().raise_trim(to);
        self.trims.lock().index.forget_below(to);
        self.events.trimmed(protocol_types::Lsn(to));
    }

    pub(crate) fn set_frontier(&self, to: u64) {
        self.frontier.store(to, Ordering::Release);
        self.wake_waiting();
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

    pub(crate) fn wake_keeper(&self) {
        *self.keeper.work.lock() = true;
        self.keeper.changed.notify_one();
    }

    /// Blocks until `done`, or until the log is dead or closed.
    pub(crate) fn wait_until(&self, done: impl Fn() -> bool) -> Result<(), WalError> {
        let mut threads = self.waiting.threads.lock();
        *threads += 1;
        let result = loop {
            if done() {
                break Ok(());
            }
            if let Some(error) = self.dead() {
                break Err(error);
            }
            self.waiting.moved.wait(&mut threads);
        };
        *threads -= 1;
        result
    }

    pub(crate) fn wake_waiting(&self) {
        let threads = self.waiting.threads.lock();
        if *threads > 0 {
            self.waiting.moved.notify_all();
        }
    }

    /// Why nothing moves any more.
    pub(crate) fn dead(&self) -> Option<WalError> {
        if let Some(message) = &*self.failure.lock() {
            return Some(WalError::Poisoned(message.clone()));
        }
        self.aborted.load(Ordering::Acquire).then_some(WalError::Closed)
    }

    /// WAL-3: the first error ends the log. Nothing is published or durable after this returns.
    pub(crate) fn poison(&self, error: &io::Error) {
        {
            let mut failure = self.failure.lock();
            if failure.is_some() {
                return;
            }
            *failure = Some(error.to_string());
        }
        self.ring.lock().poison();
        tracing::error!(path = %self.file.path().display(), %error, "ring log failed");
        self.abort();
        self.events.poisoned(error);
    }

    /// Lets the threads end and those that wait for them go.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
        {
            let mut ring = self.ring.lock();
            ring.refuses.get_or_insert(FullReason::Closed);
            ring.writer_is_awake();
        }
        self.unpark_writer();
        self.wake_keeper();
        self.wake_waiting();
    }
}

/// Ends the log if its thread panics: nobody may wait for a thread that is gone.
pub(crate) struct PoisonOnPanic(pub(crate) Arc<Shared>);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison(&io::Error::other("a thread of the ring log panicked"));
        }
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
