//! Random work on a ring log over a recording disk, with what each boot appended and when which
//! LSN was reported durable.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use broker_env::disk::{DirEntry, Disk, DiskFile, Open, Sync};
use broker_env::sim::{CrashLog, RecordingDisk, Rng};
use broker_env::{Clock, OsClock};
use broker_wal::{Class, EntryKind, ReplayError, Replayed, Wal, WalConfig, WalEvents};
use protocol_types::{FlushPolicy, LocalId, Lsn};

use crate::harness::{DIR, NODE, bytes, entry, trim_of};

/// One kind of ring and of work on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) capacity: u64,
    pub(crate) group_bytes_max: u64,
    pub(crate) zero_ahead: u64,
    /// Commit cells at once instead of never.
    pub(crate) cells: bool,
    /// Percentage of appends that wait for no disk.
    pub(crate) async_percent: u64,
    pub(crate) payload_max: u64,
    pub(crate) boots: u64,
    pub(crate) appends_per_boot: u64,
    /// The disk breaks this promise.
    pub(crate) lie: Option<Lie>,
}

/// A promise that a disk may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    DurableWrites,
    Syncs,
}

impl Scenario {
    pub(crate) fn config(&self) -> WalConfig {
        let idle = if self.cells { Duration::ZERO } else { Duration::from_secs(3600) };
        WalConfig {
            group_bytes_max: self.group_bytes_max,
            zero_ahead: self.zero_ahead,
            commit_cell_idle: idle,
            async_bytes: 4096,
            async_sync: Duration::from_secs(3600),
            ..WalConfig::new(DIR, self.capacity, 1, NODE)
        }
    }
}

/// An entry that was appended, or that recovery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) lsn: u64,
    pub(crate) end: u64,
    pub(crate) start: bool,
    pub(crate) payload: Vec<u8>,
}

impl Item {
    pub(crate) fn of(entry: &Replayed<'_>) -> Self {
        Self {
            lsn: entry.lsn.0,
            end: entry.end.0,
            start: entry.kind == EntryKind::Start,
            payload: entry.payload.to_vec(),
        }
    }
}

/// What one process did.
#[derive(Debug)]
pub(crate) struct Boot {
    /// Operations that were logged before it.
    pub(crate) begins: usize,
    /// What it recovered, its START entry, and what it appended.
    pub(crate) items: Vec<Item>,
}

/// Acknowledgements go into the log, between the operations.
struct Marking(CrashLog);

impl WalEvents for Marking {
    fn durable(&self, durable: Lsn, _touched: &[LocalId]) {
        self.0.mark(durable.0);
    }

    fn published_late(&self, _published: Lsn) {}

    fn poisoned(&self, error: &io::Error) {
        panic!("the simulated disk failed: {error}");
    }
}

/// Opens the ring as boot `incarnation`; returns it with what was recovered and the START entry.
pub(crate) fn boot(
    disk: Arc<dyn Disk>,
    log: &CrashLog,
    config: WalConfig,
    incarnation: u64,
) -> (Wal, Vec<Item>) {
    let mut items = Vec::new();
    let from = trim_of(&*disk);
    let clock: Arc<dyn Clock> = Arc::new(OsClock);
    let events = Arc::new(Marking(log.clone()));
    let mut replay = |entry: Replayed<'_>| -> Result<(), ReplayError> {
        items.push(Item::of(&entry));
        Ok(())
    };
    let (wal, report) =
        Wal::open(disk, clock, config, from, incarnation, events, &mut replay).unwrap();
    let lsn = report.head.0 + 512 + 16;
    items.push(Item {
        lsn,
        end: lsn + 8,
        start: true,
        payload: incarnation.to_le_bytes().to_vec(),
    });
    log.mark(lsn + 8);
    (wal, items)
}

/// Does the scenario's work; every boot but the last ends like a killed process.
pub(crate) fn run(scenario: &Scenario) -> (CrashLog, Vec<Boot>) {
    let recording = RecordingDisk::default();
    let log = recording.log().clone();
    let disk: Arc<dyn Disk> = match scenario.lie {
        None => Arc::new(recording),
        Some(lie) => Arc::new(LyingDisk { disk: recording, lie }),
    };
    let mut rng = Rng::new(scenario.seed);
    let mut boots = Vec::new();
    for incarnation in 1..=scenario.boots {
        let begins = log.len();
        let (wal, mut items) = boot(Arc::clone(&disk), &log, scenario.config(), incarnation);
        for _ in 0..scenario.appends_per_boot {
            step(&wal, scenario, &mut rng, &mut items);
        }
        if incarnation == scenario.boots {
            wal.shutdown().unwrap();
        }
        drop(wal);
        boots.push(Boot { begins, items });
    }
    (log, boots)
}

/// One append of a few entries, and perhaps a wait or a trim.
fn step(wal: &Wal, scenario: &Scenario, rng: &mut Rng, items: &mut Vec<Item>) {
    let flush = if rng.below(100) < scenario.async_percent {
        FlushPolicy::Async
    } else {
        FlushPolicy::Fsync
    };
    let payloads: Vec<Vec<u8>> = (0..=rng.below(3))
        .map(|_| {
            let len =
                if rng.below(8) == 0 { rng.below(scenario.payload_max) } else { rng.below(900) };
            bytes(rng.below(u64::MAX), usize::try_from(len).unwrap())
        })
        .collect();
    let entries: Vec<_> = payloads.iter().map(|payload| entry(1, flush, payload)).collect();
    let total = entries.iter().map(broker_wal::Entry::payload_len).sum();
    let largest = entries.iter().map(broker_wal::Entry::payload_len).max().unwrap_or(0);
    let mut placed = Vec::new();
    let end = loop {
        match wal.admit(Class::User, entries.len(), total, largest) {
            Ok(admission) => break wal.append(admission, &entries, &mut placed),
            // All that is durable counts as sealed.
            Err(_) => {
                wal.wait_durable_blocking(wal.head()).unwrap();
                wal.advance_trim(wal.durable());
                std::thread::yield_now();
            }
        }
    };
    for (payload, placed) in payloads.into_iter().zip(placed) {
        items.push(Item { lsn: placed.lsn.0, end: placed.end.0, start: false, payload });
    }
    match rng.below(4) {
        // Whatever gathers is one group.
        0 => {}
        1 if rng.below(4) == 0 => {
            let before = wal.trim();
            wal.advance_trim(Lsn(before.0 + (wal.durable().0 - before.0) / 2));
        }
        _ => wal.wait_durable_blocking(end).unwrap(),
    }
}

/// Says that something is durable without making it so.
#[derive(Debug)]
struct LyingDisk {
    disk: RecordingDisk,
    lie: Lie,
}

#[derive(Debug)]
struct LyingFile {
    file: Arc<dyn DiskFile>,
    lie: Lie,
}

impl Disk for LyingDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.open(path, how)?;
        Ok(Arc::new(LyingFile { file, lie: self.lie }))
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir_all(dir)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_file(path)
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.disk.remove_dir_all(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        self.disk.list(dir)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.disk.exists(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.disk.free_bytes(path)
    }

    fn total_bytes(&self, path: &Path) -> io::Result<u64> {
        self.disk.total_bytes(path)
    }
}

impl DiskFile for LyingFile {
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(buf, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64, sync: Sync) -> io::Result<()> {
        let sync = if self.lie == Lie::DurableWrites { Sync::Later } else { sync };
        self.file.write_at(bytes, at, sync)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.lie == Lie::Syncs { Ok(()) } else { self.file.sync_data() }
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.file.allocate(len)
    }

    fn punch_hole(&self, at: u64, len: u64) -> io::Result<()> {
        self.file.punch_hole(at, len)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn drop_cache(&self) -> io::Result<()> {
        self.file.drop_cache()
    }

    fn is_direct(&self) -> bool {
        self.file.is_direct()
    }
}
