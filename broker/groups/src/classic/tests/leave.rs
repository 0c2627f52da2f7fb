//! LeaveGroup: members by id, static ones by instance, pending ones.

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};

#[test]
fn who_leaves_is_not_waited_for() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let leader = world.group.leader().cloned().unwrap();
    let follower = ids.iter().find(|&id| *id != leader).unwrap();
    assert_eq!(world.leave(&[(Some(&leader), None)]), [ErrorCode::None]);
    assert_eq!(world.heartbeat(follower, 1), ErrorCode::RebalanceInProgress);
    let token = world.join(again(follower));
    assert_eq!(world.joined(token).leader.as_ref(), Some(follower));
}

#[test]
fn the_last_one_leaves_an_empty_group_with_a_record() {
    let (mut world, ids) = World::stable(&["a"]);
    let written = world.records.len();
    world.leave(&[(Some(&ids[0]), None)]);
    assert_eq!((world.group.state(), world.group.generation()), (State::Empty, 2));
    assert_eq!(world.records.len(), written + 1);
    assert_eq!(world.group.protocol(), None);
    assert_eq!(world.group.protocol_type().map(|kind| &**kind), Some("consumer"));
}

#[test]
fn a_follower_that_leaves_while_it_waits_is_answered() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    for id in &ids {
        world.join(again(id));
    }
    world.join(again(&world.group.leader().cloned().unwrap()));
    for id in &ids {
        world.join(again(id));
    }
    assert_eq!(world.group.state(), State::CompletingRebalance);
    let generation = world.group.generation();
    let follower = ids.iter().find(|&id| Some(id) != world.group.leader()).unwrap().clone();
    let token = world.sync(sync(&follower, generation));
    world.leave(&[(Some(&follower), None)]);
    assert_eq!(world.synced(token).error, ErrorCode::UnknownMemberId);
}

#[test]
fn a_batch_is_answered_member_by_member() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    world.join(fixed("i"));
    let pending = world.join(Join { requires_known_member: true, ..new("p") });
    let pending = world.joined(pending).member_id.unwrap();
    let codes = world.leave(&[
        (Some(&ids[0]), None),
        (Some("stranger"), None),
        (None, Some("i")),
        (None, Some("nobody")),
        (Some("wrong"), Some("i")),
        (Some(&pending), None),
        (None, None),
    ]);
    let unknown = ErrorCode::UnknownMemberId;
    let expected =
        [ErrorCode::None, unknown, ErrorCode::None, unknown, unknown, ErrorCode::None, unknown];
    assert_eq!(codes, expected);
    assert_eq!(world.group.member_count(), 1);
}

#[test]
fn a_static_member_is_fenced_when_it_leaves_under_an_old_id() {
    let mut world = World::new();
    world.join(fixed("i"));
    assert_eq!(world.leave(&[(Some("old"), Some("i"))]), [ErrorCode::FencedInstanceId]);
    assert_eq!(world.group.member_count(), 1);
}

#[rstest]
fn nobody_known_leaves_nothing_changed(#[values("", "stranger")] id: &str) {
    let (mut world, _) = World::stable(&["a"]);
    assert_eq!(world.leave(&[(Some(id), None)]), [ErrorCode::UnknownMemberId]);
    assert_eq!(world.group.state(), State::Stable);
}
