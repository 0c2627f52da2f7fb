use std::path::Path;

use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_log::{PartitionLog, ReadLimits, SealedPart, sealed};
use broker_wal::{Class, Entry, EntryKind};
use protocol_types::{FlushPolicy, Offset, Sequence};

use super::*;
use crate::workers::fixture::{append, checkpoint, partition, sealer, storage};

fn mem_disk() -> Arc<dyn Disk> {
    Arc::new(MemDisk::new())
}

#[test]
fn a_log_start_that_rises_after_the_switch_stands_in_the_same_checkpoint() {
    let storage = storage(&mem_disk());
    let partition = partition(1, &[]);
    append(&storage, &partition, 100);
    append(&storage, &partition, 100);
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    let durable = storage.wal.durable();
    let changed = sealer.seal_into_files(&[vec![LocalId(1)]], durable).unwrap();
    let mut state = partition.lock();
    let dropped = state.log.set_log_start(Offset(1));
    state.log_start_moved = true;
    sealer.graves.lock().dropped.merge(dropped);
    drop(state);
    sealer.commit(changed, durable).unwrap();
    assert_eq!(checkpoint(&storage).partitions[&LocalId(1)].state.log_start, Offset(1));
}

fn on_segments(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "segments")
}

#[test]
fn after_a_failed_round_groups_do_not_wake_the_sealer_until_one_went_well() {
    let disk = FaultDisk::over(Arc::new(MemDisk::new()));
    let storage = storage(&(Arc::new(disk.clone()) as Arc<dyn Disk>));
    let partition = partition(1, &[]);
    while storage.wal.durable().0 < storage.wal.capacity() * 3 / 5 {
        append(&storage, &partition, 10_000);
    }
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    let full = disk.inject(Rule::on(Call::Write).path(on_segments).from_nth(1), Fault::NoSpace);
    let mut retained = Instant(0);
    assert!(!sealer.turn(&mut retained));
    assert_eq!(sealer.wake.due(), Lsn(u64::MAX));
    full.release();
    assert!(!sealer.turn(&mut retained));
    assert_eq!(sealer.wake.due(), Lsn(sealer.covered.0 + storage.wal.capacity() / 2));
    assert!(sealer.covered > Lsn(0));
}

#[test]
fn while_nothing_can_be_sealed_dead_data_goes_all_the_same() {
    let disk = FaultDisk::over(Arc::new(MemDisk::new()));
    let storage = storage(&(Arc::new(disk.clone()) as Arc<dyn Disk>));
    let partition = partition(1, &[("retention.ms", "1000")]);
    append(&storage, &partition, 100);
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    sealer.seal_span(storage.wal.durable()).unwrap();
    while storage.wal.durable().0 < storage.wal.capacity() * 3 / 5 {
        append(&storage, &partition, 10_000);
    }
    disk.inject(Rule::on(Call::Write).path(on_segments).from_nth(1), Fault::NoSpace);
    let failed = sealer.round(&mut Instant(0));
    assert!(matches!(failed, Err(WorkError::Seal(SealError::NoSpace { .. }))), "{failed:?}");
    assert_eq!(sealed::list(&*storage.disk, &storage.segments_dir).unwrap(), []);
    let known = &checkpoint(&storage).partitions[&LocalId(1)].state;
    assert_eq!(known.log_start, partition.lock().log.log_end());
}

#[test]
fn a_ring_without_room_for_the_news_of_a_file_is_sealed_all_the_same() {
    let storage = storage(&mem_disk());
    let partition = partition(1, &[]);
    while storage.wal.admit(Class::User, 1, 10_100, 10_100).is_ok() {
        append(&storage, &partition, 10_000);
    }
    let entry = Entry {
        kind: EntryKind::CheckpointMark,
        local_id: LocalId(0),
        class: Class::Control,
        flush: FlushPolicy::Fsync,
        parts: [&[0; 32], &[]],
    };
    while let Ok(admission) = storage.wal.admit(Class::Control, 1, 32, 32) {
        let end = storage.wal.append(admission, &[entry], &mut Vec::new());
        storage.wal.wait_durable_blocking(end).unwrap();
    }
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    sealer.round(&mut Instant(0)).unwrap();
    assert!(sealer.covered > Lsn(0));
    assert_eq!(checkpoint(&storage).covered, sealer.covered);
}

#[test]
fn a_file_that_is_read_while_it_is_removed_does_not_stay_open() {
    let disk = FaultDisk::over(Arc::new(MemDisk::new()));
    let storage = storage(&(Arc::new(disk.clone()) as Arc<dyn Disk>));
    let partition = partition(1, &[]);
    append(&storage, &partition, 100);
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    sealer.seal_span(storage.wal.durable()).unwrap();
    let segment = *partition.lock().log.segments().resident().next().unwrap();
    let reader = Arc::clone(&storage);
    let read = move |path: &Path| {
        let upto = segment.end;
        let limits = ReadLimits { bytes_max: 0, upto, at_least_one: true };
        if on_segments(path) {
            reader.files.read(&SealedPart { segment, from: segment.base }, limits).unwrap();
        }
        false
    };
    disk.inject(Rule::on(Call::Remove).path(read), Fault::Eio);
    let dropped = partition.lock().log.set_log_start(segment.end);
    sealer.graves.lock().dropped.merge(dropped);
    sealer.drop_dead().unwrap();
    assert_eq!(sealed::list(&*storage.disk, &storage.segments_dir).unwrap(), []);
    assert_eq!(storage.files.open_files(), 0);
}

#[test]
fn the_space_of_a_dead_file_goes_to_the_next_one() {
    let mem = MemDisk::new();
    let storage = storage(&(Arc::new(mem.clone()) as Arc<dyn Disk>));
    let partition = partition(1, &[]);
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    sealer.upkeep.spare = Duration::from_secs(60);
    let mut seal = |storage: &Storage| {
        (0..10).for_each(|_| append(storage, &partition, 20_000));
        sealer.seal_span(storage.wal.durable()).unwrap();
        let log_end = partition.lock().log.log_end();
        let dropped = partition.lock().log.set_log_start(log_end);
        sealer.graves.lock().dropped.merge(dropped);
        sealer.drop_dead().unwrap();
        sealer.release_spares().unwrap();
        (sealer.spares.bytes(), sealed::list(&*storage.disk, &storage.segments_dir).unwrap())
    };
    let (waiting, files) = seal(&storage);
    assert!(waiting > 200_000 && files.is_empty(), "{waiting} {files:?}");
    let used = mem.image().used_bytes();
    for _ in 0..3 {
        assert_eq!(seal(&storage), (waiting, vec![]));
    }
    let grown = mem.image().used_bytes() - used;
    assert!(grown < 50_000, "{grown} bytes more, the checkpoint's among them");
}

#[test]
fn small_partitions_whose_time_has_come_share_a_file() {
    let storage = storage(&mem_disk());
    let partitions: Vec<_> =
        (0..5).map(|local| partition(local, &[("segment.ms", "60000")])).collect();
    for partition in &partitions {
        append(&storage, partition, 100);
    }
    let mut sealer = sealer(&storage, &partitions);
    sealer.seal_early().unwrap();
    assert_eq!(sealed::list(&*storage.disk, &storage.segments_dir).unwrap().len(), 1);
    for known in checkpoint(&storage).partitions.values() {
        assert_eq!(known.state.sealed_end, Offset(1));
    }
    assert_eq!(checkpoint(&storage).partitions.len(), 5);
}

#[test]
fn partitions_whose_time_has_come_give_way_to_a_span() {
    let storage = storage(&mem_disk());
    let partition = partition(1, &[("segment.ms", "60000")]);
    while storage.wal.durable().0 < storage.wal.capacity() * 3 / 5 {
        append(&storage, &partition, 10_000);
    }
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    sealer.seal_early().unwrap();
    assert_eq!(partition.lock().log.sealed_end(), Offset(0));
}

/// Raises the log start of a partition of ten batches, seals what there is, and yields the sealed
/// files' lengths.
fn sealed_from(log_start: u64) -> Vec<u64> {
    let storage = storage(&mem_disk());
    let partition = partition(1, &[]);
    for _ in 0..10 {
        append(&storage, &partition, 20_000);
    }
    partition.lock().log.set_log_start(Offset(log_start));
    let mut sealer = sealer(&storage, std::slice::from_ref(&partition));
    let durable = storage.wal.durable();
    sealer.seal_span(durable).unwrap();

    let known = checkpoint(&storage);
    assert_eq!(known.covered, durable);
    let known = known.partitions[&LocalId(1)].state.clone();
    assert_eq!((known.log_start, known.sealed_end), (Offset(log_start), Offset(10)));
    // The next sequence of the producer is the one behind all ten.
    assert_eq!(known.producers[0].batches.last().unwrap().last_sequence(), Sequence(9));
    PartitionLog::recover(known).unwrap().check_recovered().unwrap();
    let files = sealed::list(&*storage.disk, &storage.segments_dir).unwrap();
    files.into_iter().map(|(_, len)| len).collect()
}

#[test]
fn what_died_in_the_ring_is_not_written_to_files() {
    let (all, some) = (sealed_from(0), sealed_from(7));
    assert_eq!((all.len(), some.len()), (1, 1));
    assert!(all[0] > 200_000 && some[0] < 80_000, "{all:?} {some:?}");
    assert_eq!(sealed_from(10), [0; 0], "nothing is left to write");
}
