//! Retention gives disk space back, and only what expired.

use std::sync::Arc;
use std::time::Duration;

use broker_controller::commands::alter_configs::{
    AlterConfigs, Alteration, ConfigResource, Operation,
};
use broker_env::ManualClock;
use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use protocol_types::Offset;

use crate::fixture::{RING, Storage, assert_stored, batch, eventually, idempotent};

#[test]
fn expired_topics_give_their_share_of_packs_back_and_the_infinite_one_stays_whole() {
    let clock = Arc::<ManualClock>::default();
    let disk = MemDisk::new();
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &clock);
    storage.create_topic("for-ever", 1, &[("retention.ms", "-1")]);
    storage.create_topic("short", 9, &[("retention.ms", "1000")]);
    let keep = storage.partition("for-ever", 0);
    let short: Vec<_> = (0..9).map(|index| storage.partition("short", index)).collect();
    let rounds = 6 * RING / 200_000;
    for round in 0..rounds {
        storage.produce_patiently(&keep, &batch(round, 1, 20_000));
        for partition in &short {
            storage.produce_patiently(partition, &batch(round, 1, 20_000));
        }
    }
    let before = disk.image().used_bytes();
    clock.advance(Duration::from_secs(3_600));
    eventually("disk space", || {
        // Retention looks once a minute of the broker's time.
        clock.advance(Duration::from_secs(61));
        let sealed = 5 * RING;
        disk.image().used_bytes() + sealed / 2 < before
    });
    for partition in &short {
        assert!(storage.partitions.marks(partition).log_start > Offset(0));
    }
    let all = storage.read_all(&keep, 100_000);
    assert_eq!(all.len() as u64, rounds);
    assert_stored(&all[3], &batch(3, 1, 20_000), 3);
}

#[test]
fn retention_by_bytes_keeps_the_newest() {
    let clock = Arc::<ManualClock>::default();
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let storage = Storage::open(&disk, &clock);
    storage.create_topic("t", 1, &[("retention.bytes", "500000"), ("retention.ms", "-1")]);
    let partition = storage.partition("t", 0);
    let count = 4 * RING / 10_000;
    for seed in 0..count {
        storage.produce_patiently(&partition, &batch(seed, 1, 10_000));
    }
    eventually("a higher log start", || {
        clock.advance(Duration::from_secs(61));
        storage.partitions.marks(&partition).log_start > Offset(count / 2)
    });
    let left = storage.read_all(&partition, 100_000);
    assert!(left.len() >= 50, "{} batches of 10 kB are less than retention.bytes", left.len());
    assert_stored(left.last().unwrap(), &batch(count - 1, 1, 10_000), count - 1);
}

#[test]
fn the_silence_a_producer_is_granted_changes_at_run_time() {
    let clock = Arc::<ManualClock>::default();
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let storage = Storage::open(&disk, &clock);
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    storage.produce(&partition, &idempotent(7, 0, 0, 1));
    let known = || storage.partitions.active_producers(&partition).len();
    assert_eq!(known(), 1);
    let alteration = Alteration {
        name: "producer.id.expiration.ms".to_owned(),
        operation: Operation::Set,
        value: Some("1000".to_owned()),
    };
    let all_brokers = ConfigResource::Broker(String::new());
    let resources = vec![(all_brokers, vec![alteration])];
    let altered = storage.controller.submit(AlterConfigs { resources, validate_only: false });
    altered.unwrap().into_iter().for_each(|(_, result)| result.unwrap());
    // An hour is far less than the day it had.
    clock.advance(Duration::from_secs(3_600));
    eventually("its expiry", || {
        clock.advance(Duration::from_secs(61));
        known() == 0
    });
}
