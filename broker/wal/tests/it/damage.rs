//! Disks that fail and bytes that rot: the log dies without a lie, or refuses to start, and never
//! hands out a byte that was not appended.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use broker_env::sim::{Call, Fault, FaultDisk, Injected, MemDisk, Rule, flip_bits};
use broker_wal::{Class, FullReason, OpenError, ReadError, WalError};
use protocol_types::{FlushPolicy, Lsn};
use rstest::rstest;

use crate::harness::{
    DIR, Opened, append, append_durably, bytes, config, open, ring_file, try_open,
};

const RING: u64 = 256 << 10;
/// Where the ring begins in its file.
const DATA_START: u64 = 64 << 10;

fn failing(disk: &MemDisk, call: Call, fault: Fault) -> (Opened, Injected) {
    let faults = FaultDisk::over(Arc::new(disk.clone()));
    let opened = try_open(Arc::new(faults.clone()), config(RING), Lsn(0), 1).unwrap();
    for n in 0..5 {
        append_durably(&opened.wal, &bytes(n, 900));
    }
    let ring = |path: &Path| path.ends_with("ring.log");
    (opened, faults.inject(Rule::on(call).path(ring), fault))
}

/// Those that wait for the disk may hear of its end before the owner does.
fn wait_poisoned(opened: &Opened) {
    while opened.events.poisoned.lock().is_empty() {
        std::thread::yield_now();
    }
}

#[rstest]
#[case::write_error(Call::Write, Fault::Eio, FlushPolicy::Fsync)]
#[case::torn_write(Call::Write, Fault::ShortWrite { bytes: 512 }, FlushPolicy::Fsync)]
#[case::torn_payload(Call::Write, Fault::ShortWrite { bytes: 1024 }, FlushPolicy::Fsync)]
#[case::no_space(Call::Write, Fault::NoSpace, FlushPolicy::Fsync)]
#[case::sync_error(Call::SyncData, Fault::Eio, FlushPolicy::Async)]
fn the_first_error_ends_all_acknowledgements(
    #[case] call: Call,
    #[case] fault: Fault,
    #[case] flush: FlushPolicy,
) {
    let disk = MemDisk::default();
    let (opened, injected) = failing(&disk, call, fault);
    let wal = &opened.wal;
    let durable = wal.durable();
    let end = append(wal, flush, &[&bytes(9, 2000)])[0].end;
    let error = wal.wait_durable_blocking(end).unwrap_err();
    assert!(matches!(error, WalError::Poisoned(_)), "{error}");
    assert_eq!(injected.hits(), 1);
    wait_poisoned(&opened);
    // The fault is gone, and still nothing is acknowledged: the disk may have dropped what it took.
    assert_eq!(wal.durable(), durable);
    let full = wal.admit(Class::Control, 1, 1, 1).unwrap_err();
    assert_eq!(full.reason, FullReason::Poisoned);
    assert!(matches!(wal.shutdown(), Err(WalError::Poisoned(_))));
    assert_eq!(opened.events.poisoned.lock().len(), 1);
    drop(opened);

    let again = open(&disk, RING, 2);
    let data = again.data();
    assert!(data.len() >= 5);
    for (found, n) in data.iter().zip(0..5) {
        assert_eq!(found.payload, bytes(n, 900));
    }
}

#[test]
fn nothing_is_published_after_the_end() {
    let disk = MemDisk::default();
    let (opened, injected) = failing(&disk, Call::Write, Fault::Eio);
    let wal = &opened.wal;
    // Admitted while the log was alive, appended when it is dead.
    let late = wal.admit(Class::User, 1, 5, 5).unwrap();
    let end = append(wal, FlushPolicy::Fsync, &[b"dies"])[0].end;
    wal.wait_durable_blocking(end).unwrap_err();
    assert_eq!(injected.hits(), 1);
    let published = wal.published();
    let entry = crate::harness::entry(1, FlushPolicy::Async, b"later");
    let end = wal.append(late, &[entry], &mut Vec::new());
    assert!(end > published);
    assert_eq!(wal.published(), published);
}

#[test]
fn an_error_of_the_superblock_ends_the_log_too() {
    let disk = MemDisk::default();
    let (opened, injected) = failing(&disk, Call::Write, Fault::Eio);
    opened.wal.advance_trim(opened.wal.durable());
    injected.wait_hit();
    wait_poisoned(&opened);
    assert_eq!(opened.wal.trim(), Lsn(0));
    drop(opened);
    assert_eq!(open(&disk, RING, 2).data().len(), 5);
}

/// WAL-3 across threads: the writer's call returns well, but the keeper's failed meanwhile.
#[test]
fn a_write_that_returns_after_the_end_acknowledges_nothing() {
    let disk = MemDisk::default();
    let faults = FaultDisk::over(Arc::new(disk));
    let opened = try_open(Arc::new(faults.clone()), config(RING), Lsn(0), 1).unwrap();
    let wal = &opened.wal;
    for n in 0..5 {
        append_durably(wal, &bytes(n, 900));
    }
    let ring = |path: &Path| path.ends_with("ring.log");
    let stalled = faults.inject(Rule::on(Call::Write).path(ring), Fault::Stall);
    append(wal, FlushPolicy::Fsync, &[b"on its way"]);
    stalled.wait_hit();
    let durable = wal.durable();
    let told = opened.events.durable.load(Ordering::SeqCst);
    let failed = faults.inject(Rule::on(Call::Write).path(ring), Fault::Eio);
    wal.advance_trim(durable);
    failed.wait_hit();
    wait_poisoned(&opened);
    stalled.release();
    // Joins the writer: it has done whatever it does after its call.
    assert!(matches!(wal.shutdown(), Err(WalError::Poisoned(_))));
    assert_eq!(wal.durable(), durable);
    assert_eq!(opened.events.durable.load(Ordering::SeqCst), told);
}

/// WAL-4 for readers of the file: what they read while it was trimmed and overwritten is not given
/// out.
#[test]
fn a_read_that_is_overtaken_by_the_head_finds_its_range_trimmed() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let placed = append_durably(&opened.wal, &bytes(1, 9000));
    drop(opened);
    let faults = FaultDisk::over(Arc::new(disk));
    let opened = try_open(Arc::new(faults.clone()), config(RING), Lsn(0), 2).unwrap();
    let wal = &opened.wal;
    let ring = |path: &Path| path.ends_with("ring.log");
    let stalled = faults.inject(Rule::on(Call::Read).path(ring), Fault::Stall);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut buf = vec![0; 9000];
            wal.read_into(placed.lsn, &mut buf)
        });
        stalled.wait_hit();
        while wal.head().0 < 2 * RING {
            match wal.admit(Class::User, 1, 9000, 9000) {
                Ok(admission) => {
                    let payload = bytes(2, 9000);
                    let entry = crate::harness::entry(1, FlushPolicy::Fsync, &payload);
                    let end = wal.append(admission, &[entry], &mut Vec::new());
                    wal.wait_durable_blocking(end).unwrap();
                }
                Err(_) => {
                    wal.advance_trim(wal.durable());
                    std::thread::yield_now();
                }
            }
        }
        stalled.release();
        let read = reader.join().unwrap();
        assert!(matches!(read, Err(ReadError::Trimmed(at)) if at == placed.lsn), "{read:?}");
    });
}

#[test]
fn an_unreadable_ring_is_a_failed_start() {
    let disk = MemDisk::default();
    drop(open(&disk, RING, 1));
    let faults = FaultDisk::over(Arc::new(disk.clone()));
    for nth in [1, 4, 6] {
        let injected = faults.inject(Rule::on(Call::Read).nth(nth), Fault::Eio);
        let opened = try_open(Arc::new(faults.clone()), config(RING), Lsn(0), 2);
        let error = opened.map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        assert_eq!(injected.hits(), 1);
        injected.release();
    }
    open(&disk, RING, 2);
}

/// A failed write-back leaves pages that only look like the disk's.
#[test]
fn recovery_asks_the_disk_and_not_the_cache() {
    let disk = MemDisk::default().buffered();
    let opened = open(&disk, RING, 1);
    append_durably(&opened.wal, b"kept");
    drop(opened);
    let faults = FaultDisk::over(Arc::new(disk.clone()));
    let dropped = faults.inject(Rule::on(Call::DropCache), Fault::Eio);
    let read = faults.inject(Rule::on(Call::Read), Fault::NoSpace);
    let opened = try_open(Arc::new(faults), config(RING), Lsn(0), 2);
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
    assert_eq!((dropped.hits(), read.hits()), (1, 0), "before the first read");
    assert_eq!(open(&disk, RING, 2).data().len(), 1);
}

/// A ring of 12 acknowledged entries, and where they lie.
fn filled() -> (MemDisk, Vec<Lsn>) {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let placed = (0..12).map(|n| append_durably(&opened.wal, &bytes(n, 3000)).lsn).collect();
    opened.wal.shutdown().unwrap();
    (disk, placed)
}

/// Flips one bit at positions all over the file: a start finds everything, or says that the ring is
/// damaged; it never finds less and never finds something else.
#[test]
fn no_flipped_bit_is_taken_for_a_torn_tail() {
    let (disk, _) = filled();
    let path = Path::new(DIR).join("ring.log");
    let mut refused = 0;
    let positions =
        (0..DATA_START).step_by(1021).chain((DATA_START..DATA_START + 60_000).step_by(67));
    for at in positions {
        let copy = MemDisk::from_image(disk.image());
        flip_bits(&copy, &path, at, 1 << (at % 8)).unwrap();
        let before = copy.image();
        match try_open(Arc::new(copy.clone()), config(RING), Lsn(0), 2) {
            Ok(opened) => {
                let data = opened.data();
                assert_eq!(data.len(), 12, "flip at {at}");
                for (found, n) in data.iter().zip(0..) {
                    assert_eq!(found.payload, bytes(n, 3000), "flip at {at}");
                }
            }
            Err(OpenError::Corrupt { path: named, at: lsn, floor, .. }) => {
                assert_eq!(named, path);
                assert!(lsn < floor);
                refused += 1;
                // Nothing was truncated: with the bit turned back everything is there.
                let repaired = MemDisk::from_image(before);
                flip_bits(&repaired, &path, at, 1 << (at % 8)).unwrap();
                assert_eq!(open(&repaired, RING, 2).data().len(), 12);
            }
            Err(error) => panic!("flip at {at}: {error}"),
        }
    }
    assert!(refused > 700, "{refused}");
}

#[test]
fn a_group_in_anothers_place_is_not_there() {
    let (disk, placed) = filled();
    let file = ring_file(&disk);
    let [from, to] = [placed[3], placed[7]].map(|lsn| DATA_START + lsn.0 / 4096 * 4096);
    let mut group = vec![0; 4096];
    file.read_exact_at(&mut group, from).unwrap();
    file.write_at(&group, to, broker_env::disk::Sync::Later).unwrap();
    let error = try_open(Arc::new(disk), config(RING), Lsn(0), 2).map(|_| ()).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{said}");
    assert!(said.contains(&format!("{:?}", Lsn(placed[7].0 / 4096 * 4096))), "{said}");
    assert!(said.contains("ring.log"), "{said}");
}

#[test]
fn the_last_group_without_a_witness_counts_as_torn() {
    let disk = MemDisk::default();
    let patient = broker_wal::WalConfig {
        commit_cell_idle: std::time::Duration::from_secs(3600),
        ..config(RING)
    };
    let opened = try_open(Arc::new(disk.clone()), patient, Lsn(0), 1).unwrap();
    append_durably(&opened.wal, b"kept");
    let last = append_durably(&opened.wal, b"torn");
    drop(opened);
    let path = Path::new(DIR).join("ring.log");
    flip_bits(&disk, &path, DATA_START + last.lsn.0, 1).unwrap();
    let again = open(&disk, RING, 2);
    assert_eq!(again.data().len(), 1);
    let torn = again.report.truncated.unwrap();
    assert_eq!(torn.at.0, last.lsn.0 / 4096 * 4096);
    assert_eq!(torn.reason, "the payload hash differs");
    // What was cut off does not come back, and is not reported again.
    drop(again);
    let third = open(&disk, RING, 3);
    assert_eq!(third.data().len(), 1);
    assert_eq!(third.report.truncated, None);
}
