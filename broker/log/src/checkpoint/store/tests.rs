use broker_env::sim::{Call, Fault, FaultDisk, Kept, MemDisk, RecordingDisk, Rule};
use proptest::prelude::*;
use protocol_types::{
    LeaderEpoch, PartitionIndex, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicId,
    TopicPartition,
};
use rstest::rstest;

use super::*;
use crate::{CachedBatch, EpochStart, ProducerSnapshot, SegmentRef};

const V1_BASE: &[u8] = include_bytes!("../../../testdata/checkpoint-v1-base");
const V1_DELTAS: &[u8] = include_bytes!("../../../testdata/checkpoint-v1-deltas");
const GOLDEN_BASE: &[u8] = include_bytes!("../../../testdata/checkpoint-v2-base");
const GOLDEN_DELTAS: &[u8] = include_bytes!("../../../testdata/checkpoint-v2-deltas");

fn dir() -> &'static Path {
    Path::new("/data/checkpoint")
}

fn partition(id: u32) -> TopicPartition {
    TopicPartition { topic: TopicId([7; 16]), partition: PartitionIndex(id) }
}

fn segment(base: u64, end: u64) -> SegmentRef {
    SegmentRef {
        file: FileId(end),
        at: 4096,
        len: (end - base) * 10,
        base: Offset(base),
        end: Offset(end),
        max_timestamp: Timestamp(30),
        sealed_at: Timestamp(40),
        index: 2,
    }
}

fn change(id: u32, log_start: u64, segments: &[(u64, u64)], sealed_end: u64) -> PartitionChange {
    PartitionChange {
        local_id: LocalId(id),
        partition: partition(id),
        log_start: Offset(log_start),
        sealed_end: Offset(sealed_end),
        pages: Vec::new(),
        added: segments.iter().map(|&(base, end)| segment(base, end)).collect(),
        epochs: vec![EpochStart { epoch: LeaderEpoch(3), start: Offset(log_start) }],
        producers: vec![ProducerSnapshot {
            id: ProducerId(42),
            epoch: ProducerEpoch(1),
            last_used: Timestamp(50),
            batches: vec![CachedBatch {
                base_offset: Offset(8),
                max_timestamp: Timestamp(30),
                first_sequence: Sequence(5),
                last_delta: 1,
            }],
        }],
    }
}

fn delta(covered: u64, changed: Vec<PartitionChange>) -> Delta {
    Delta { covered: Lsn(covered), next_file: covered / 10, changed, removed: Vec::new() }
}

fn open(disk: &Arc<dyn Disk>) -> (CheckpointStore, CheckpointState) {
    CheckpointStore::open(Arc::clone(disk), dir()).unwrap()
}

fn mem() -> Arc<dyn Disk> {
    Arc::new(MemDisk::new())
}

/// A base with two partitions, a delta that changes one and adds one, and one that removes one.
fn fill(store: &mut CheckpointStore) {
    let base = [change(1, 0, &[(0, 10), (10, 20)], 20), change(2, 5, &[(0, 10)], 10)];
    store.write_base(Lsn(1000), FileId(100), base.into_iter()).unwrap();
    let changed = vec![change(1, 12, &[(20, 25)], 25), change(3, 0, &[(0, 5)], 5)];
    store.append_delta(&delta(2000, changed)).unwrap();
    let removed = vec![LocalId(2)];
    store.append_delta(&Delta { removed, ..delta(3000, Vec::new()) }).unwrap();
}

fn ends(state: &CheckpointState) -> Vec<(u32, u64, u64, usize)> {
    let partition = |(id, partition): (&LocalId, &crate::checkpoint::PartitionState)| {
        let state = &partition.state;
        (id.0, state.log_start.0, state.sealed_end.0, state.segments.len())
    };
    state.partitions.iter().map(partition).collect()
}

fn check_filled(state: &CheckpointState) {
    assert_eq!((state.covered, state.next_file), (Lsn(3000), 300));
    assert_eq!(ends(state), [(1, 12, 25, 2), (3, 0, 5, 1)]);
    let first = &state.partitions[&LocalId(1)];
    assert_eq!(first.partition, partition(1));
    assert_eq!(first.state.segments, [segment(10, 20), segment(20, 25)]);
    assert_eq!(first.state.epochs, change(1, 12, &[], 0).epochs);
    assert_eq!(first.state.producers, change(1, 0, &[], 0).producers);
}

fn disk_with(base: &[u8], deltas: &[u8]) -> Arc<dyn Disk> {
    let disk = mem();
    disk.create_dir_all(dir()).unwrap();
    replace_file(disk.as_ref(), &dir().join(BASE), base).unwrap();
    replace_file(disk.as_ref(), &dir().join(deltas_name(2)), deltas).unwrap();
    disk
}

fn golden() -> Arc<dyn Disk> {
    disk_with(GOLDEN_BASE, GOLDEN_DELTAS)
}

#[test]
fn a_first_start_is_empty_and_a_second_finds_everything() {
    let disk = mem();
    let (mut store, state) = open(&disk);
    assert_eq!(state, CheckpointState::default());
    fill(&mut store);
    drop(store);
    check_filled(&open(&disk).1);
    check_filled(&read(disk.as_ref(), dir()).unwrap());
}

#[test]
fn version_1_is_read_for_ever() {
    let disk = disk_with(V1_BASE, V1_DELTAS);
    let (mut store, state) = open(&disk);
    check_filled(&state);
    // And goes on in it until the next base.
    store.append_delta(&delta(4000, vec![change(1, 12, &[(25, 30)], 30)])).unwrap();
    assert_eq!(ends(&open(&disk).1), [(1, 12, 30, 3), (3, 0, 5, 1)]);
}

#[test]
fn version_2_is_read_for_ever() {
    check_filled(&open(&golden()).1);
}

#[test]
fn the_store_still_writes_version_2() {
    let disk = mem();
    fill(&mut open(&disk).0);
    let file = |name: &str| read_file(disk.as_ref(), &dir().join(name)).unwrap().unwrap();
    assert!(file(BASE) == GOLDEN_BASE, "the format changed: raise its version");
    assert!(file(&deltas_name(2)) == GOLDEN_DELTAS, "the format changed: raise its version");
}

#[test]
fn appending_goes_on_after_a_restart() {
    let disk = golden();
    let (mut store, _) = open(&disk);
    store.append_delta(&delta(4000, vec![change(1, 12, &[(25, 30)], 30)])).unwrap();
    assert_eq!(ends(&open(&disk).1), [(1, 12, 30, 3), (3, 0, 5, 1)]);
}

#[test]
fn a_new_base_takes_the_place_of_base_and_deltas() {
    let disk = golden();
    let (mut store, _) = open(&disk);
    store.write_base(Lsn(5000), FileId(500), [change(9, 0, &[(0, 5)], 5)].into_iter()).unwrap();
    store.append_delta(&delta(6000, vec![change(9, 0, &[(5, 6)], 6)])).unwrap();
    let state = open(&disk).1;
    assert_eq!(ends(&state), [(9, 0, 6, 2)]);
    assert_eq!(state.covered, Lsn(6000));
    let names: Vec<String> =
        disk.list(dir()).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, [BASE.to_owned(), deltas_name(3)]);
}

#[test]
fn a_base_is_due_once_the_deltas_outgrow_it() {
    let disk = mem();
    let (mut store, _) = open(&disk);
    let mut producers = change(1, 0, &[(0, 5)], 5);
    producers.producers = vec![producers.producers[0].clone(); 1000];
    store.append_delta(&delta(10, vec![producers.clone()])).unwrap();
    let mut rounds = 1;
    producers.added.clear();
    while !store.base_due() {
        store.append_delta(&delta(10, vec![producers.clone()])).unwrap();
        rounds += 1;
    }
    assert!((20..60).contains(&rounds), "{rounds} deltas of about 40 KB");
    store.write_base(Lsn(10), FileId(1), [change(1, 0, &[(0, 5)], 5)].into_iter()).unwrap();
    assert!(!store.base_due());
}

#[rstest]
#[case::the_last_byte(1)]
#[case::half_of_it(12)]
#[case::all_but_a_byte(47)]
fn a_delta_torn_by_a_crash_is_dropped(#[case] cut: usize) {
    let disk = disk_with(GOLDEN_BASE, &GOLDEN_DELTAS[..GOLDEN_DELTAS.len() - cut]);
    let (mut store, state) = open(&disk);
    assert_eq!(ends(&state), [(1, 12, 25, 2), (2, 5, 10, 1), (3, 0, 5, 1)]);
    // What is written next stands where the torn one stood.
    let removed = vec![LocalId(2)];
    store.append_delta(&Delta { removed, ..delta(3000, Vec::new()) }).unwrap();
    check_filled(&open(&disk).1);
}

#[test]
fn a_flipped_bit_anywhere_is_named_or_taken_for_a_torn_end() {
    let whole = open(&golden()).1;
    let torn_ends = [(1, 12, 25, 2), (2, 5, 10, 1), (3, 0, 5, 1)];
    let flip = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << (at % 8);
        bytes
    };
    for at in 0..GOLDEN_BASE.len() {
        let disk = disk_with(&flip(GOLDEN_BASE, at), GOLDEN_DELTAS);
        let error = CheckpointStore::open(disk, dir()).unwrap_err();
        assert!(error.to_string().contains("checkpoint file base is corrupt"), "{at}: {error}");
    }
    let mut torn = 0;
    for at in 0..GOLDEN_DELTAS.len() {
        let disk = disk_with(GOLDEN_BASE, &flip(GOLDEN_DELTAS, at));
        match CheckpointStore::open(disk, dir()) {
            Err(error) => assert!(error.to_string().contains("deltas-0000000000000002"), "{error}"),
            Ok((_, state)) => {
                assert_ne!(state, whole, "byte {at} was overlooked");
                assert_eq!(ends(&state), torn_ends, "byte {at}");
                torn += 1;
            }
        }
    }
    assert_eq!(torn, 24 + 28, "the bytes of the last delta");
}

#[rstest]
#[case::base(BASE)]
#[case::deltas("deltas-0000000000000002")]
fn a_missing_file_is_no_first_start(#[case] name: &str) {
    let disk = golden();
    disk.remove_file(&dir().join(name)).unwrap();
    let error = CheckpointStore::open(disk, dir()).unwrap_err().to_string();
    assert!(error.contains(name) && error.contains("missing"), "{error}");
}

#[test]
fn a_newer_major_is_refused_by_name() {
    let mut base = GOLDEN_BASE.to_vec();
    (base[8], base[12]) = (3, 3);
    let sum = crate::codec::checksum(&base[..48]);
    base[48..56].copy_from_slice(&sum.to_le_bytes());
    let error = CheckpointStore::open(disk_with(&base, GOLDEN_DELTAS), dir()).unwrap_err();
    assert!(error.to_string().contains("file base has format 3.0"), "{error}");
}

#[rstest]
#[case::left_out(vec![change(1, 12, &[(30, 35)], 35)])]
#[case::sealed_without_a_segment(vec![change(1, 12, &[], 35)])]
#[case::overlap(vec![change(1, 12, &[(24, 35)], 35)])]
#[case::beyond_the_sealed_end(vec![change(1, 12, &[(25, 35)], 30)])]
#[case::new_partition_from_the_middle(vec![change(8, 0, &[(5, 10)], 10)])]
fn a_delta_that_leaves_out_segments_makes_a_base_due(#[case] changed: Vec<PartitionChange>) {
    let disk = golden();
    let (mut store, before) = open(&disk);
    let error = store.append_delta(&delta(4000, changed)).unwrap_err();
    assert!(matches!(error, CheckpointError::BaseDue));
    assert!(store.base_due());
    assert_eq!(open(&disk).1, before);
    let all = [change(1, 12, &[(10, 20), (20, 25), (25, 30)], 30)];
    store.write_base(Lsn(4000), FileId(400), all.into_iter()).unwrap();
    assert_eq!(ends(&open(&disk).1), [(1, 12, 30, 3)]);
}

#[test]
fn deleted_offsets_need_no_segment() {
    let disk = golden();
    let (mut store, _) = open(&disk);
    store.append_delta(&delta(4000, vec![change(1, 30, &[(28, 35)], 35)])).unwrap();
    store.append_delta(&delta(4000, vec![change(3, 9, &[], 9)])).unwrap();
    assert_eq!(ends(&open(&disk).1), [(1, 30, 35, 1), (3, 9, 9, 0)]);
}

#[rstest]
#[case::write(Call::Write, Fault::Eio)]
#[case::short(Call::Write, Fault::ShortWrite { bytes: 30 })]
#[case::space(Call::Write, Fault::NoSpace)]
#[case::sync(Call::SyncData, Fault::Eio)]
fn after_a_failed_delta_the_base_is_rewritten(#[case] call: Call, #[case] fault: Fault) {
    let faults = FaultDisk::over(golden());
    let disk: Arc<dyn Disk> = Arc::new(faults.clone());
    let (mut store, _) = open(&disk);
    let injected = faults.inject(Rule::on(call), fault);
    let next = delta(4000, vec![change(1, 12, &[(25, 30)], 30)]);
    assert!(matches!(store.append_delta(&next), Err(CheckpointError::Io { .. })));
    assert_eq!(injected.hits(), 1);
    assert!(store.base_due());
    assert!(matches!(store.append_delta(&next), Err(CheckpointError::BaseDue)));
    let all = [change(1, 12, &[(10, 20), (20, 25), (25, 30)], 30)];
    store.write_base(Lsn(4000), FileId(400), all.into_iter()).unwrap();
    assert_eq!(ends(&open(&disk).1), [(1, 12, 30, 3)]);
}

/// Stops the machine at every point of a life with deltas and new bases, with nothing or all of
/// what was not synced on disk: what was acknowledged is there, and nothing that was never written.
#[test]
fn nothing_acknowledged_is_lost_at_any_crash_point() {
    let recording = RecordingDisk::over(MemDisk::new().image());
    let log = recording.log().clone();
    let disk: Arc<dyn Disk> = Arc::new(recording);
    let (mut store, _) = open(&disk);
    for round in 1..=9_u64 {
        let end = round * 10;
        if round % 3 == 0 {
            let segments: Vec<(u64, u64)> = (0..round).map(|n| (n * 10, n * 10 + 10)).collect();
            let all = [change(1, 0, &segments, end)];
            store.write_base(Lsn(round), FileId(round), all.into_iter()).unwrap();
        } else {
            let next_file = round;
            let changed = vec![change(1, 0, &[(end - 10, end)], end)];
            store.append_delta(&Delta { next_file, ..delta(round, changed) }).unwrap();
        }
        log.mark(round);
    }
    let (mut points, mut states) = (log.points(), 0);
    while let Some(point) = points.advance() {
        let acknowledged = point.marks().last().copied().unwrap_or(0);
        for kept in [Kept::none(point.pending()), Kept::all(point.pending())] {
            let found: Arc<dyn Disk> = Arc::new(MemDisk::from_image(point.image(&kept)));
            let (mut store, state) = open(&found);
            let at = state.covered.0;
            assert!(at == acknowledged || at == acknowledged + 1, "{at}, {acknowledged}");
            let sealed_end = state.partitions.get(&LocalId(1)).map_or(0, |p| p.state.sealed_end.0);
            assert_eq!(sealed_end, at * 10);
            let end = sealed_end + 10;
            let changed = vec![change(1, 0, &[(sealed_end, end)], end)];
            let next_file = at + 1;
            store.append_delta(&Delta { next_file, ..delta(at + 1, changed) }).unwrap();
            assert_eq!(open(&found).1.covered, Lsn(at + 1));
            states += 1;
        }
    }
    assert!(states > 100, "{states} crash states");
}

proptest! {
    #[test]
    fn rubbish_never_panics_and_takes_no_memory(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        in_base: bool,
    ) {
        let (mut base, mut deltas) = (GOLDEN_BASE.to_vec(), GOLDEN_DELTAS.to_vec());
        let bytes = if in_base { &mut base } else { &mut deltas };
        for (at, byte) in &edits {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let _ = CheckpointStore::open(disk_with(&base, &deltas), dir());
    }
}
