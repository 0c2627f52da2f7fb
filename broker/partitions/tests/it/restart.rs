//! Restarts: everything acknowledged is there again, whether it was sealed or not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use broker_env::ManualClock;
use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_partitions::{OpenError, Partition};
use protocol_types::{LeaderEpoch, Offset};
use rstest::rstest;

use crate::fixture::{DATA, RING, Storage, assert_stored, batch, eventually, idempotent, stamped};

/// A disk, and a way to kill what runs on it: the image is taken without a shutdown.
fn killed(disk: &MemDisk) -> (Arc<dyn Disk>, MemDisk) {
    let disk = MemDisk::from_image(disk.image());
    (Arc::new(disk.clone()), disk)
}

fn on_ring(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "ring")
}

#[test]
fn after_a_kill_everything_acknowledged_is_there_and_offsets_go_on() {
    let clock = Arc::<ManualClock>::default();
    let mut disk = MemDisk::new();
    let mut written = 0;
    for life in 0..4_u32 {
        let (dyn_disk, next) = killed(&disk);
        disk = next;
        let storage = Storage::open(&dyn_disk, &clock);
        if life == 0 {
            storage.create_topic("t", 2, &[]);
        }
        let partition = storage.partition("t", 1);
        assert_eq!(partition.leader_epoch(), LeaderEpoch(life + 1));
        let all = storage.read_all(&partition, 40_000);
        assert_eq!(all.len() as u64, written);
        for (offset, stored) in (0..).zip(&all) {
            assert_stored(stored, &batch(offset, 1, 9_000), offset);
        }
        // More than a lap in each life, so that sealed files, ring file and memory all serve.
        for _ in 0..RING / 9_000 * 3 / 2 {
            let appended = storage.produce_patiently(&partition, &batch(written, 1, 9_000));
            assert_eq!(appended.base_offset, Offset(written));
            written += 1;
        }
        let (_, image) = killed(&disk);
        drop(storage);
        disk = image;
    }
}

#[test]
fn a_ring_that_went_missing_before_anything_was_sealed_is_no_first_start() {
    let clock = Arc::<ManualClock>::default();
    let memory = MemDisk::new();
    let disk: Arc<dyn Disk> = Arc::new(memory.clone());
    {
        let storage = Storage::open(&disk, &clock);
        storage.create_topic("t", 1, &[]);
        storage.produce(&storage.partition("t", 0), &batch(0, 1, 100));
    }
    let whole = memory.image();
    memory.remove_file(Path::new("/data/ring/ring.log")).unwrap();
    let refused = Storage::try_open(&disk, &clock).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::Ring(broker_wal::OpenError::Missing { .. })), "{refused}");
    assert!(refused.to_string().contains("mount or restore it"), "{refused}");

    let disk: Arc<dyn Disk> = Arc::new(MemDisk::from_image(whole));
    let storage = Storage::open(&disk, &clock);
    assert_eq!(storage.read_all(&storage.partition("t", 0), 1_000).len(), 1);
}

/// The machine stopped between the ring's first entry and the delta that tells of it.
#[test]
fn a_ring_that_no_checkpoint_knows_of_is_taken_in_by_the_next_start() {
    let clock = Arc::<ManualClock>::default();
    let memory = MemDisk::new();
    let disk: Arc<dyn Disk> = Arc::new(memory.clone());
    {
        let storage = Storage::open(&disk, &clock);
        storage.create_topic("t", 1, &[]);
        storage.produce(&storage.partition("t", 0), &batch(0, 1, 100));
    }
    memory.remove_dir_all(Path::new("/data/checkpoint")).unwrap();
    {
        let storage = Storage::open(&disk, &clock);
        assert_eq!(storage.read_all(&storage.partition("t", 0), 1_000).len(), 1);
    }
    memory.remove_file(Path::new("/data/ring/ring.log")).unwrap();
    assert!(Storage::try_open(&disk, &clock).is_err());
}

#[test]
fn duplicates_are_known_across_a_restart_sealed_or_not() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    let sequences = {
        let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
        storage.create_topic("t", 1, &[]);
        let partition = storage.partition("t", 0);
        let sequences = 2_000;
        for sequence in 0..sequences {
            storage.produce_patiently(&partition, &idempotent(9, 0, sequence, 1));
            storage.produce_patiently(&partition, &batch(1, 1, 1_000));
        }
        sequences
    };
    let (dyn_disk, _) = killed(&disk);
    let storage = Storage::open(&dyn_disk, &clock);
    let partition = storage.partition("t", 0);
    let end = storage.partitions.marks(&partition).log_end;
    let again = storage.produce(&partition, &idempotent(9, 0, sequences - 1, 1));
    assert_eq!(again.base_offset, Offset(end.0 - 2));
    assert_eq!(storage.partitions.marks(&partition).log_end, end);
    assert_eq!(storage.produce(&partition, &idempotent(9, 0, sequences, 1)).base_offset, end);
}

#[test]
fn a_topic_deleted_before_the_restart_does_not_come_back() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    {
        let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
        storage.create_topic("gone", 1, &[]);
        storage.create_topic("stays", 1, &[]);
        for seed in 0..200 {
            storage.produce_patiently(&storage.partition("gone", 0), &batch(seed, 1, 5_000));
            storage.produce_patiently(&storage.partition("stays", 0), &batch(seed, 1, 5_000));
        }
        storage.delete_topic("gone");
    }
    let (dyn_disk, _) = killed(&disk);
    let storage = Storage::open(&dyn_disk, &clock);
    assert!(storage.partitions.topic("gone").is_none());
    assert_eq!(storage.read_all(&storage.partition("stays", 0), 9_999).len(), 200);
}

#[test]
fn deleted_records_stay_deleted() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    {
        let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
        storage.create_topic("t", 1, &[]);
        let partition = storage.partition("t", 0);
        for seed in 0..10 {
            storage.produce(&partition, &batch(seed, 1, 100));
        }
        let (low, ack) = storage.partitions.delete_records(&partition, Some(Offset(4))).unwrap();
        assert_eq!(low, Offset(4));
        storage.wait_acked(ack);
        assert!(storage.partitions.delete_records(&partition, Some(Offset(11))).is_err());
    }
    let (dyn_disk, _) = killed(&disk);
    let storage = Storage::open(&dyn_disk, &clock);
    let partition = storage.partition("t", 0);
    assert_eq!(storage.partitions.marks(&partition).log_start, Offset(4));
    assert_eq!(storage.read_all(&partition, 1_000).len(), 6);
    let (low, _) = storage.partitions.delete_records(&partition, None).unwrap();
    assert_eq!(low, Offset(10));
}

#[test]
fn a_repeated_deletion_is_acknowledged_no_sooner_than_the_first() {
    let disk = FaultDisk::over(Arc::new(MemDisk::new()));
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &Arc::default());
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    storage.produce(&partition, &batch(1, 2, 100));
    let stalled = disk.inject(Rule::on(Call::Write).path(on_ring).from_nth(1), Fault::Stall);
    let (_, first) = storage.partitions.delete_records(&partition, Some(Offset(1))).unwrap();
    let (_, again) = storage.partitions.delete_records(&partition, Some(Offset(1))).unwrap();
    let acked = (storage.partitions.is_acked(first), storage.partitions.is_acked(again));
    stalled.release();
    assert_eq!(acked, (false, false));
    storage.wait_acked(again);
    assert!(storage.partitions.is_acked(first));
}

#[test]
fn records_that_retention_dropped_and_a_client_deleted_stay_deleted() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
    storage.create_topic("t", 1, &[("retention.ms", "1000")]);
    let partition = storage.partition("t", 0);
    storage.produce(&partition, &batch(1, 2, 100));
    eventually("retention", || {
        clock.advance(Duration::from_secs(61));
        storage.partitions.marks(&partition).log_start == Offset(2)
    });
    let (_, ack) = storage.partitions.delete_records(&partition, Some(Offset(1))).unwrap();
    storage.wait_acked(ack);
    let (dyn_disk, _) = killed(&disk);
    let storage = Storage::open(&dyn_disk, &Arc::default());
    assert!(storage.partitions.marks(&storage.partition("t", 0)).log_start >= Offset(1));
}

/// Raises the log start of a partition as far as it may go.
type Raise = fn(&Storage, &Arc<Partition>);

fn by_retention(storage: &Storage, partition: &Arc<Partition>) {
    // The sealer may have taken the time late, or be in a round that began before.
    eventually("retention", || {
        storage.clock.advance(Duration::from_secs(61));
        storage.partitions.marks(partition).log_start > Offset(0)
    });
}

fn by_delete_records(storage: &Storage, partition: &Arc<Partition>) {
    storage.partitions.delete_records(partition, None).unwrap();
}

#[rstest]
#[case(by_retention)]
#[case(by_delete_records)]
fn a_log_start_above_what_a_crash_leaves_does_not_keep_the_broker_from_starting(
    #[case] raise: Raise,
) {
    let clock = Arc::<ManualClock>::default();
    let memory = MemDisk::new();
    let disk = FaultDisk::over(Arc::new(memory.clone()));
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
    storage.create_topic("t", 1, &[("flush.policy", "async"), ("retention.ms", "1000")]);
    storage.create_topic("other", 1, &[]);
    let partition = storage.partition("t", 0);
    let durable = storage.append(&partition, &stamped(1, 1, 100, None, 1_000)).unwrap();
    storage.partitions.wait_durable(durable.ack).unwrap();

    // From here on nothing reaches the ring file: the next batch is acknowledged in memory alone.
    let stalled = disk.inject(Rule::on(Call::Write).path(on_ring).from_nth(1), Fault::Stall);
    storage.produce(&partition, &stamped(2, 1, 100, None, 1_000));
    raise(&storage, &partition);
    // Makes the sealer write a checkpoint.
    storage.delete_topic("other");
    let killed = || MemDisk::from_image(memory.image());
    eventually("a checkpoint with the log start", || {
        let checkpoint = Path::new(DATA).join("checkpoint");
        let state = broker_log::checkpoint::read(&killed(), &checkpoint).unwrap();
        state.partitions.values().any(|partition| partition.state.log_start > Offset(0))
    });
    let disk: Arc<dyn Disk> = Arc::new(killed());
    stalled.release();
    drop(storage);
    let storage = Storage::open(&disk, &clock);
    let marks = storage.partitions.marks(&storage.partition("t", 0));
    assert_eq!((marks.log_start, marks.log_end), (Offset(1), Offset(1)));
}

#[test]
fn what_was_recovered_is_read_and_sealed_in_few_reads_of_the_ring_file() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    let batches = RING / 4096 * 2 / 5;
    {
        let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
        storage.create_topic("t", 1, &[]);
        for seed in 0..batches {
            storage.produce(&storage.partition("t", 0), &batch(seed, 1, 1_000));
        }
    }
    let (_, memory) = killed(&disk);
    let disk = FaultDisk::over(Arc::new(memory.clone()));
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
    let reads = Arc::<AtomicU64>::default();
    let counted = Arc::clone(&reads);
    let count = move |path: &Path| {
        counted.fetch_add(u64::from(on_ring(path)), Ordering::SeqCst);
        false
    };
    disk.inject(Rule::on(Call::Read).path(count), Fault::Eio);

    let partition = storage.partition("t", 0);
    let all = storage.read_all(&partition, 50_000);
    assert_eq!(all.len() as u64, batches);
    for (offset, stored) in (0..).zip(&all) {
        assert_stored(stored, &batch(offset, 1, 1_000), offset);
    }
    let segments = || memory.list(&Path::new(DATA).join("segments")).unwrap();
    for seed in batches..2 * batches {
        storage.produce_patiently(&partition, &batch(seed, 1, 1_000));
    }
    eventually("a sealed file", || !segments().is_empty());
    let reads = reads.load(Ordering::SeqCst);
    assert!(reads < batches / 5, "{reads} reads for {batches} batches");
}
