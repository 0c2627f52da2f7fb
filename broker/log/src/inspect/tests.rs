use std::sync::Arc;

use broker_env::sim::flip_bits;
use protocol_types::{LocalId, PartitionIndex, TopicId};
use rstest::rstest;

use super::*;
use crate::RecoveredPartition;
use crate::checkpoint::PartitionState;
use crate::sealed::fixture::{DIR, Plan, mem_disk, sample, write};
use crate::sealed::{path_of, reclaim, remove};

/// Two files: a pack of two segments, and a large one.
fn files() -> (Arc<dyn Disk>, CheckpointState) {
    let disk = mem_disk();
    let large = Plan::new(8, 0, &[[1].as_slice(); 10], &[3; 20_000]);
    let mut state = CheckpointState::default();
    for (file, plans) in [(1, sample()), (2, vec![large])] {
        for segment in write(&disk, file, &plans).unwrap().segments {
            let local_id = LocalId(u32::try_from(state.partitions.len()).unwrap());
            let segments = vec![segment.segment];
            let recovered = RecoveredPartition { segments, ..RecoveredPartition::default() };
            let partition = segment.partition;
            state.partitions.insert(local_id, PartitionState { partition, state: recovered });
        }
    }
    (disk, state)
}

fn dir() -> &'static Path {
    Path::new(DIR)
}

fn all_faults(disk: &dyn Disk, state: &CheckpointState) -> Vec<String> {
    let reports = verify(disk, dir(), Some(state)).unwrap();
    reports.into_iter().flat_map(|report| report.faults).collect()
}

#[test]
fn intact_files_are_described_and_have_no_faults() {
    let (disk, state) = files();
    assert_eq!(all_faults(disk.as_ref(), &state), [""; 0]);
    let reports = describe(disk.as_ref(), dir(), None).unwrap();
    let listed: Vec<(u64, usize, usize)> =
        reports.iter().map(|r| (r.file.0, r.segments.len(), r.sections.len())).collect();
    assert_eq!(listed, [(1, 2, 7), (2, 1, 3)]);
    let partition = reports[1].segments[0].partition;
    assert_eq!(partition, TopicPartition { topic: TopicId([7; 16]), partition: PartitionIndex(8) });
    assert!(reports[1].segments[0].live);
}

#[rstest]
#[case::a_batch(
    2,
    100_000,
    "sealed file 0000000000000002, segment 0: batch is not the one written"
)]
#[case::a_section(1, 4096 + 480, "section checksum mismatch")]
#[case::the_header(1, 20, "header checksum mismatch")]
fn a_flipped_bit_is_found(#[case] file: u64, #[case] at: u64, #[case] says: &str) {
    let (disk, state) = files();
    flip_bits(disk.as_ref(), &path_of(dir(), FileId(file)), at, 1).unwrap();
    let faults = all_faults(disk.as_ref(), &state);
    assert!(faults.iter().any(|fault| fault.contains(says)), "{faults:?}");
}

#[test]
fn a_missing_file_is_reported() {
    let (disk, state) = files();
    remove(disk.as_ref(), dir(), FileId(1)).unwrap();
    assert_eq!(all_faults(disk.as_ref(), &state), ["sealed file 0000000000000001 is missing"]);
}

#[test]
fn dead_segments_are_not_verified() {
    let (disk, mut state) = files();
    let dead = state.partitions.remove(&LocalId(2)).unwrap().state.segments[0];
    reclaim(disk.as_ref(), dir(), dead.file, dead.at..dead.at + dead.len).unwrap();
    assert_eq!(all_faults(disk.as_ref(), &state), [""; 0]);
    let reports = describe(disk.as_ref(), dir(), Some(&state)).unwrap();
    assert!(!reports[1].segments[0].live);
}
