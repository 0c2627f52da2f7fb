//! A ring log on a simulated disk, and what it told its owner.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_env::{Clock, OsClock};
use broker_wal::{
    Class, Entry, EntryKind, NodeIdentity, OpenError, Placed, RecoveryReport, Wal, WalConfig,
    WalEvents, inspect,
};
use parking_lot::Mutex;
use protocol_types::{FlushPolicy, LocalId, Lsn};

pub(crate) const DIR: &str = "/ring";
pub(crate) const NODE: NodeIdentity = NodeIdentity { cluster: [7; 16], broker: 3 };

/// Small groups and little patience, so that everything happens in a small ring.
pub(crate) fn config(capacity: u64) -> WalConfig {
    WalConfig {
        group_bytes_max: 16 << 10,
        zero_ahead: 32 << 10,
        ..WalConfig::new(DIR, capacity, 2, NODE)
    }
}

/// What the log reported.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    pub(crate) durable: AtomicU64,
    pub(crate) published_late: AtomicU64,
    pub(crate) trimmed: AtomicU64,
    pub(crate) touched: Mutex<Vec<Vec<LocalId>>>,
    pub(crate) poisoned: Mutex<Vec<String>>,
}

impl WalEvents for Reported {
    fn durable(&self, durable: Lsn, touched: &[LocalId]) {
        self.durable.store(durable.0, Ordering::SeqCst);
        self.touched.lock().push(touched.to_vec());
    }

    fn published_late(&self, published: Lsn) {
        self.published_late.store(published.0, Ordering::SeqCst);
    }

    fn poisoned(&self, error: &io::Error) {
        self.poisoned.lock().push(error.to_string());
    }

    fn trimmed(&self, trim: Lsn) {
        self.trimmed.store(trim.0, Ordering::SeqCst);
    }
}

/// A recovered entry, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: EntryKind,
    pub(crate) local_id: LocalId,
    pub(crate) lsn: Lsn,
    pub(crate) end: Lsn,
    pub(crate) payload: Vec<u8>,
}

pub(crate) struct Opened {
    pub(crate) wal: Wal,
    pub(crate) report: RecoveryReport,
    pub(crate) found: Vec<Found>,
    pub(crate) events: Arc<Reported>,
}

impl Opened {
    /// What was recovered, without START entries.
    pub(crate) fn data(&self) -> Vec<Found> {
        self.found.iter().filter(|found| found.kind == EntryKind::Data).cloned().collect()
    }
}

pub(crate) fn try_open(
    disk: Arc<dyn Disk>,
    config: WalConfig,
    from: Lsn,
    incarnation: u64,
) -> Result<Opened, OpenError> {
    let events = Arc::new(Reported::default());
    let mut found = Vec::new();
    let clock: Arc<dyn Clock> = Arc::new(OsClock);
    let (wal, report) = Wal::open(
        disk,
        clock,
        config,
        from,
        incarnation,
        Arc::clone(&events) as Arc<dyn WalEvents>,
        &mut |entry| {
            found.push(Found {
                kind: entry.kind,
                local_id: entry.local_id,
                lsn: entry.lsn,
                end: entry.end,
                payload: entry.payload.to_vec(),
            });
            Ok(())
        },
    )?;
    Ok(Opened { wal, report, found, events })
}

pub(crate) fn open(disk: &MemDisk, capacity: u64, incarnation: u64) -> Opened {
    let from = trim_of(disk);
    try_open(Arc::new(disk.clone()), config(capacity), from, incarnation).unwrap()
}

/// Where the ring in `disk` begins: the least a checkpoint may say.
pub(crate) fn trim_of(disk: &dyn Disk) -> Lsn {
    let Ok(found) = inspect(disk, Path::new(DIR), &mut |_| Ok(())) else { return Lsn(0) };
    found.recovery.unwrap().trim
}

pub(crate) fn entry(local_id: u32, flush: FlushPolicy, payload: &[u8]) -> Entry<'_> {
    let split = payload.len().min(61);
    Entry {
        kind: EntryKind::Data,
        local_id: LocalId(local_id),
        class: Class::User,
        flush,
        parts: [&payload[..split], &payload[split..]],
    }
}

/// Appends entries together; returns where they lie.
pub(crate) fn append(wal: &Wal, flush: FlushPolicy, payloads: &[&[u8]]) -> Vec<Placed> {
    let entries: Vec<Entry<'_>> =
        (1..).zip(payloads).map(|(id, payload)| entry(id, flush, payload)).collect();
    let bytes = entries.iter().map(Entry::payload_len).sum();
    let largest = entries.iter().map(Entry::payload_len).max().unwrap_or(0);
    let admission = wal.admit(Class::User, entries.len(), bytes, largest).unwrap();
    let mut placed = Vec::new();
    let end = wal.append(admission, &entries, &mut placed);
    assert_eq!(placed.last().map(|last| last.end), Some(end));
    placed
}

/// Appends one entry and waits for the disk.
pub(crate) fn append_durably(wal: &Wal, payload: &[u8]) -> Placed {
    let placed = append(wal, FlushPolicy::Fsync, &[payload])[0];
    wal.wait_durable_blocking(placed.end).unwrap();
    placed
}

/// `len` bytes that differ from those of any other seed.
pub(crate) fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

pub(crate) fn ring_file(disk: &dyn Disk) -> Arc<dyn broker_env::disk::DiskFile> {
    disk.open(&Path::new(DIR).join("ring.log"), broker_env::disk::Open::update()).unwrap()
}
