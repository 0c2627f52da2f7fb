//! Recovery of the ring log from a ring file of arbitrary bytes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::clock::{Clock, OsClock};
use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_wal::{Class, Entry, EntryKind, NodeIdentity, OpenError, Wal, WalConfig, WalEvents};
use protocol_types::{FlushPolicy, LocalId, Lsn, to_usize};
use twox_hash::{XxHash3_64, XxHash3_128};

use crate::{Shape, Target};

use super::disk::{DIR, number, put, read, with_files};

pub const RING: Target = Target {
    name: "ring",
    corpus,
    repair,
    execute,
    ceiling,
    shape: Shape { length_max: FILE_LEN, grain: 4096 },
};

const CAPACITY: u64 = 128 << 10;
/// Superblocks and commit cells, then the ring.
const DATA_START: usize = 64 << 10;
const FILE_LEN: usize = DATA_START + (128 << 10);

/// The file in memory and what is as large as a part of it, and the fixed buffers of an open ring.
const fn ceiling(length: usize) -> u64 {
    const BUFFERS: u64 = 1 << 20;
    2 * length as u64 + BUFFERS + (64 << 10)
}

fn path() -> PathBuf {
    Path::new(DIR).join("ring.log")
}

#[derive(Debug)]
struct Deaf;

impl WalEvents for Deaf {
    fn durable(&self, _: Lsn, _: &[LocalId]) {}
    fn published_late(&self, _: Lsn) {}
    fn poisoned(&self, _: &io::Error) {}
}

/// Opens the ring on `disk` and yields how much it replayed.
fn open(disk: &Arc<MemDisk>, incarnation: u64) -> Result<(Wal, u64), OpenError> {
    let node = NodeIdentity { cluster: [3; 16], broker: 1 };
    let mut config = WalConfig::new(DIR, CAPACITY, 1, node);
    config.group_bytes_max = 16 << 10;
    let disk = Arc::clone(disk) as Arc<dyn Disk>;
    let clock: Arc<dyn Clock> = Arc::new(OsClock);
    let mut replayed = 0;
    let mut replay = |entry: broker_wal::Replayed<'_>| {
        assert!(entry.payload.len() as u64 <= CAPACITY);
        assert!(entry.lsn < entry.end);
        assert!(entry.group < entry.lsn);
        replayed += 1;
        Ok(())
    };
    let (wal, report) =
        Wal::open(disk, clock, config, Lsn(0), incarnation, Arc::new(Deaf), &mut replay)?;
    assert!(report.trim <= report.head);
    assert_eq!(report.replayed, replayed);
    Ok((wal, replayed))
}

fn corpus() -> Vec<Vec<u8>> {
    vec![
        ring(&[&[]]),
        ring(&[&[40, 900, 5], &[3000]]),
        ring(&[&[100; 30], &[9000, 40_000], &[1; 9]]),
    ]
}

/// A ring file after starts that append entries of these sizes.
fn ring(starts: &[&[usize]]) -> Vec<u8> {
    let disk = Arc::new(MemDisk::new());
    for (incarnation, sizes) in (1..).zip(starts) {
        let appended = open(&disk, incarnation).map(|(wal, _)| append(&wal, sizes));
        match appended {
            Ok(()) => {}
            Err(error) => panic!("a ring cannot be opened: {error}"),
        }
    }
    read(&disk, &path())
}

/// Groups of four entries at most.
fn append(wal: &Wal, sizes: &[usize]) {
    for sizes in sizes.chunks(4) {
        let sum: usize = sizes.iter().sum();
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let payload = vec![0xab; largest];
        let entry = |&size: &usize| Entry {
            kind: EntryKind::Data,
            local_id: LocalId(7),
            class: Class::Control,
            flush: FlushPolicy::Fsync,
            parts: [payload.get(..size).unwrap_or_default(), &[]],
        };
        let entries: Vec<Entry<'_>> = sizes.iter().map(entry).collect();
        let Ok(admission) = wal.admit(Class::Control, entries.len(), sum as u64, largest as u64)
        else {
            panic!("a ring of a test is full");
        };
        let end = wal.append(admission, &entries, &mut Vec::new());
        assert!(wal.wait_durable_blocking(end).is_ok());
    }
    assert!(wal.shutdown().is_ok());
}

fn execute(input: &[u8]) -> bool {
    let disk = Arc::new(with_files(&[(&path(), input)]));
    match open(&disk, 1 << 40) {
        Ok((wal, _)) => {
            assert!(input.len() >= FILE_LEN, "a ring that was cut short is opened");
            assert!(wal.shutdown().is_ok(), "the threads of a ring that was opened ended badly");
            true
        }
        Err(_) => false,
    }
}

/// Every checksum: superblocks, commit cells, then the groups along their chain. Positions and keys
/// are those of `docs/formats/ring.md`.
fn repair(input: &mut [u8]) {
    const UUID: usize = 32;
    for (copy, at) in (0_u64..).zip([0, 4 * 4096, 8 * 4096]) {
        seal(input, at, 0x7375_7065_7262_6c6b ^ (copy + 1));
    }
    let uuid = input.get(UUID..UUID + 16).unwrap_or_default();
    let key = XxHash3_64::oneshot_with_seed(0x5249_4e47, uuid);
    for at in [12 * 4096, 14 * 4096] {
        seal(input, at, key);
    }
    let Some(mut lsn) = number(input, 80) else { return };
    let mut link = input.get(88..104).unwrap_or_default().to_vec();
    for _ in 0..64 {
        let at = DATA_START + to_usize(lsn % CAPACITY);
        let lengths = number(input, at + 72).zip(number(input, at + 80));
        let Some((length, stored)) = lengths else { return };
        put(input, at + 112, &link);
        let payload = at.checked_add(to_usize(stored)).and_then(|end| input.get(at + 512..end));
        if let Some(hash) = payload.map(|payload| XxHash3_128::oneshot_with_seed(key, payload)) {
            put(input, at + 96, &hash.to_le_bytes());
        }
        seal(input, at, key);
        let header = input.get(at..at + 512).unwrap_or_default();
        link = XxHash3_128::oneshot_with_seed(key, header).to_le_bytes().to_vec();
        let next = lsn.checked_add(length).filter(|_| length > 0);
        let Some(next) = next.filter(|next| next.is_multiple_of(4096)) else { return };
        lsn = next;
    }
}

/// Writes the checksum at the end of a sector.
fn seal(bytes: &mut [u8], at: usize, key: u64) {
    const BODY_LEN: usize = 504;
    if let Some(body) = bytes.get(at..at + BODY_LEN) {
        let checksum = XxHash3_64::oneshot_with_seed(key, body);
        put(bytes, at + BODY_LEN, &checksum.to_le_bytes());
    }
}
