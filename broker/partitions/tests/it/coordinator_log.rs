//! The log of a coordinator over the ring: what was appended is loaded, after kills, laps and
//! raised log starts too.

use std::sync::Arc;

use broker_coordinator::{AppendRefusal, CoordinatorLog, Placed, Record, ShardIndex};
use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_env::{Clock, ManualClock};
use broker_partitions::TopicLog;
use bytes::Bytes;
use protocol_types::{Offset, Timestamp};

use crate::fixture::{RING, Storage, eventually};

const TOPIC: &str = "__consumer_offsets";
const ONE: ShardIndex = ShardIndex(1);

fn record(number: u64, size: usize) -> Record {
    let key = Bytes::from(number.to_be_bytes().to_vec());
    Record { key, value: (!number.is_multiple_of(7)).then(|| Bytes::from(vec![1; size])) }
}

fn open(disk: &Arc<dyn Disk>, clock: &Arc<ManualClock>) -> (Storage, TopicLog) {
    let storage = Storage::open(disk, clock);
    let log = TopicLog::new(Arc::clone(&storage.partitions), TOPIC);
    (storage, log)
}

/// Appends as soon as there is room.
fn append(log: &TopicLog, clock: &ManualClock, records: &[Record]) -> Placed {
    let mut placed = Err(AppendRefusal::NoRoom);
    eventually("room in the ring", || {
        placed = log.append(ONE, clock.wall(), records);
        placed != Err(AppendRefusal::NoRoom)
    });
    placed.unwrap()
}

fn loaded(log: &TopicLog) -> (Vec<(Record, Timestamp)>, u64, Offset) {
    let mut records = Vec::new();
    let end = log.load(ONE, &mut |record, at| {
        records.push((record.clone(), at));
        Ok(())
    });
    let end = end.unwrap();
    (records, end.bytes, end.end)
}

#[test]
fn what_was_appended_is_loaded_after_a_kill_from_the_log_start_on() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    let (storage, log) = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
    assert_eq!(log.shards(), 0);
    assert_eq!(log.append(ONE, clock.wall(), &[record(1, 1)]), Err(AppendRefusal::Gone));
    storage.create_topic(TOPIC, 3, &[("cleanup.policy", "compact")]);
    assert_eq!(log.shards(), 3);

    // Ten laps, in batches of three; the log start follows, in the middle of a batch.
    let batches = RING * 10 / 12_000;
    let mut end = Offset(0);
    let mut kept = 0;
    for batch in 0..batches {
        let records: Vec<_> = (0..3).map(|n| record(batch * 3 + n, 4_000)).collect();
        let placed = append(&log, &clock, &records);
        assert_eq!(placed.base, end);
        end = Offset(placed.base.0 + 3);
        storage.block_on(async {
            while log.durable() < placed.end {
                log.moved().await;
            }
        });
        if batch % 20 == 19 {
            kept = end.0 - 4;
            log.raise_log_start(ONE, Offset(kept));
        }
    }
    let last = append(&log, &clock, &[record(end.0, 10)]);
    eventually("the last append to be durable", || log.durable() >= last.end);

    let expect = |log: &TopicLog| {
        let (records, bytes, next) = loaded(log);
        assert_eq!(next, Offset(end.0 + 1));
        assert_eq!(records.len() as u64, end.0 + 1 - kept);
        assert!(bytes < RING, "{bytes} bytes were read");
        for (number, (found, at)) in (kept..).zip(&records) {
            let size = if number == end.0 { 10 } else { 4_000 };
            assert_eq!(*found, record(number, size));
            assert_eq!(*at, clock.wall());
        }
    };
    expect(&log);
    let killed = MemDisk::from_image(disk.image());
    let (_restarted, log) = open(&(Arc::new(killed) as Arc<dyn Disk>), &clock);
    expect(&log);
}

#[test]
fn a_batch_larger_than_the_ring_takes_is_refused_for_good() {
    let clock = Arc::<ManualClock>::default();
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let (storage, log) = open(&disk, &clock);
    storage.create_topic(TOPIC, 3, &[("cleanup.policy", "compact")]);
    let too_large = usize::try_from(RING * 2).unwrap();
    let refused = log.append(ONE, clock.wall(), &[record(1, too_large)]);
    assert_eq!(refused, Err(AppendRefusal::TooLarge));
    let fits = usize::try_from(log.record_bytes_max()).unwrap() - 100;
    append(&log, &clock, &[record(1, fits)]);
}
