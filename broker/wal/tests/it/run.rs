//! A running log: appends, watermarks, reads, trimming, room.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use broker_env::sim::MemDisk;
use broker_wal::{Class, EntryKind, FullReason, ReadError, WalError};
use protocol_types::{FlushPolicy, LocalId, Lsn, to_usize};

use crate::harness::{append, append_durably, bytes, config, entry, open, try_open};

const RING: u64 = 256 << 10;

#[test]
fn what_is_durable_is_recovered() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    assert!(opened.report.created);
    let payloads: Vec<Vec<u8>> = (0..20).map(|n| bytes(n, 100 + 700 * to_usize(n))).collect();
    let placed: Vec<_> = payloads.iter().map(|p| append_durably(&opened.wal, p)).collect();
    while opened.events.durable.load(Ordering::SeqCst) < opened.wal.durable().0 {
        std::thread::yield_now();
    }
    drop(opened);

    let again = open(&disk, RING, 2);
    assert!(!again.report.created);
    assert_eq!(again.report.last_incarnation, 1);
    assert_eq!(again.report.truncated, None);
    let data = again.data();
    assert_eq!(data.len(), payloads.len());
    for ((found, payload), placed) in data.iter().zip(&payloads).zip(&placed) {
        assert_eq!(&found.payload, payload);
        assert_eq!((found.lsn, found.end), (placed.lsn, placed.end));
    }
}

#[test]
fn a_real_disk_does_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(broker_env::disk::OsDisk);
    let config = broker_wal::WalConfig { dir: dir.path().join("ring"), ..config(RING) };
    let payloads: Vec<Vec<u8>> = (0..20).map(|n| bytes(n, 900 * to_usize(n))).collect();
    let opened = try_open(Arc::clone(&disk) as _, config.clone(), Lsn(0), 1).unwrap();
    for (payload, n) in payloads.iter().zip(0..) {
        let flush = if n % 3 == 0 { FlushPolicy::Async } else { FlushPolicy::Fsync };
        let placed = append(&opened.wal, flush, &[payload])[0];
        opened.wal.wait_durable_blocking(placed.end).unwrap();
    }
    drop(opened);
    let again = try_open(disk, config, Lsn(0), 2).unwrap();
    let found = again.data();
    assert_eq!(found.len(), payloads.len());
    for (found, payload) in found.iter().zip(&payloads) {
        let mut buf = vec![0; payload.len()];
        again.wal.read_into(found.lsn, &mut buf).unwrap();
        assert!(&found.payload == payload && &buf == payload);
    }
}

#[test]
fn only_entries_behind_the_checkpoint_are_replayed() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let first = append_durably(&opened.wal, b"old");
    append_durably(&opened.wal, b"new");
    drop(opened);
    let again = try_open(Arc::new(disk), config(RING), first.end, 2).unwrap();
    let payloads: Vec<_> = again.data().into_iter().map(|found| found.payload).collect();
    assert_eq!(payloads, [b"new"]);
    assert_eq!(again.report.replayed, 1);
    assert_eq!(again.report.entries, 3);
}

#[test]
fn what_is_appended_after_the_shutdown_is_not_published() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let wal = &opened.wal;
    append_durably(wal, b"in time");
    let late = wal.admit(Class::User, 1, 4, 4).unwrap();
    wal.shutdown().unwrap();
    let published = wal.published();
    let end = wal.append(late, &[entry(1, FlushPolicy::Async, b"late")], &mut Vec::new());
    assert!(end > published);
    assert_eq!(wal.published(), published);
    assert!(matches!(wal.wait_durable_blocking(end), Err(WalError::Closed)));
}

#[test]
fn entries_of_one_append_are_reported_once_per_partition() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let one = entry(5, FlushPolicy::Fsync, b"a");
    let two = entry(9, FlushPolicy::Fsync, b"bb");
    let admission = opened.wal.admit(Class::User, 3, 4, 2).unwrap();
    let mut placed = Vec::new();
    let end = opened.wal.append(admission, &[one, two, one], &mut placed);
    assert!(opened.wal.published() >= end);
    assert_eq!(placed.len(), 3);
    opened.wal.wait_durable_blocking(end).unwrap();
    opened.wal.shutdown().unwrap();
    assert_eq!(*opened.events.touched.lock(), [[LocalId(5), LocalId(9)]]);
}

#[test]
fn large_appends_go_round_the_lock_and_keep_their_order() {
    let disk = MemDisk::default();
    let opened = open(&disk, 4 << 20, 1);
    let large = bytes(1, 300 << 10);
    let placed = append(&opened.wal, FlushPolicy::Fsync, &[&large, b"small"]);
    assert!(opened.wal.published() >= placed[1].end);
    opened.wal.wait_durable_blocking(placed[1].end).unwrap();
    let pin = opened.wal.pin(0, placed[0].lsn).unwrap();
    assert_eq!(pin.bytes(placed[0].lsn, large.len()), Some(&large[..]));
    drop(pin);
    drop(opened);
    let data = open(&disk, 4 << 20, 2).data();
    assert_eq!(data[0].payload, large);
    assert_eq!(data[1].payload, b"small");
}

#[test]
fn async_appends_are_published_at_once_and_durable_on_demand() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let before = opened.wal.durable();
    let placed = append(&opened.wal, FlushPolicy::Async, &[b"soon"]);
    assert!(opened.wal.published() >= placed[0].end);
    assert_eq!(opened.wal.durable(), before);
    opened.wal.wait_durable_blocking(placed[0].end).unwrap();
    assert!(opened.wal.durable() >= placed[0].end);
}

#[test]
fn shutdown_makes_async_appends_durable() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    append(&opened.wal, FlushPolicy::Async, &[b"a", b"b"]);
    opened.wal.shutdown().unwrap();
    let full = opened.wal.admit(Class::Control, 1, 1, 1).unwrap_err();
    assert_eq!(full.reason, FullReason::Closed);
    drop(opened);
    assert_eq!(open(&disk, RING, 2).data().len(), 2);
}

#[test]
fn recovered_bytes_are_read_from_the_file() {
    let disk = MemDisk::default();
    let payload = bytes(3, 9000);
    let opened = open(&disk, RING, 1);
    let placed = append_durably(&opened.wal, &payload);
    let mut buf = vec![0; 9000];
    opened.wal.read_into(placed.lsn, &mut buf).unwrap();
    assert_eq!(buf, payload);
    drop(opened);

    let again = open(&disk, RING, 2);
    assert!(!again.wal.in_memory(placed.lsn));
    assert!(again.wal.pin(0, placed.lsn).is_none());
    let mut buf = vec![0; 9000];
    again.wal.read_into(placed.lsn, &mut buf).unwrap();
    assert_eq!(buf, payload);
    let next = append_durably(&again.wal, b"behind");
    assert!(again.wal.in_memory(next.lsn));
    assert!(matches!(
        again.wal.read_into(again.wal.head(), &mut [0; 8]),
        Err(ReadError::Absent(_))
    ));
}

#[test]
fn trimmed_space_is_used_again_for_many_laps() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let wal = &opened.wal;
    let mut kept = Vec::new();
    for n in 0..400_u64 {
        let payload = bytes(n, 3000 + (to_usize(n) * 911) % 20_000);
        let placed = loop {
            match wal.admit(Class::User, 1, payload.len() as u64, payload.len() as u64) {
                Ok(admission) => {
                    let mut placed = Vec::new();
                    wal.append(admission, &[entry(1, FlushPolicy::Fsync, &payload)], &mut placed);
                    break placed[0];
                }
                Err(full) => {
                    assert_eq!(full.reason, FullReason::Occupied);
                    // Everything up to here was sealed elsewhere.
                    wal.advance_trim(wal.durable());
                    std::thread::yield_now();
                }
            }
        };
        wal.wait_durable_blocking(placed.end).unwrap();
        kept.push((placed, payload));
    }
    assert!(wal.head().0 > 8 * RING);
    let trim = wal.trim();
    let mut read = 0;
    for (placed, payload) in &kept {
        let mut buf = vec![0; payload.len()];
        match wal.read_into(placed.lsn, &mut buf) {
            Ok(()) => {
                assert_eq!(&buf, payload);
                read += 1;
            }
            Err(error) => {
                assert!(matches!(error, ReadError::Trimmed(_)), "{error}");
                assert!(placed.lsn < trim);
            }
        }
    }
    assert!(read > 0);
    drop(opened);
    let again = open(&disk, RING, 2);
    let first = again.report.trim;
    let expected: Vec<_> = kept.iter().filter(|(placed, _)| placed.lsn > first).collect();
    let data = again.data();
    assert_eq!(data.len(), expected.len());
    for (found, (placed, payload)) in data.iter().zip(expected) {
        assert_eq!((found.lsn, &found.payload), (placed.lsn, payload));
    }
}

#[test]
fn users_are_refused_before_internal_topics_and_those_before_control_entries() {
    let disk = MemDisk::default();
    let opened = open(&disk, 1 << 20, 1);
    let wal = &opened.wal;
    let fill = |class| {
        let mut appended = 0;
        while let Ok(admission) = wal.admit(class, 1, 3000, 3000) {
            let payload = bytes(1, 3000);
            wal.append(admission, &[entry(1, FlushPolicy::Fsync, &payload)], &mut Vec::new());
            wal.wait_durable_blocking(wal.published()).unwrap();
            appended += 1;
        }
        (appended, wal.occupancy().used)
    };
    let (users, used) = fill(Class::User);
    assert!(users > 200);
    assert!(used <= (1 << 20) / 100 * 92);
    let (internal, used) = fill(Class::Internal);
    assert!(internal > 4);
    assert!(used <= (1 << 20) / 100 * 98 + 100);
    let (control, _) = fill(Class::Control);
    assert!(control >= 1);
}

#[test]
fn what_can_never_fit_is_told_apart() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let full = opened.wal.admit(Class::User, 1, RING, RING).unwrap_err();
    assert_eq!(full.reason, FullReason::TooLarge);
}

#[test]
fn unused_room_is_given_back() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    for _ in 0..100 {
        drop(opened.wal.admit(Class::User, 1, RING / 2, RING / 2).unwrap());
    }
    let first = opened.wal.admit(Class::User, 1, RING / 2, RING / 2).unwrap();
    assert!(opened.wal.admit(Class::User, 1, RING / 2, RING / 2).is_err());
    drop(first);
    assert!(opened.wal.admit(Class::User, 1, RING / 2, RING / 2).is_ok());
}

#[test]
fn a_pinned_reader_holds_reuse_back_and_sees_its_bytes() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let wal = &opened.wal;
    let payload = bytes(1, 4000);
    let placed = append_durably(wal, &payload);
    let pin = wal.pin(1, placed.lsn).unwrap();
    let mut refused = 0;
    for n in 0..200 {
        match wal.admit(Class::User, 1, 4000, 4000) {
            Ok(admission) => {
                let end = wal.append(
                    admission,
                    &[entry(1, FlushPolicy::Fsync, &bytes(n, 4000))],
                    &mut Vec::new(),
                );
                wal.wait_durable_blocking(end).unwrap();
                wal.advance_trim(end);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
    assert_eq!(pin.bytes(placed.lsn, 4000), Some(&payload[..]));
    drop(pin);
    append_durably(wal, b"goes on");
}

#[test]
fn control_entries_are_synced_without_asking() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let mark = broker_wal::Entry {
        kind: EntryKind::CheckpointMark,
        local_id: LocalId(0),
        class: Class::Control,
        flush: FlushPolicy::Async,
        parts: [b"mark", &[]],
    };
    let admission = opened.wal.admit(Class::Control, 1, 4, 4).unwrap();
    let end = opened.wal.append(admission, &[mark], &mut Vec::new());
    while opened.wal.durable() < end {
        std::thread::yield_now();
    }
    drop(opened);
    let again = open(&disk, RING, 2);
    let kinds: Vec<_> = again.found.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [EntryKind::Start, EntryKind::CheckpointMark]);
    assert_eq!(again.found[0].payload, 1_u64.to_le_bytes());
    assert!(again.report.head > Lsn(0));
}
