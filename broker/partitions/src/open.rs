//! Opens the data directory: checkpoint, ring, partitions, workers.

use std::path::PathBuf;
use std::sync::{Arc, atomic::AtomicI64};
use std::time::Duration;

use broker_env::Clock;
use broker_env::disk::Disk;
use broker_log::PageRest;
use broker_log::checkpoint::{CheckpointError, CheckpointStore, Delta, PageCache};
use broker_log::sealed::{self, CacheLimits, FileCache, Spares, WriteLanes};
use broker_metadata::Image;
use broker_wal::{RecoveryReport, Wal, WalConfig, WalEvents};
use parking_lot::Mutex;
use protocol_types::{BrokerId, LocalId, Lsn};

use crate::apply::host;
use crate::events::{OnPoison, RingEvents};
use crate::metrics::PartitionMetrics;
use crate::observers::ObserverFactory;
use crate::recovery::Recovery;
use crate::workers::{
    FileUse, Graves, Readers, RingReader, Sealer, SealerHandle, Upkeep, remove_orphans,
};
use crate::{Partitions, Storage};

/// Threads that read files for the shards.
const READERS: usize = 2;
/// Reads that may wait for them.
const READS_WAITING_MAX: usize = 256;
/// What the file cache may hold, but for indexes.
const CACHE: CacheLimits = CacheLimits {
    files: 256,
    index_bytes: 16 << 20,
    buffer_bytes: 24 << 20,
    ahead_bytes: 16 << 20,
};
/// Indexes may take this part of the ring's size, or what [`CACHE`] says if that is more. The map of
/// a span that holds one partition in batches of 1 KiB takes the 256th.
const INDEX_PART: u64 = 16;

/// Bytes of pages of older segments that are kept in memory.
const PAGE_BYTES_MAX: u64 = 2 << 20;

/// What to open, and how.
pub struct Options {
    pub disk: Arc<dyn Disk>,
    pub clock: Arc<dyn Clock>,
    /// The broker's data directory; the ring is at `wal.dir` within it.
    pub data_dir: PathBuf,
    pub wal: WalConfig,
    /// This start's incarnation: the leader epoch of every partition.
    pub incarnation: u32,
    /// `log.retention.check.interval.ms`
    pub retention_check: Duration,
    /// `segments.spare.ms`
    pub spare: Duration,
    /// Who looks at the records of every file that is sealed.
    pub observers: ObserverFactory,
    pub on_poison: OnPoison,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

/// Why the data directory could not be opened. Nothing in it was changed that a later start needs.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Ring(#[from] broker_wal::OpenError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the checkpoint and the metadata log do not belong together: {0}")]
    Contradiction(Box<dyn std::error::Error + Send + Sync>),
    #[error("{what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
}

impl Partitions {
    /// Opens the partitions of `image`: loads the checkpoint, recovers the ring, removes files of
    /// seals that never finished, starts the workers.
    ///
    /// # Errors
    /// When the directory cannot be used; the message says what to do.
    pub fn open(image: &Image, options: Options) -> Result<(Arc<Self>, RecoveryReport), OpenError> {
        let Options { disk, clock, data_dir, wal: wal_config, incarnation, .. } = options;
        let segments_dir = data_dir.join("segments");
        let checkpoint_dir = data_dir.join("checkpoint");
        for dir in [&segments_dir, &checkpoint_dir] {
            let made = disk.create_dir_all(dir);
            made.map_err(|source| OpenError::Io { what: "create", path: dir.clone(), source })?;
        }
        let (mut store, checkpoint) = CheckpointStore::open(Arc::clone(&disk), &checkpoint_dir)?;
        let (covered, next_file) = (checkpoint.covered, checkpoint.next_file);
        let contradiction = |error| OpenError::Contradiction(Box::new(error));
        let mut recovery =
            Recovery::start(image, checkpoint, clock.wall()).map_err(contradiction)?;

        let shards = wal_config.shards;
        let events = Arc::new(RingEvents::new(shards, options.on_poison));
        let node = wal_config.node;
        // The sealer pins what it copies, as the shards do.
        let wal_config = WalConfig { shards: shards + 1, ..wal_config };
        let mut start = None;
        let (wal, report) = Wal::open(
            Arc::clone(&disk),
            Arc::clone(&clock),
            wal_config,
            covered,
            u64::from(incarnation),
            Arc::clone(&events) as Arc<dyn WalEvents>,
            &mut |entry| {
                start.get_or_insert(entry.end);
                recovery.replay(&entry)
            },
        )?;
        // Until a span is sealed, only this tells a ring that went missing from a first start.
        let covered = match covered {
            Lsn(0) => cover_start(&mut store, start.unwrap_or_else(|| wal.durable()), next_file)?,
            covered => covered,
        };
        recovery.finish(report.head).map_err(contradiction)?;
        let index_bytes = CACHE.index_bytes.max(wal.capacity() / INDEX_PART);
        let cache = CacheLimits { index_bytes, ..CACHE };
        let storage = Arc::new(Storage {
            wal,
            files: FileCache::new(Arc::clone(&disk), segments_dir.clone(), cache),
            pages: PageCache::new(Arc::clone(&disk), checkpoint_dir, PAGE_BYTES_MAX),
            disk,
            clock,
            segments_dir,
            cluster: node.cluster,
            broker: BrokerId(node.broker),
            observers: options.observers,
        });
        let upkeep = Upkeep {
            retention_check: options.retention_check,
            spare: options.spare,
            producer_expiry_ms: Arc::new(AtomicI64::new(producer_expiry_ms(image))),
        };
        let base = Base { store, covered, next_file, upkeep, pin: shards };
        let partitions = assemble(image, &storage, &events, recovery, base)?;
        Ok((Arc::new(partitions), report))
    }
}

/// Makes durable that the ring was begun. Its first entry, the START of the first boot, ends at or
/// below `start` and holds nothing to seal.
fn cover_start(
    store: &mut CheckpointStore,
    start: Lsn,
    next_file: u64,
) -> Result<Lsn, CheckpointError> {
    let (changed, removed) = (Vec::new(), Vec::new());
    store.append_delta(&Delta { covered: start, next_file, changed, removed })?;
    Ok(start)
}

/// `producer.id.expiration.ms` as `image` has it.
pub(crate) fn producer_expiry_ms(image: &Image) -> i64 {
    image.layers().number("producer.id.expiration.ms").map_or(i64::MAX, i64::from)
}

/// Where the sealer starts from.
struct Base {
    store: CheckpointStore,
    covered: Lsn,
    next_file: u64,
    upkeep: Upkeep,
    pin: usize,
}

/// Hosts what was recovered and starts the workers.
fn assemble(
    image: &Image,
    storage: &Arc<Storage>,
    events: &Arc<RingEvents>,
    mut recovery: Recovery,
    base: Base,
) -> Result<Partitions, OpenError> {
    let graves = Graves {
        dropped: std::mem::take(&mut recovery.dead),
        partitions: std::mem::take(&mut recovery.gone),
    };
    let mut files = FileUse::default();
    let dead = &graves.dropped;
    recovery.segments().chain(&dead.segments).for_each(|segment| files.live(segment.file));
    let uncounted: Vec<PageRest> = recovery.pages().chain(dead.pages.iter().copied()).collect();
    let next_file = next_file(storage, base.next_file)?;
    sealed::remove_spares(&*storage.disk, &storage.segments_dir).map_err(|source| {
        let path = storage.segments_dir.clone();
        OpenError::Io { what: "remove dead files of", path, source }
    })?;
    if uncounted.is_empty() {
        remove_orphans(storage, &files, next_file)?;
    }
    for topic in image.topics() {
        host(&events.hosted, image, topic, &mut |local: LocalId| recovery.take(local));
    }
    if recovery.dropped > 0 {
        tracing::info!(batches = recovery.dropped, "dropped ring data of deleted topics");
    }
    let metrics = PartitionMetrics::register();
    let producer_expiry_ms = Arc::clone(&base.upkeep.producer_expiry_ms);
    let sealer = Sealer {
        storage: Arc::clone(storage),
        hosted: Arc::clone(&events.hosted),
        wake: Arc::clone(&events.sealer),
        graves: Arc::new(Mutex::new(graves)),
        store: base.store,
        files,
        uncounted,
        next_file,
        covered: base.covered,
        upkeep: base.upkeep,
        ring: RingReader::new(&storage.wal, base.pin),
        lanes: WriteLanes::default(),
        spares: Spares::new(Arc::clone(&storage.disk), storage.segments_dir.clone()),
        metrics: metrics.clone(),
    };
    let thread = |source| {
        let path = storage.segments_dir.clone();
        OpenError::Io { what: "start a thread for", path, source }
    };
    Ok(Partitions {
        producer_expiry_ms,
        wal: storage.wal.clone(),
        storage: Arc::clone(storage),
        hosted: Arc::clone(&events.hosted),
        signals: Arc::clone(&events.signals),
        late: Arc::clone(&events.late),
        log_moves: Arc::clone(&events.log_moves),
        readers: Readers::start(READERS, READS_WAITING_MAX).map_err(thread)?,
        sealer: SealerHandle::start(sealer).map_err(thread)?,
        metrics,
    })
}

/// The number of the next sealed file, above all that were ever used.
fn next_file(storage: &Storage, next_file: u64) -> Result<u64, OpenError> {
    let dir = &storage.segments_dir;
    let listed = sealed::list(&*storage.disk, dir);
    let io = |source| OpenError::Io { what: "list", path: dir.clone(), source };
    let last = listed.map_err(io)?.into_iter().map(|(file, _)| file.0 + 1).max();
    Ok(last.unwrap_or(0).max(next_file))
}
