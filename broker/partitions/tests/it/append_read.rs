//! Appends and reads of data that is still in the ring.

use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_log::AppendError;
use broker_partitions::{AppendRefusal, Produce, ReadPlan, ReadRefusal, ReadRequest, ShardId};
use protocol_records::BatchView;
use protocol_types::{IsolationLevel, LeaderEpoch, Offset, Timestamp};

use crate::fixture::{Storage, assert_stored, batch, idempotent, stamped};

fn storage() -> Storage {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    Storage::open(&disk, &Arc::default())
}

#[test]
fn what_is_acknowledged_is_read_back_with_offsets_given_by_the_leader() {
    let storage = storage();
    storage.create_topic("orders", 2, &[]);
    let (first, second) = (storage.partition("orders", 0), storage.partition("orders", 1));
    let (a, b, c) = (batch(1, 3, 20), batch(2, 1, 500), batch(3, 2, 0));
    assert_eq!(storage.produce(&first, &a).base_offset, Offset(0));
    assert_eq!(storage.produce(&second, &b).base_offset, Offset(0));
    assert_eq!(storage.produce(&first, &c).base_offset, Offset(3));

    let read = storage.read(&first, 0, u64::MAX);
    assert_eq!(read.len(), 2);
    assert_stored(&read[0], &a, 0);
    assert_stored(&read[1], &c, 3);
    // An offset within a batch yields the whole batch.
    assert_stored(&storage.read(&first, 2, 1)[0], &a, 0);
    assert_stored(&storage.read(&second, 0, u64::MAX)[0], &b, 0);
}

#[test]
fn one_call_appends_to_many_partitions_and_repeats_of_one_follow_each_other() {
    let storage = storage();
    storage.create_topic("t", 3, &[]);
    let partitions: Vec<_> = (0..3).map(|index| storage.partition("t", index)).collect();
    let sent: Vec<Vec<u8>> = (0..9).map(|seed| batch(seed, 2, 30)).collect();
    let items: Vec<Produce<'_>> = sent
        .iter()
        .enumerate()
        .map(|(number, batch)| Produce {
            partition: &partitions[2 - number % 3],
            batch: BatchView::parse(batch).unwrap(),
        })
        .collect();
    let mut results = Vec::new();
    storage.partitions.append(Timestamp(5), &items, &mut results);
    let offsets: Vec<u64> = results.iter().map(|r| r.as_ref().unwrap().base_offset.0).collect();
    assert_eq!(offsets, [0, 0, 0, 2, 2, 2, 4, 4, 4]);
    storage.wait_acked(results[8].as_ref().unwrap().ack);
    assert_stored(&storage.read(&partitions[0], 4, 1)[0], &sent[8], 4);
}

#[test]
fn nothing_is_readable_before_it_is_durable_and_a_waiting_shard_is_told() {
    let storage = storage();
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    partition.await_move(ShardId(1));
    let appended = storage.append(&partition, &batch(1, 1, 10)).unwrap();
    if !storage.partitions.is_acked(appended.ack) {
        let marks = storage.partitions.marks(&partition);
        assert!(marks.high_watermark == Offset(0) || storage.partitions.is_acked(appended.ack));
    }
    storage.block_on(storage.partitions.signals().changed(ShardId(1)));
    let mut touched = Vec::new();
    storage.partitions.signals().take_touched(ShardId(1), &mut touched);
    assert_eq!(touched, [partition.local_id()]);
    assert_eq!(storage.partitions.marks(&partition).high_watermark, Offset(1));
}

#[test]
fn under_async_a_batch_is_readable_at_once() {
    let storage = storage();
    storage.create_topic("t", 1, &[("flush.policy", "async")]);
    let partition = storage.partition("t", 0);
    let appended = storage.append(&partition, &batch(1, 4, 10)).unwrap();
    assert!(storage.partitions.is_acked(appended.ack));
    assert_eq!(storage.partitions.marks(&partition).high_watermark, Offset(4));
}

#[test]
fn trap_37_a_duplicate_is_answered_with_the_originals_offset_and_stored_once() {
    let storage = storage();
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    for sequence in 0..6 {
        storage.produce(&partition, &idempotent(7, 0, sequence, 1));
    }
    let again = storage.produce(&partition, &idempotent(7, 0, 5, 1));
    assert_eq!(again.base_offset, Offset(5));
    let refused = storage.append(&partition, &idempotent(7, 0, 0, 1)).unwrap_err();
    let AppendRefusal::Idempotence(AppendError::DuplicateSequence { .. }) = refused else {
        panic!("{refused:?}")
    };
    let refused = storage.append(&partition, &idempotent(7, 0, 9, 1)).unwrap_err();
    let AppendRefusal::Idempotence(AppendError::OutOfOrderSequence { .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(storage.partitions.marks(&partition).log_end, Offset(6));
}

#[test]
fn a_duplicate_within_one_call_waits_for_the_call() {
    let storage = storage();
    storage.create_topic("t", 1, &[]);
    let partition = &storage.partition("t", 0);
    let bytes = idempotent(7, 0, 0, 2);
    let batch = BatchView::parse(&bytes).unwrap();
    let mut results = Vec::new();
    let item = Produce { partition, batch };
    storage.partitions.append(Timestamp(5), &[item, item], &mut results);
    assert_eq!(results[0], results[1]);
    storage.wait_acked(results[1].as_ref().unwrap().ack);
    assert_eq!(storage.read(partition, 0, u64::MAX).len(), 1);
}

#[test]
fn trap_35_log_append_time_stamps_the_batch_and_keeps_its_checksum_right() {
    let storage = storage();
    storage.create_topic("t", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let partition = storage.partition("t", 0);
    let appended = storage.produce(&partition, &batch(1, 3, 10));
    let stamped = appended.log_append_time.unwrap();
    let read = storage.read(&partition, 0, u64::MAX);
    let view = BatchView::parse(&read[0]).unwrap();
    assert!(view.crc_matches());
    assert_eq!(view.max_timestamp(), stamped);
}

#[test]
fn traps_50_and_56_wrong_offsets_and_epochs_are_named() {
    let storage = storage();
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    storage.produce(&partition, &batch(1, 3, 10));
    let current = partition.leader_epoch();
    let ask = |offset, leader_epoch| {
        let request = ReadRequest {
            offset: Offset(offset),
            bytes_max: 100,
            at_least_one: true,
            isolation: IsolationLevel::ReadCommitted,
            leader_epoch,
        };
        storage.partitions.plan_read(&partition, &request, &mut ReadPlan::default())
    };
    assert!(ask(3, None).is_ok(), "the log end is where consumers wait");
    assert!(matches!(ask(4, None), Err(ReadRefusal::OutOfRange(..))));
    assert!(ask(0, Some(current)).is_ok());
    let newer = LeaderEpoch(current.0 + 1);
    assert!(matches!(ask(0, Some(newer)), Err(ReadRefusal::UnknownEpoch { .. })));
    let older = LeaderEpoch(current.0 - 1);
    assert!(matches!(ask(0, Some(older)), Err(ReadRefusal::FencedEpoch { .. })));
}

#[test]
fn trap_60_a_lookup_by_time_is_exact_per_record_also_out_of_order() {
    let storage = storage();
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    for timestamp in [100, 50, 200] {
        storage.produce(&partition, &stamped(1, 3, 5, None, timestamp));
    }
    let find = |target| {
        let isolation = IsolationLevel::ReadUncommitted;
        let found = storage.partitions.find_timestamp(&partition, Timestamp(target), isolation);
        storage.block_on(found).unwrap().map(|found| (found.offset.0, found.timestamp.0))
    };
    assert_eq!(find(0), Some((0, 100)));
    assert_eq!(find(102), Some((2, 102)));
    assert_eq!(find(103), Some((6, 200)));
    assert_eq!(find(203), None);
    let newest = storage.partitions.find_max_timestamp(&partition, IsolationLevel::ReadUncommitted);
    assert_eq!(storage.block_on(newest).unwrap().unwrap().offset, Offset(8));
}

#[test]
fn a_deleted_topic_takes_no_more_and_its_successor_starts_empty() {
    let storage = storage();
    storage.create_topic("t", 1, &[]);
    let old = storage.partition("t", 0);
    storage.produce(&old, &batch(1, 3, 10));
    storage.delete_topic("t");
    assert!(storage.partitions.topic("t").is_none());
    assert_eq!(storage.append(&old, &batch(2, 1, 10)), Err(AppendRefusal::Gone));

    storage.create_topic("t", 1, &[]);
    let new = storage.partition("t", 0);
    assert_ne!(new.id(), old.id());
    assert_eq!(storage.produce(&new, &batch(3, 1, 10)).base_offset, Offset(0));
}

#[test]
fn writers_of_both_shards_keep_each_partitions_order() {
    let storage = Arc::new(storage());
    storage.create_topic("t", 2, &[]);
    let writers: Vec<_> = (0..2_u32)
        .map(|index| {
            let storage = Arc::clone(&storage);
            broker_env::threads::spawn("writer", move || {
                let partition = storage.partition("t", index);
                for seed in 0..200 {
                    storage.produce_patiently(&partition, &batch(seed, 1, 700));
                }
            })
            .unwrap()
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    for index in 0..2 {
        let partition = storage.partition("t", index);
        let all = storage.read_all(&partition, 4096);
        assert_eq!(all.len(), 200);
        for (seed, stored) in all.iter().enumerate() {
            assert_stored(stored, &batch(seed as u64, 1, 700), seed as u64);
        }
    }
}
