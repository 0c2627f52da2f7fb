//! The sealer: one thread that moves data from the ring into sealed files and drops what is dead.
//!
//! It alone owns the checkpoint and the count of live segments per file. The order is always the
//! same: file durable, readers switched over, checkpoint durable, ring trimmed, dead bytes
//! reclaimed; a crash between any two leaves data in two places, never in none.

use std::sync::{Arc, atomic::AtomicI64};
use std::time::Duration;

use broker_env::HashMap;
use broker_env::threads::{self, JoinHandle};
use broker_log::checkpoint::{CheckpointError, CheckpointStore, Delta, PartitionChange};
use broker_log::sealed::{SealError, Spares, WriteLanes};
use broker_log::{Dropped, FileId, PAGING_DUE, PageRest, SegmentRef, seal};
use broker_wal::Wal;
use parking_lot::Mutex;
use protocol_types::{Instant, LocalId, Lsn};

use super::{FileUse, Graves, RingReader, SealerWake};
use crate::Storage;
use crate::hosted::Hosted;
use crate::metrics::PartitionMetrics;
use crate::open::OpenError;
use crate::partition::{Partition, State};
use crate::read::LoadError;

/// How often the sealer looks at ages when nothing else wakes it.
const TICK: Duration = Duration::from_secs(1);

/// Periodic work, from the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Upkeep {
    /// `log.retention.check.interval.ms`
    pub retention_check: Duration,
    /// `segments.spare.ms`
    pub spare: Duration,
    /// `producer.id.expiration.ms`
    pub producer_expiry_ms: Arc<AtomicI64>,
}

/// Why a round failed. Nothing is lost: the data stays where it was and the next round retries.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("start a thread that finishes a sealed file: {0}")]
    Thread(std::io::Error),
    #[error(transparent)]
    Orphans(OpenError),
    #[error("remove a dead file: {0}")]
    Spares(std::io::Error),
    #[error("reclaim space of file {file}: {source}")]
    Reclaim { file: FileId, source: std::io::Error },
}

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Sealer {
    pub storage: Arc<Storage>,
    pub hosted: Arc<Hosted>,
    pub wake: Arc<SealerWake>,
    pub graves: Arc<Mutex<Graves>>,
    pub store: CheckpointStore,
    pub files: FileUse,
    /// Pages whose live segments are not in `files` yet: counted before the first round.
    pub uncounted: Vec<PageRest>,
    pub next_file: u64,
    /// Everything below it is sealed: the checkpoint covers the ring up to here.
    pub covered: Lsn,
    pub upkeep: Upkeep,
    pub ring: RingReader,
    pub lanes: WriteLanes,
    pub spares: Spares,
    pub metrics: PartitionMetrics,
}

/// How others reach the sealer.
#[derive(Debug)]
pub(crate) struct SealerHandle {
    wake: Arc<SealerWake>,
    graves: Arc<Mutex<Graves>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SealerHandle {
    /// Starts the thread.
    pub(crate) fn start(sealer: Sealer) -> std::io::Result<Self> {
        let (wake, graves) = (Arc::clone(&sealer.wake), Arc::clone(&sealer.graves));
        let thread = threads::spawn("seal", move || sealer.run())?;
        wake.sleeper(thread.thread().clone());
        Ok(Self { wake, graves, thread: Mutex::new(Some(thread)) })
    }

    /// Drops segments that a log start has passed. Called under the lock of their partition: whoever
    /// sees its new log start finds them here.
    pub(crate) fn bury(&self, dropped: Dropped) {
        self.graves.lock().dropped.merge(dropped);
        self.wake.wake();
    }

    /// Drops a partition of a deleted topic.
    pub(crate) fn bury_partition(&self, local: LocalId, dropped: Dropped) {
        self.graves.lock().merge(Graves { dropped, partitions: vec![local] });
        self.wake.wake();
    }

    /// Makes the sealer look at every partition's retention now.
    pub(crate) fn look(&self) {
        self.wake.wake();
    }

    /// Ends the thread after the round it is in.
    pub(crate) fn stop(&self) {
        self.wake.stop();
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the sealer panicked");
        }
    }
}

impl Sealer {
    fn run(mut self) {
        if let Err(error) = self.count_pages() {
            tracing::error!(%error, "cannot remove sealed files without use");
        }
        let mut retained = self.storage.clock.now();
        while !self.wake.is_stopped() {
            if !self.turn(&mut retained) {
                threads::park_timeout(TICK);
            }
        }
    }

    /// A round, and what wakes the next one. Says whether that one is due already.
    fn turn(&mut self, retained: &mut Instant) -> bool {
        if let Err(error) = self.round(retained) {
            self.metrics.seal_errors.increment(1);
            tracing::error!(%error, "sealing or dropping data failed; trying again");
            // The next tick tries again: if groups did, a full disk would be tried at their rate.
            self.wake.due_at(Lsn(u64::MAX));
            return false;
        }
        self.set_due();
        // What became due during the round may be durable already: then no group comes that would
        // tell, least of all if the ring is full by now.
        self.span_due().is_some()
    }

    /// One look at everything there may be to do. A step that fails does not keep the others from
    /// being done: where a full disk takes no sealed file, dropping data is what makes room. Yields
    /// the first failure.
    fn round(&mut self, retained: &mut Instant) -> Result<(), WorkError> {
        let sealed = self.seal_spans();
        if self.wake.is_stopped() {
            return sealed;
        }
        let now = self.storage.clock.now();
        let since = Duration::from_nanos(now.nanos_since(*retained));
        if since >= self.upkeep.retention_check {
            *retained = now;
            self.retain();
        }
        let early = self.seal_early();
        let dropped = self.drop_dead();
        let released = self.release_spares();
        self.metrics.not_read_ahead.absolute(self.storage.files.not_read_ahead());
        sealed.and(early).and(dropped).and(released)
    }

    fn seal_spans(&mut self) -> Result<(), WorkError> {
        while let Some(upto) = self.span_due() {
            self.seal_span(upto)?;
            if self.wake.is_stopped() {
                break;
            }
        }
        Ok(())
    }

    /// Makes durable what has died, and reclaims it.
    fn drop_dead(&mut self) -> Result<(), WorkError> {
        if self.graves.lock().is_empty() {
            return Ok(());
        }
        self.commit(Vec::new(), self.covered)
    }

    pub(super) fn span_due(&self) -> Option<Lsn> {
        let wal = &self.storage.wal;
        seal::span_due(self.covered, wal.durable(), wal.head(), wal.capacity())
    }

    /// The ring must be half full, counted from what is sealed, before the next span is due.
    fn set_due(&self) {
        self.wake.due_at(Lsn(self.covered.0 + self.storage.wal.capacity() / 2));
    }

    /// Makes durable that `changed` is sealed and that the ring is covered up to `covered`; then
    /// gives back ring and dead bytes.
    pub(super) fn commit(
        &mut self,
        mut changed: Vec<PartitionChange>,
        covered: Lsn,
    ) -> Result<(), WorkError> {
        self.settle();
        let mut dead = std::mem::take(&mut *self.graves.lock());
        self.list_dead(&mut dead.dropped);
        let paging_due = self.add_log_starts(&mut changed);
        let next_file = self.next_file;
        let removed = dead.partitions.clone();
        let delta = Delta { covered, next_file, changed, removed };
        if let Err(error) = self.checkpoint(&delta, paging_due) {
            // Log starts are marked as told, and readers may have been switched over: only a base is
            // sure to say all of it.
            self.store.require_base();
            self.graves.lock().merge(dead);
            return Err(error.into());
        }
        self.covered = covered;
        self.storage.wal.advance_trim(covered);
        self.reclaim(dead.dropped.segments)
    }

    /// Puts the log starts that rose since the last checkpoint into `changed`. Says whether some
    /// partition has so many segments that it is time to page.
    fn add_log_starts(&self, changed: &mut Vec<PartitionChange>) -> bool {
        let known: HashMap<LocalId, usize> =
            changed.iter().enumerate().map(|(at, change)| (change.local_id, at)).collect();
        let wal = &self.storage.wal;
        let mut paging_due = false;
        for partition in self.hosted.all() {
            let mut state = partition.lock();
            paging_due |= state.log.segments().resident().len() >= PAGING_DUE;
            if !state.hosted || !state.log_start_moved {
                continue;
            }
            let sealed = known.get(&partition.local_id()).and_then(|at| changed.get_mut(*at));
            match sealed {
                // It rose again after readers were switched over.
                Some(change) => {
                    change.log_start = state.durable_log_start(&partition, wal);
                }
                None => changed.push(change(&partition, &mut state, wal, Vec::new())),
            }
        }
        paging_due
    }

    /// Adds to the checkpoint, or rewrites it when what was added has outgrown it.
    fn checkpoint(&mut self, delta: &Delta, paging_due: bool) -> Result<(), CheckpointError> {
        if !self.store.base_due() && !paging_due {
            return self.store.append_delta(delta);
        }
        let (partitions, wal) = (self.hosted.all(), &self.storage.wal);
        let all = partitions.iter().filter_map(|partition| {
            let mut state = partition.lock();
            if !state.hosted {
                return None;
            }
            let segments = state.log.segments();
            let pages = segments.pages().copied().collect();
            let resident: Vec<SegmentRef> = segments.resident().copied().collect();
            Some(PartitionChange { pages, ..change(partition, &mut state, wal, resident) })
        });
        let paged = self.store.write_base(delta.covered, FileId(delta.next_file), all)?;
        self.adopt(paged);
        // What died while the base was written may stand in pages that it does not name.
        let mut dead = std::mem::take(&mut self.graves.lock().dropped);
        self.list_dead(&mut dead);
        self.graves.lock().dropped.merge(dead);
        self.store.remove_unnamed_pages();
        Ok(())
    }
}

/// What a checkpoint says of a partition as it is now; `added` are the segments it does not know.
pub(super) fn change(
    partition: &Partition,
    state: &mut State,
    wal: &Wal,
    added: Vec<SegmentRef>,
) -> PartitionChange {
    let sealed_end = state.log.sealed_end();
    PartitionChange {
        local_id: partition.local_id(),
        partition: partition.id(),
        log_start: state.durable_log_start(partition, wal),
        sealed_end,
        pages: Vec::new(),
        added,
        epochs: state.epochs_below(sealed_end),
        producers: state.sealed_producers.snapshot(),
    }
}

#[cfg(test)]
mod tests;
