//! Lookups by time where batches lie about their times, or where data goes meanwhile.

use std::path::Path;
use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_env::threads;
use broker_partitions::{FoundRecord, LoadError, Partition, Partitions};
use protocol_records::{BatchBuilder, crc32c};
use protocol_types::{Codec, IsolationLevel, Offset, Timestamp};

use crate::fixture::{DATA, RING, Storage, batch, eventually};

/// A batch of records with these times whose header says that `max` is the largest.
fn claiming(max: i64, times: &[i64]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Codec::None);
    for time in times {
        builder.push(Timestamp(*time), None, Some(b"value"), &[]);
    }
    let mut batch = builder.build().unwrap();
    batch[35..43].copy_from_slice(&max.to_be_bytes());
    let crc = crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
    batch
}

#[test]
fn the_largest_timestamp_there_can_be_is_found_behind_a_header_that_hides_it() {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let storage = Storage::open(&disk, &Arc::default());
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    storage.produce(&partition, &claiming(1_000, &[10]));
    storage.produce(&partition, &claiming(500, &[0, i64::MAX]));
    let newest = storage.partitions.find_max_timestamp(&partition, IsolationLevel::ReadUncommitted);
    let newest = storage.block_on(newest).unwrap().unwrap();
    assert_eq!((newest.offset, newest.timestamp), (Offset(2), Timestamp(i64::MAX)));
}

fn find(
    partitions: &Partitions,
    partition: &Arc<Partition>,
    target: i64,
) -> Result<Option<FoundRecord>, LoadError> {
    let isolation = IsolationLevel::ReadUncommitted;
    let found = partitions.find_timestamp(partition, Timestamp(target), isolation);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(found)
}

#[test]
fn a_lookup_in_a_deleted_topic_whose_bytes_are_gone_from_the_ring_ends() {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let storage = Storage::open(&disk, &Arc::default());
    storage.create_topic("t", 1, &[]);
    storage.create_topic("other", 1, &[]);
    let partition = storage.partition("t", 0);
    storage.produce(&partition, &batch(1, 1, 100));
    storage.delete_topic("t");
    for seed in 0..2 * RING / 10_000 {
        storage.produce_patiently(&storage.partition("other", 0), &batch(seed, 1, 10_000));
    }
    let found = find(&storage.partitions, &partition, 0);
    assert!(matches!(found, Err(LoadError::Moved)), "{found:?}");
}

#[test]
fn a_lookup_whose_file_was_dropped_goes_on_in_what_is_left() {
    let memory = MemDisk::new();
    let disk = FaultDisk::over(Arc::new(memory.clone()));
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &Arc::default());
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    let count = 2 * RING / 10_000;
    for seed in 0..count {
        storage.produce_patiently(&partition, &batch(seed, 1, 10_000));
    }
    let files = || memory.list(&Path::new(DATA).join("segments")).unwrap();
    let first = files().into_iter().map(|entry| entry.name).min().unwrap();
    let name = first.clone();
    let of_first = move |path: &Path| path.file_name().is_some_and(|it| it == name.as_str());
    let stalled = disk.inject(Rule::on(Call::Open).path(of_first), Fault::Stall);
    let lookup = {
        let (partitions, partition) = (Arc::clone(&storage.partitions), Arc::clone(&partition));
        threads::spawn("lookup", move || find(&partitions, &partition, 0)).unwrap()
    };
    stalled.wait_hit();
    let left = Offset(count - 1);
    storage.partitions.delete_records(&partition, Some(left)).unwrap();
    eventually("the file to go", || files().iter().all(|entry| entry.name != first));
    stalled.release();
    let found = lookup.join().unwrap().unwrap().unwrap();
    assert_eq!(found.offset, left);
}
