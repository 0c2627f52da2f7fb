//! Lookups by time where batches lie about their times.

use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use protocol_records::{BatchBuilder, crc32c};
use protocol_types::{Codec, IsolationLevel, Offset, Timestamp};

use crate::fixture::Storage;

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
