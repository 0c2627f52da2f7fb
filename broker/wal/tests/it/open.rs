//! Starts that must fail, with a reason and a remedy, and without touching the ring.

use std::path::Path;
use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_wal::{NodeIdentity, OpenError, WalConfig, inspect};
use protocol_types::Lsn;
use rstest::rstest;

use crate::harness::{DIR, NODE, append_durably, config, open, ring_file, try_open};

const RING: u64 = 256 << 10;

fn refused(disk: &MemDisk, config: WalConfig, from: u64, incarnation: u64) -> OpenError {
    match try_open(Arc::new(disk.clone()), config, Lsn(from), incarnation) {
        Ok(_) => panic!("the ring opened"),
        Err(error) => error,
    }
}

#[test]
fn one_process_at_a_time() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let error = refused(&disk, config(RING), 0, 2);
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    let error = inspect(&disk, Path::new(DIR), &mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    drop(opened);
    open(&disk, RING, 2);
}

#[rstest]
#[case::other_size(config(2 * RING), "set the ring size to 262144")]
#[case::no_whole_blocks(config(RING + 4096), "multiple of 64 KiB")]
#[case::other_broker(
    WalConfig { node: NodeIdentity { broker: 9, ..NODE }, ..config(RING) },
    "broker 3's, this is broker 9"
)]
#[case::other_cluster(
    WalConfig { node: NodeIdentity { cluster: [0; 16], ..NODE }, ..config(RING) },
    "cluster id"
)]
#[case::odd_groups(WalConfig { group_bytes_max: 9000, ..config(RING) }, "whole blocks")]
fn a_configuration_that_does_not_fit(#[case] config: WalConfig, #[case] says: &str) {
    let disk = MemDisk::default();
    drop(open(&disk, RING, 1));
    let error = refused(&disk, config, 0, 2).to_string();
    assert!(error.contains(says), "{error}");
    open(&disk, RING, 2);
}

#[test]
fn a_boot_number_is_never_used_twice() {
    let disk = MemDisk::default();
    drop(open(&disk, RING, 4));
    for incarnation in [0, 3, 4] {
        let error = refused(&disk, config(RING), 0, incarnation);
        assert!(matches!(error, OpenError::Incarnation { last: 4, .. }), "{error}");
    }
    assert_eq!(open(&disk, RING, 5).report.last_incarnation, 4);
}

#[test]
fn a_missing_ring_is_not_replaced_when_a_checkpoint_names_it() {
    let error = refused(&MemDisk::default(), config(RING), 4096, 1);
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
}

#[test]
fn a_ring_of_which_nobody_knows_whether_it_is_there_is_not_replaced() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    append_durably(&opened.wal, b"acknowledged");
    drop(opened);
    let faults = FaultDisk::over(Arc::new(disk.clone()));
    let ring = |path: &Path| path.ends_with("ring.log");
    let injected = faults.inject(Rule::on(Call::Exists).path(ring), Fault::Eio);
    let opened = try_open(Arc::new(faults), config(RING), Lsn(0), 2);
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
    assert_eq!(injected.hits(), 1);
    assert_eq!(open(&disk, RING, 2).data().len(), 1);
}

#[test]
fn a_checkpoint_beyond_the_rings_end_belongs_to_another_ring() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let end = append_durably(&opened.wal, b"x").end;
    drop(opened);
    let error = refused(&disk, config(RING), end.0 + 8192, 2);
    assert!(matches!(error, OpenError::CheckpointAhead { .. }), "{error}");
}

#[test]
fn a_checkpoint_below_the_rings_beginning_is_not_the_latest() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    for _ in 0..4 {
        append_durably(&opened.wal, &[1; 9000]);
    }
    opened.wal.advance_trim(opened.wal.durable());
    while opened.wal.trim() == Lsn(0) {
        std::thread::yield_now();
    }
    let trim = opened.wal.trim();
    drop(opened);
    let error = refused(&disk, config(RING), trim.0 - 1, 2);
    assert!(matches!(error, OpenError::CheckpointBehind { .. }), "{error}");
    try_open(Arc::new(disk), config(RING), trim, 2).unwrap();
}

#[test]
fn a_failing_replay_stops_the_start() {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::default());
    let opened = try_open(Arc::clone(&disk), config(RING), Lsn(0), 1).unwrap();
    let lsn = append_durably(&opened.wal, b"x").lsn;
    drop(opened);
    let error = broker_wal::Wal::open(
        disk,
        Arc::new(broker_env::OsClock),
        config(RING),
        Lsn(0),
        2,
        Arc::new(crate::harness::Reported::default()),
        &mut |entry| {
            if entry.payload == b"x" {
                return Err(broker_wal::ReplayError("unknown partition".into()));
            }
            Ok(())
        },
    )
    .unwrap_err();
    assert!(matches!(error, OpenError::Replay { at, .. } if at == lsn), "{error}");
}

#[test]
fn no_space_is_a_failed_start() {
    let disk = MemDisk::with_capacity(RING / 2);
    let error = refused(&disk, config(RING), 0, 1);
    assert!(matches!(error, OpenError::NoSpace { .. }), "{error}");
    assert!(error.to_string().contains("smaller ring size"), "{error}");
    open(&disk, RING / 4, 1);
}

#[test]
fn a_start_that_died_halfway_is_repeated() {
    let disk = MemDisk::default();
    disk.create_dir_all(Path::new(DIR)).unwrap();
    let half = Path::new(DIR).join("ring.log.new");
    let file = disk.open(&half, broker_env::disk::Open::create()).unwrap();
    file.write_at(b"half", 0, broker_env::disk::Sync::Later).unwrap();
    assert!(open(&disk, RING, 1).report.created);
    assert!(!disk.exists(&half).unwrap());
}

#[test]
fn one_damaged_superblock_is_survived_and_three_are_not() {
    let disk = MemDisk::default();
    drop(open(&disk, RING, 1));
    let file = ring_file(&disk);
    for copy in 0..3 {
        file.write_at(&[0xff; 512], copy * 4 * 4096, broker_env::disk::Sync::Later).unwrap();
        if copy < 2 {
            let report = inspect(&disk, Path::new(DIR), &mut |_| Ok(())).unwrap().recovery.unwrap();
            assert_eq!(report.last_incarnation, 1);
        }
    }
    let error = refused(&disk, config(RING), 0, 2);
    assert!(matches!(error, OpenError::Superblock { .. }), "{error}");
}

#[test]
fn an_inspection_finds_what_a_start_finds_and_changes_nothing() {
    let disk = MemDisk::default();
    let opened = open(&disk, RING, 1);
    let uuid = append_durably(&opened.wal, b"seen").lsn;
    drop(opened);
    let before = disk.image();
    let mut seen = Vec::new();
    let inspection = inspect(&disk, Path::new(DIR), &mut |entry| {
        seen.push((entry.lsn, entry.payload.to_vec()));
        Ok(())
    })
    .unwrap();
    assert_eq!(seen[1], (uuid, b"seen".to_vec()));
    assert_eq!((inspection.node, inspection.capacity, inspection.incarnation), (NODE, RING, 1));
    let report = inspection.recovery.unwrap();
    assert_eq!(report.head, open(&MemDisk::from_image(before), RING, 2).report.head);
}
