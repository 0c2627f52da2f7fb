//! One hosted partition: its log behind its lock, and who waits for it.
//!
//! Lock order, everywhere: partitions by rising local id, then the ring. Nothing blocks, reads or
//! writes a file while it holds a partition's lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use broker_log::{EpochStart, Marks, PartitionLog, ProducerTable};
use broker_wal::Wal;
use config::TopicConfig;
use parking_lot::{Mutex, MutexGuard};
use protocol_types::{FlushPolicy, LeaderEpoch, LocalId, Lsn, Offset, TopicPartition};

use crate::append::Ack;
use crate::signals::ShardId;

/// What is needed to host a partition.
#[derive(Debug)]
pub(crate) struct Hosting {
    pub id: TopicPartition,
    pub local: LocalId,
    pub epoch: LeaderEpoch,
    pub reserved: bool,
    pub config: Arc<ArcSwap<TopicConfig>>,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Partition {
    hosting: Hosting,
    /// One bit per shard that has fetches waiting for the high watermark.
    waiting: AtomicU64,
    state: Mutex<State>,
}

/// What the partition's lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub log: PartitionLog,
    /// Idempotent producers as of the sealed end: the live table is ahead of it.
    pub sealed_producers: ProducerTable,
    /// False once the topic was deleted: nothing may be appended any more.
    pub hosted: bool,
    /// The log start moved since the last checkpoint.
    pub log_start_moved: bool,
    pub written_log_start: WrittenLogStart,
}

/// The highest log start that the ring or the checkpoint at the start has. Retention may have
/// passed it: until the next checkpoint, only this is kept across a crash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrittenLogStart {
    pub offset: Offset,
    /// End of its entry in the ring.
    pub end: Lsn,
}

impl WrittenLogStart {
    /// When it is durable.
    pub(crate) const fn ack(self) -> Ack {
        Ack { lsn: self.end, policy: FlushPolicy::Fsync }
    }
}

impl Partition {
    pub(crate) fn new(hosting: Hosting, log: PartitionLog, sealed: ProducerTable) -> Self {
        let written_log_start = WrittenLogStart { offset: log.log_start(), end: Lsn(0) };
        let state = State {
            log,
            sealed_producers: sealed,
            hosted: true,
            log_start_moved: false,
            written_log_start,
        };
        Self { hosting, waiting: AtomicU64::new(0), state: Mutex::new(state) }
    }

    #[must_use]
    pub const fn id(&self) -> TopicPartition {
        self.hosting.id
    }

    #[must_use]
    pub const fn local_id(&self) -> LocalId {
        self.hosting.local
    }

    /// The epoch this broker leads the partition in: the broker's incarnation, for now.
    #[must_use]
    pub const fn leader_epoch(&self) -> LeaderEpoch {
        self.hosting.epoch
    }

    /// Whether its topic's name is reserved: it is served from the ring's reserve.
    #[must_use]
    pub const fn is_reserved(&self) -> bool {
        self.hosting.reserved
    }

    /// The topic's configuration in force now.
    #[must_use]
    pub fn config(&self) -> Guard<Arc<TopicConfig>> {
        self.hosting.config.load()
    }

    /// Says that `shard` has a fetch waiting here. The caller plans its read again **after** this
    /// call: a high watermark that moved in between signals nobody.
    pub fn await_move(&self, shard: ShardId) {
        self.waiting.fetch_or(shard.bit(), Ordering::SeqCst);
    }

    /// The shards that wait, each told once.
    pub(crate) fn take_waiting(&self) -> u64 {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return 0;
        }
        self.waiting.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The marks now.
    #[must_use]
    pub fn marks(&self, wal: &Wal) -> Marks {
        self.lock().marks(self, wal)
    }
}

impl State {
    /// The marks now; `of` is the partition this is the state of.
    pub(crate) fn marks(&mut self, of: &Partition, wal: &Wal) -> Marks {
        self.log.marks(wal.published(), wal.durable(), of.config().flush_policy)
    }

    /// The log start as far as disk has the log, for a checkpoint that is about to say it. Under
    /// `async` the log start may be ahead: a crash would leave a log that does not reach it. What is
    /// held back stays marked as moved, for the next checkpoint.
    pub(crate) fn durable_log_start(&mut self, of: &Partition, wal: &Wal) -> Offset {
        let durable_end = self.marks(of, wal).durable_end;
        let log_start = self.log.log_start();
        self.log_start_moved = log_start > durable_end;
        log_start.min(durable_end)
    }

    /// The epochs as of `end`: those that began below it.
    pub(crate) fn epochs_below(&self, end: Offset) -> Vec<EpochStart> {
        self.log.epochs().starts().iter().copied().filter(|epoch| epoch.start < end).collect()
    }
}
