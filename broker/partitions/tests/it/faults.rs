//! Disks that fail: defined answers, nothing acknowledged lost, never a wrong byte.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use broker_env::ManualClock;
use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_partitions::AppendRefusal;

use crate::fixture::{RING, Storage, assert_stored, batch, eventually};

fn on_segments(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "segments")
}

fn on_ring(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "ring")
}

#[test]
fn without_space_for_sealed_files_appends_are_refused_before_they_are_taken_and_nothing_is_lost() {
    let clock = Arc::<ManualClock>::default();
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let fault = disk.inject(Rule::on(Call::Write).path(on_segments).from_nth(1), Fault::NoSpace);
    let storage = Storage::open(&(Arc::clone(&disk) as Arc<dyn Disk>), &clock);
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    let mut taken = 0;
    let refused = loop {
        match storage.append(&partition, &batch(taken, 1, 10_000)) {
            Ok(appended) => {
                storage.wait_acked(appended.ack);
                taken += 1;
            }
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, AppendRefusal::RingFull(_)), "{refused:?}");
    // Each batch is a group of its own here, in three blocks of 4 KiB.
    assert!(taken * 3 * 4096 > RING / 10 * 8, "refused at {taken} batches");
    eventually("an attempt to seal", || fault.hits() > 0);
    assert_eq!(storage.read_all(&partition, 100_000).len() as u64, taken);

    // Space is there again: sealing goes on by itself, and so do producers.
    fault.release();
    for seed in taken..taken + 100 {
        storage.produce_patiently(&partition, &batch(seed, 1, 10_000));
    }
    let all = storage.read_all(&partition, 100_000);
    for (offset, stored) in (0..).zip(&all) {
        assert_stored(stored, &batch(offset, 1, 10_000), offset);
    }
}

#[test]
fn an_io_error_of_the_ring_poisons_and_what_was_acknowledged_survives() {
    let clock = Arc::<ManualClock>::default();
    let memory = MemDisk::new();
    let disk = Arc::new(FaultDisk::over(Arc::new(memory.clone())));
    let acknowledged = {
        let storage = Storage::open(&(Arc::clone(&disk) as Arc<dyn Disk>), &clock);
        storage.create_topic("t", 1, &[]);
        let partition = storage.partition("t", 0);
        for seed in 0..20 {
            storage.produce(&partition, &batch(seed, 1, 1_000));
        }
        let fault = disk.inject(
            Rule::on(Call::Write).path(on_ring).from_nth(1),
            Fault::ShortWrite { bytes: 1024 },
        );
        let appended = storage.append(&partition, &batch(20, 1, 1_000)).unwrap();
        eventually("the poisoned ring", || storage.poisoned.load(Ordering::SeqCst));
        assert!(fault.hits() > 0);
        assert!(!storage.partitions.is_acked(appended.ack), "a failed write is never acknowledged");
        20
    };
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::from_image(memory.image()));
    let storage = Storage::open(&disk, &clock);
    let all = storage.read_all(&storage.partition("t", 0), 10_000);
    assert!(all.len() >= acknowledged);
    for (offset, stored) in (0..).zip(&all) {
        assert_stored(stored, &batch(offset, 1, 1_000), offset);
    }
}

#[test]
fn a_flipped_bit_of_a_sealed_file_is_an_error_and_never_a_wrong_byte() {
    let clock = Arc::<ManualClock>::default();
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let storage = Storage::open(&(Arc::clone(&disk) as Arc<dyn Disk>), &clock);
    storage.create_topic("t", 1, &[]);
    let partition = storage.partition("t", 0);
    for seed in 0..2 * RING / 10_000 {
        storage.produce_patiently(&partition, &batch(seed, 1, 10_000));
    }
    let flip = Fault::FlipOnRead { at: 20_000, mask: 0x10 };
    let fault = disk.inject(Rule::on(Call::Read).path(on_segments).from_nth(1), flip);
    let mut request = broker_partitions::ReadRequest {
        offset: protocol_types::Offset(0),
        bytes_max: 40_000,
        at_least_one: true,
        isolation: protocol_types::IsolationLevel::ReadUncommitted,
        leader_epoch: None,
    };
    let mut errors = 0;
    for offset in 0..8 {
        request.offset = protocol_types::Offset(offset);
        let mut plan = broker_partitions::ReadPlan::default();
        let marks = storage.partitions.plan_read(&partition, &request, &mut plan).unwrap();
        let limits = broker_partitions::ReadLimits {
            bytes_max: 40_000,
            upto: marks.high_watermark,
            at_least_one: true,
        };
        match storage.block_on(storage.partitions.load(&partition, plan, limits)) {
            Err(_) => errors += 1,
            Ok(loaded) => {
                for read in protocol_records::batches(&loaded.concat()) {
                    let read = read.unwrap();
                    let at = read.base_offset().0;
                    assert_stored(read.bytes(), &batch(at, 1, 10_000), at);
                }
            }
        }
    }
    assert!(fault.hits() > 0, "the fault landed");
    assert!(errors > 0, "the batch under the flipped bit is refused");
}
