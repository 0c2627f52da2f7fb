//! What is refused, with which code, and that a refusal changes nothing.

use protocol_types::{ErrorCode, PartitionIndex, TopicId};
use rstest::rstest;

use super::super::*;
use super::fixture::*;

fn blank(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[rstest]
#[case::no_member(beat("", 1), "MemberId can't be empty.")]
#[case::no_member_to_join(join("", &["a"]), "MemberId can't be empty.")]
#[case::no_group(Heartbeat { group: " ".into(), ..join("m", &["a"]) }, "GroupId can't be empty.")]
#[case::instance(Heartbeat { instance: blank(""), ..join("m", &["a"]) }, "InstanceId can't be empty.")]
#[case::rack(Heartbeat { rack: blank(""), ..join("m", &["a"]) }, "RackId can't be empty.")]
#[case::no_timeout(
    Heartbeat { rebalance_timeout_ms: None, ..join("m", &["a"]) },
    "RebalanceTimeoutMs must be provided in first request."
)]
#[case::owns_nothing_said(
    Heartbeat { owned: None, ..join("m", &["a"]) },
    "TopicPartitions must be empty when (re-)joining."
)]
#[case::owns(
    Heartbeat { owned: Some(set(1, [0])), ..join("m", &["a"]) },
    "TopicPartitions must be empty when (re-)joining."
)]
#[case::no_subscription(
    Heartbeat { topics: None, ..join("m", &["a"]) },
    "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
)]
#[case::static_leave(beat("m", -2), "InstanceId can't be null.")]
#[case::epoch(beat("m", -3), "MemberEpoch is invalid.")]
fn malformed_requests_are_refused_in_kafkas_words(#[case] request: Heartbeat, #[case] why: &str) {
    let refusal = Fixture::new().send(&request).unwrap_err();
    assert_eq!(refusal, Refusal::new(ErrorCode::InvalidRequest, why));
}

/// Version 0 lets the broker name the member.
#[test]
fn a_member_without_a_name_gets_one() {
    let mut fixture = Fixture::new();
    let request = Heartbeat { names_itself: false, ..join("", &["a"]) };
    assert_eq!(&*fixture.ok(&request).member, "unique");
}

#[test]
fn an_unknown_assignor_is_refused() {
    let mut fixture = Fixture::new();
    let request = Heartbeat { assignor: blank("sticky"), ..join("m", &["a"]) };
    let refusal = fixture.send(&request).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::UnsupportedAssignor);
    assert_eq!(
        refusal.message,
        "ServerAssignor sticky is not supported. Supported assignors: uniform, range."
    );
}

/// Trap 83: a member's epoch is its own; the group's is not asked for.
#[rstest]
#[case::known(3, None, None)]
#[case::greater(4, None, Some(ErrorCode::FencedMemberEpoch))]
#[case::older_than_previous(0x7fff_ffff, None, Some(ErrorCode::FencedMemberEpoch))]
#[case::previous_without_partitions(2, None, Some(ErrorCode::FencedMemberEpoch))]
#[case::previous_with_ours(2, Some(set(1, 0..4)), None)]
#[case::previous_with_others(2, Some(set(1, 0..9)), Some(ErrorCode::FencedMemberEpoch))]
fn epochs_fence(
    #[case] epoch: i32,
    #[case] owned: Option<Partitions>,
    #[case] refused: Option<ErrorCode>,
) {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    fixture.topics.set("a", 1, 5);
    fixture.group.topics_changed();
    assert_eq!(fixture.ok(&beat("m1", 2)).epoch, 3);
    let answer = fixture.send(&Heartbeat { owned, ..beat("m1", epoch) });
    assert_eq!(answer.err().map(|refusal| refusal.code), refused);
}

#[test]
fn a_join_that_is_repeated_is_the_same_member() {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    let again = fixture.ok(&join("m1", &["a"]));
    assert_eq!((again.epoch, again.assignment), (2, Some(set(1, 0..4))));
    assert_eq!(fixture.group.members().len(), 1);
}

#[test]
fn strangers_are_refused() {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    assert_eq!(fixture.refused(&beat("m2", 2)), ErrorCode::UnknownMemberId);
    assert_eq!(fixture.refused(&beat("m2", -1)), ErrorCode::UnknownMemberId);
}

#[test]
fn a_full_group_takes_no_more_members_but_keeps_its_own() {
    let mut fixture = Fixture::new();
    fixture.config.size_max = 1;
    fixture.ok(&join("m1", &["a"]));
    assert_eq!(fixture.refused(&join("m2", &["a"])), ErrorCode::GroupMaxSizeReached);
    assert_eq!(fixture.ok(&beat("m1", 2)).epoch, 2);
}

#[rstest]
#[case::same_epoch(Some(3), 0, Ok(()))]
#[case::newer(Some(4), 0, Err(ErrorCode::StaleMemberEpoch))]
#[case::kept_since_epoch_2(Some(2), 0, Ok(()))]
#[case::got_at_epoch_3(Some(2), 4, Err(ErrorCode::StaleMemberEpoch))]
#[case::not_its_own(Some(2), 9, Err(ErrorCode::StaleMemberEpoch))]
fn an_older_epoch_commits_for_what_the_member_kept(
    #[case] epoch: Option<i32>,
    #[case] partition: u32,
    #[case] expected: Result<(), ErrorCode>,
) {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    fixture.topics.set("a", 1, 5);
    fixture.group.topics_changed();
    fixture.ok(&beat("m1", 2));
    let group = &fixture.group;
    let topic = TopicId([1; 16]);
    let answer = group
        .validate_commit("m1", epoch)
        .and_then(|()| group.validate_partition("m1", epoch, topic, PartitionIndex(partition)));
    assert_eq!(answer, expected);
}

#[test]
fn who_may_commit_and_fetch() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.group.validate_commit("", None), Ok(()));
    fixture.ok(&join("m1", &["a"]));
    let group = &fixture.group;
    assert_eq!(group.validate_commit("", None), Err(ErrorCode::UnknownMemberId));
    assert_eq!(group.validate_fetch(None, None), Ok(()));
    assert_eq!(group.validate_fetch(Some("m1"), Some(2)), Ok(()));
    assert_eq!(group.validate_fetch(Some("m1"), Some(3)), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(group.validate_fetch(Some("m9"), Some(2)), Err(ErrorCode::UnknownMemberId));
    assert!(group.speaks_consumer_protocol("m1"));
}

#[test]
fn a_subscription_larger_than_a_record_is_refused() {
    let mut fixture = Fixture::new();
    let names: Vec<_> = (0..80).map(|n| format!("{n}-{}", "x".repeat(30_000))).collect();
    let large = Heartbeat { topics: Some(names), ..join("m1", &[]) };
    assert_eq!(fixture.refused(&large), ErrorCode::InvalidRequest);
    assert!(fixture.group.is_empty());
    fixture.ok(&join("m1", &["a"]));
    let large = Heartbeat { topics: large.topics, ..beat("m1", 2) };
    assert_eq!(fixture.refused(&large), ErrorCode::InvalidRequest);
    fixture.check_records();
}
