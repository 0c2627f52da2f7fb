//! Opening: lock, recover, say who appends from here on, start the threads.

use std::sync::Arc;

use broker_env::clock::Clock;
use broker_env::disk::{Disk, DiskFile, Open};
use broker_env::ring_memory::RingMemory;
use broker_env::threads::{self, JoinHandle};
use parking_lot::Mutex;
use protocol_types::{FlushPolicy, LocalId, Lsn};

use super::{Inner, Wal};
use crate::config::WalConfig;
use crate::create;
use crate::entry::{Class, Entry, EntryKind, Replayed};
use crate::error::{OpenError, ReplayError};
use crate::events::{RecoveryReport, WalEvents};
use crate::geometry::{BLOCK, Geometry};
use crate::group_index::GroupMark;
use crate::keeper::Keeper;
use crate::recovery::{self, Recovered, at_path};
use crate::ring::Ring;
use crate::ring_file::RingFile;
use crate::shared::{EXTRA_PINS, Parts, Shared};
use crate::writer::{Resume, Writer};
use crate::zero_ahead::ZeroAhead;

impl Wal {
    /// Recovers the ring, hands every entry that ends above `from` (the last durable checkpoint's
    /// LSN) to `replay` in LSN order, then appends and syncs the START entry with `incarnation`.
    #[expect(clippy::too_many_arguments, reason = "all are needed before the first byte is read")]
    #[expect(clippy::needless_pass_by_value, reason = "the log keeps them")]
    pub fn open(
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        config: WalConfig,
        from: Lsn,
        incarnation: u64,
        events: Arc<dyn WalEvents>,
        replay: &mut dyn FnMut(Replayed<'_>) -> Result<(), ReplayError>,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let geometry = Geometry::new(config.capacity)?;
        check(&config)?;
        disk.create_dir_all(&config.dir)
            .map_err(|source| OpenError::Io { path: config.dir.clone(), source })?;
        let lock = create::lock(&*disk, &config.dir, Open::create())?;
        let (file, made) = create::open_or_create(&*disk, &config, geometry, from, incarnation)?;
        // A process that died of a failed write-back left groups in the page cache that the disk does
        // not hold. Recovery must not believe them.
        file.drop_cache().map_err(|e| at_path(&file, e))?;
        let (file, superblock) =
            recovery::identify(file, Some(config.node), Some(config.capacity))?;
        create::take_space(&file)?;
        let mut recovered =
            recovery::run(&file, superblock, config.group_bytes_max, from, clock.now(), replay)?;
        recovered.report.created = made;
        let last = recovered.report.last_incarnation;
        if incarnation <= last {
            let path = file.path().to_path_buf();
            return Err(OpenError::Incarnation { path, given: incarnation, last });
        }
        prepare(&file, &mut recovered, &config, incarnation)?;
        let report = recovered.report;
        let keeper_file = create::open(&*disk, &config, geometry)?;
        let opening = Opening { clock, events, config, incarnation, recovered };
        let wal = opening.start(file, keeper_file, lock)?;
        Ok((wal, report))
    }
}

fn check(config: &WalConfig) -> Result<(), OpenError> {
    let bytes = config.group_bytes_max;
    if bytes < 2 * BLOCK || !bytes.is_multiple_of(BLOCK) {
        let reason = "its groups must be of at least two whole blocks of 4 KiB";
        return Err(OpenError::Config { bytes: config.capacity, reason });
    }
    Ok(())
}

/// Makes durable what recovery saw, and says so before anything is appended behind it.
fn prepare(
    file: &RingFile,
    recovered: &mut Recovered,
    config: &WalConfig,
    incarnation: u64,
) -> Result<(), OpenError> {
    let Lsn(head) = recovered.report.head;
    let used = head - recovered.superblock.trim;
    if used + BLOCK > config.capacity {
        let path = file.path().to_path_buf();
        return Err(OpenError::Full { path, used, capacity: config.capacity });
    }
    // A killed process may have left groups in the disk's cache only. They count from here on.
    file.sync().map_err(|e| at_path(file, e))?;
    let superblock = &mut recovered.superblock;
    create::zero_for(file, superblock, head, config.zero_ahead).map_err(|e| at_path(file, e))?;
    superblock.sequence += 1;
    superblock.incarnation = incarnation;
    superblock.start = head;
    superblock.durable_floor = head;
    file.write_superblock(superblock).map_err(|e| at_path(file, e))
}

/// A recovered ring that is about to run.
struct Opening {
    clock: Arc<dyn Clock>,
    events: Arc<dyn WalEvents>,
    config: WalConfig,
    incarnation: u64,
    recovered: Recovered,
}

impl Opening {
    fn start(
        self,
        file: RingFile,
        keeper_file: RingFile,
        lock: Arc<dyn DiskFile>,
    ) -> Result<Wal, OpenError> {
        let Self { clock, events, config, incarnation, recovered } = self;
        let path = file.path().to_path_buf();
        let failed = |source| OpenError::Io { path: path.clone(), source };
        let superblock = recovered.superblock;
        let geometry = file.geometry;
        let slots = config.shards + EXTRA_PINS;
        let cursor =
            RingMemory::create(config.capacity, recovered.report.head.0, slots).map_err(failed)?;
        let memory = Arc::clone(cursor.memory());
        let mut ring = Ring::new(cursor, &config, geometry, superblock.trim);
        place_start(&mut ring, incarnation);
        let trim =
            GroupMark { lsn: superblock.trim, chain: superblock.trim_chain, at: clock.now() };
        let shared = Arc::new(Shared::new(Parts {
            file,
            clock,
            events,
            identity: superblock.identity,
            incarnation,
            shards: config.shards,
            memory,
            ring,
            durable: recovered.report.head.0,
            index: recovered.index,
            trim,
            frontier: superblock.frontier,
        }));
        let resume = Resume { chain: recovered.chain, cell_sequence: recovered.cell_sequence };
        let mut writer = Writer::new(Arc::clone(&shared), &config, resume);
        writer.write_start().map_err(failed)?;
        let zero_ahead = ZeroAhead::new(config.capacity, config.zero_ahead);
        let keeper = Keeper::new(Arc::clone(&shared), keeper_file, superblock, zero_ahead);
        let inner = Inner { shared: Arc::clone(&shared), threads: Mutex::default(), _lock: lock };
        let started = spawn("wal-writer", move || writer.run()).map_err(failed)?;
        shared.writer.get_or_init(|| started.thread().clone());
        // Whatever was appended before the handle was there is seen now.
        started.thread().unpark();
        inner.threads.lock().push(started);
        let started = spawn("wal-keeper", move || keeper.run()).map_err(failed)?;
        inner.threads.lock().push(started);
        Ok(Wal { inner: Arc::new(inner) })
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    threads::spawn(name, body)
}

/// The first entry of a process: nothing of an earlier one can follow it.
fn place_start(ring: &mut Ring, incarnation: u64) {
    ring.place(&Entry {
        kind: EntryKind::Start,
        local_id: LocalId(0),
        class: Class::Control,
        flush: FlushPolicy::Fsync,
        parts: [&incarnation.to_le_bytes(), &[]],
    });
    ring.publish();
}
