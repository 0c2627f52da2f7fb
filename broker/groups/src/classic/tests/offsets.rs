//! What a group says of offsets: trap 66, OffsetDelete and DeleteGroups, expiry.

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};
use crate::OffsetExpiry;

#[rstest]
#[case::trap_66_from_outside(None, "", ErrorCode::UnknownMemberId)]
#[case::trap_66_another_generation(Some(2), "a", ErrorCode::IllegalGeneration)]
#[case::a_member_without_a_generation(None, "a", ErrorCode::IllegalGeneration)]
#[case::a_stranger(Some(1), "stranger", ErrorCode::UnknownMemberId)]
#[case::right(Some(1), "a", ErrorCode::None)]
fn trap_66_members_alone_commit_while_there_are_any(
    #[case] generation: Option<u32>,
    #[case] who: &str,
    #[case] expected: ErrorCode,
) {
    let (mut world, ids) = World::stable(&["a"]);
    let id = if who == "a" { &ids[0] } else { who };
    let now = world.now();
    let allowed = world.group.validate_commit(now, id, None, generation);
    assert_eq!(allowed.err().unwrap_or(ErrorCode::None), expected);
}

#[test]
fn trap_66_anybody_commits_for_an_empty_group_and_no_member_does() {
    let mut world = World::new();
    let now = world.now();
    assert_eq!(world.group.validate_commit(now, "", None, None), Ok(()));
    let member = world.group.validate_commit(now, "m", None, Some(1));
    assert_eq!(member, Err(ErrorCode::UnknownMemberId));
}

#[test]
fn trap_66_nobody_commits_between_join_and_sync() {
    let mut world = World::new();
    let token = world.join(new("a"));
    world.pass(u64::from(INITIAL_DELAY_MS));
    let id = world.joined(token).member_id.unwrap();
    let now = world.now();
    let commit = world.group.validate_commit(now, &id, None, Some(1));
    assert_eq!(commit, Err(ErrorCode::RebalanceInProgress));
}

#[test]
fn the_last_generation_may_commit_while_the_next_is_prepared() {
    let (mut world, ids) = World::stable(&["a"]);
    world.join(new("b"));
    let now = world.now();
    assert_eq!(world.group.validate_commit(now, &ids[0], None, Some(1)), Ok(()));
}

#[test]
fn the_topics_of_consumers_are_known_while_they_are_there() {
    let (mut world, ids) = World::stable(&["a"]);
    assert!(world.group.is_subscribed("flights"));
    assert!(!world.group.is_subscribed("weather"));
    world.leave(&[(Some(&ids[0]), None)]);
    assert!(!world.group.is_subscribed("flights"));
}

#[test]
fn what_is_not_understood_may_be_any_topic() {
    let mut world = World::new();
    let protocols = vec![Protocol { name: "range".into(), metadata: "?".into() }];
    world.join(Join { protocols, ..new("a") });
    world.pass(u64::from(INITIAL_DELAY_MS));
    assert!(world.group.is_subscribed("anything"));
}

#[test]
fn trap_80_only_an_empty_group_is_deleted() {
    let (mut world, ids) = World::stable(&["a"]);
    assert_eq!(world.group.validate_delete(), Err(ErrorCode::NonEmptyGroup));
    world.leave(&[(Some(&ids[0]), None)]);
    assert_eq!(world.group.validate_delete(), Ok(()));
    world.step(|group, cx| group.retire(ErrorCode::GroupIdNotFound, cx));
    assert_eq!(world.group.validate_delete(), Err(ErrorCode::GroupIdNotFound));
}

#[rstest]
#[case::consumers("consumer", Ok(()))]
#[case::others("connect", Err(ErrorCode::NonEmptyGroup))]
fn offsets_of_a_filled_group_are_deleted_by_topic(
    #[case] kind: &str,
    #[case] expected: Result<(), ErrorCode>,
) {
    let mut world = World::new();
    world.join(Join { protocol_type: kind.into(), ..new("a") });
    assert_eq!(world.group.validate_offset_delete(), expected);
}

#[test]
fn offsets_expire_from_when_the_group_became_empty() {
    let world = World::new();
    assert_eq!(world.group.offset_expiry(), OffsetExpiry::SinceCommit);
    let (mut world, ids) = World::stable(&["a"]);
    assert_eq!(world.group.offset_expiry(), OffsetExpiry::SinceCommit, "but not of its topics");
    world.join(Join { protocols: protocols(&["range", "x"]), ..again(&ids[0]) });
    assert_eq!(world.group.offset_expiry(), OffsetExpiry::Never);
    world.leave(&[(Some(&ids[0]), None)]);
    let emptied = OffsetExpiry::SinceEmpty(world.now().wall);
    world.pass(100_000);
    assert_eq!(world.group.offset_expiry(), emptied);
}
