//! Who may commit, and what of it is kept: traps 66 and 67.

use protocol_types::{ErrorCode, LeaderEpoch};
use rstest::rstest;

use super::bench::{Bench, codes, one};
use crate::offsets::Commit;

#[rstest]
#[case::trap_66_from_outside(one("g", "t", 0, 5), ErrorCode::None)]
#[case::trap_66_unknown_group(Commit { generation: Some(3), ..one("g", "t", 0, 5) }, ErrorCode::GroupIdNotFound)]
#[case::trap_66_unknown_group_before_v9(
    Commit { generation: Some(3), knows_group_not_found: false, ..one("g", "t", 0, 5) },
    ErrorCode::IllegalGeneration
)]
#[case::negative_offsets_are_kept_as_they_are(one("g", "t", 0, -7), ErrorCode::None)]
fn who_may_commit(#[case] commit: Commit, #[case] code: ErrorCode) {
    let mut bench = Bench::new();
    let offset = commit.topics[0].1[0].1.offset;
    assert_eq!(codes(bench.commit(commit)), [code]);
    let kept = (code == ErrorCode::None).then_some(offset);
    assert_eq!(bench.get("g", "t", 0), kept);
}

#[test]
fn a_member_that_is_none_may_not_commit_to_a_group_of_others() {
    let mut bench = Bench::new();
    bench.set("g", "t", 0, 1);
    let stranger = Commit { member: "m".into(), generation: Some(1), ..one("g", "t", 0, 2) };
    assert_eq!(codes(bench.commit(stranger)), [ErrorCode::UnknownMemberId]);
    assert_eq!(bench.get("g", "t", 0), Some(1));
}

/// The limit counts as Kafka counts: UTF-16 units; other partitions of the request are committed.
#[rstest]
#[case::fits("0123456789", ErrorCode::None)]
#[case::trap_67_too_long("0123456789a", ErrorCode::OffsetMetadataTooLarge)]
#[case::more_bytes_than_letters("ääääääääää", ErrorCode::None)]
#[case::two_units_each("🎈🎈🎈🎈🎈🎈", ErrorCode::OffsetMetadataTooLarge)]
fn trap_67_metadata_has_a_limit(#[case] metadata: &str, #[case] code: ErrorCode) {
    let mut bench = Bench::new();
    let mut commit = one("g", "t", 0, 5);
    let mut other = commit.topics[0].1[0].clone();
    other.0.0 = 1;
    commit.topics[0].1.push(other);
    commit.topics[0].1[0].1.metadata = metadata.into();
    assert_eq!(codes(bench.commit(commit)), [code, ErrorCode::None]);
    assert_eq!(bench.get("g", "t", 1), Some(5));
    assert_eq!(bench.get("g", "t", 0).is_some(), code == ErrorCode::None);
}

#[test]
fn trap_67_metadata_and_epoch_come_back_as_they_were() {
    let mut bench = Bench::new();
    let mut commit = one("g", "t", 0, 5);
    commit.topics[0].1[0].1.metadata = "note".into();
    commit.topics[0].1[0].1.leader_epoch = Some(LeaderEpoch(9));
    assert_eq!(codes(bench.commit(commit)), [ErrorCode::None]);
    let committed = bench.machine.offsets().iter().next().unwrap().1.clone();
    assert_eq!(&*committed.metadata, "note");
    assert_eq!(committed.leader_epoch, Some(LeaderEpoch(9)));
}

#[test]
fn a_later_commit_wins_even_if_it_is_lower() {
    let mut bench = Bench::new();
    bench.set("g", "t", 0, 50);
    bench.set("g", "t", 0, 20);
    assert_eq!(bench.get("g", "t", 0), Some(20));
    assert_eq!(bench.machine.offsets().len(), 1);
}
