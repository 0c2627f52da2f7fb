//! Sealing: the ring laps, nothing is lost, and readers do not notice.

use std::collections::BTreeMap;
use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_log::sealed::{ObservedSection, SegmentHead, SegmentObserver};
use broker_partitions::ObserverFactory;
use parking_lot::Mutex;
use protocol_records::{BatchView, DecodedBatch};
use protocol_types::{IsolationLevel, Timestamp, TopicPartition};

use crate::fixture::{RING, Storage, assert_stored, batch, eventually, stamped};

fn storage() -> Storage {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    Storage::open(&disk, &Arc::default())
}

#[test]
fn five_laps_over_many_partitions_read_back_whole_from_files_and_ring() {
    let storage = storage();
    storage.create_topic("t", 7, &[]);
    let partitions: Vec<_> = (0..7).map(|index| storage.partition("t", index)).collect();
    let size = 3_000;
    let rounds = 5 * RING / (size as u64 * 7);
    for round in 0..rounds {
        for partition in &partitions {
            storage.produce_patiently(partition, &batch(round, 1, size));
        }
    }
    for partition in &partitions {
        let all = storage.read_all(partition, 50_000);
        assert_eq!(all.len() as u64, rounds);
        for (offset, stored) in (0..).zip(&all) {
            assert_stored(stored, &batch(offset, 1, size), offset);
        }
    }
}

#[test]
fn lookups_by_time_cross_from_files_into_the_ring() {
    let storage = storage();
    storage.create_topic("t", 1, &[("segment.bytes", "1048576")]);
    let partition = storage.partition("t", 0);
    let count = 3 * RING / 10_000;
    for number in 0..count {
        let timestamp = 1_000 * i64::try_from(number).unwrap();
        storage.produce_patiently(&partition, &stamped(number, 2, 5_000, None, timestamp));
    }
    for number in [0, 1, count / 2, count - 1] {
        let target = Timestamp(1_000 * i64::try_from(number).unwrap() + 1);
        let isolation = IsolationLevel::ReadUncommitted;
        let found = storage.partitions.find_timestamp(&partition, target, isolation);
        let found = storage.block_on(found).unwrap().unwrap();
        assert_eq!((found.offset.0, found.timestamp), (2 * number + 1, target));
        assert_eq!(found.leader_epoch, Some(partition.leader_epoch()));
    }
}

#[test]
fn a_quiet_partition_does_not_hold_the_ring() {
    let storage = storage();
    storage.create_topic("quiet", 1, &[]);
    storage.create_topic("busy", 1, &[]);
    let (quiet, busy) = (storage.partition("quiet", 0), storage.partition("busy", 0));
    storage.produce(&quiet, &batch(1, 1, 10));
    for seed in 0..300 {
        storage.produce_patiently(&busy, &batch(seed, 1, 10_000));
    }
    eventually("less than three quarters used", || {
        let ring = storage.partitions.occupancy();
        ring.used < ring.capacity / 4 * 3
    });
    assert_stored(&storage.read_all(&quiet, 100)[0], &batch(1, 1, 10), 0);
}

/// Offsets that were shown, by partition.
type Seen = Arc<Mutex<BTreeMap<TopicPartition, Vec<u64>>>>;

struct Witness {
    seen: Seen,
    partition: Option<TopicPartition>,
}

impl SegmentObserver for Witness {
    fn begin(&mut self, segment: &SegmentHead) {
        self.partition = Some(segment.partition);
    }

    fn batch(&mut self, batch: &DecodedBatch<'_>) {
        let mut seen = self.seen.lock();
        let offsets = seen.entry(self.partition.unwrap()).or_default();
        offsets.extend(batch.records().map(|record| batch.offset_of(&record.unwrap()).0));
    }

    fn undecodable(&mut self, _: &BatchView<'_>) {
        unreachable!("nothing is compressed");
    }

    fn end(&mut self) -> Option<ObservedSection> {
        self.partition = None;
        None
    }
}

#[test]
fn observers_see_each_sealed_record_once_and_in_order() {
    let seen = Seen::default();
    let told = Arc::clone(&seen);
    let witness = move || Witness { seen: Arc::clone(&told), partition: None };
    let observers = ObserverFactory::new(move || vec![Box::new(witness())]);
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let storage = Storage::observed(&disk, &Arc::default(), observers).unwrap();
    storage.create_topic("t", 3, &[]);
    let partitions: Vec<_> = (0..3).map(|index| storage.partition("t", index)).collect();
    for round in 0..3 * RING / 9_000 {
        for partition in &partitions {
            storage.produce_patiently(partition, &batch(round, 2, 1_500));
        }
    }
    let seen = seen.lock();
    for partition in &partitions {
        let offsets = seen.get(&partition.id()).expect("the ring has lapped");
        assert!(offsets.iter().copied().eq(0..offsets.len() as u64), "{offsets:?}");
    }
}
