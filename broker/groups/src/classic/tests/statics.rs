//! Static members (KIP-345): trap 77.

use std::sync::Arc;

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};

/// A stable group of a dynamic member and the static `i`; returns their ids.
fn with_static() -> (World, Arc<str>, Arc<str>) {
    let mut world = World::new();
    let dynamic = world.join(new("d"));
    let fixed = world.join(fixed("i"));
    world.pass(3 * u64::from(INITIAL_DELAY_MS));
    let ids = [dynamic, fixed].map(|token| world.joined(token).member_id.unwrap());
    world.settle(&ids);
    let [dynamic, fixed] = ids;
    (world, dynamic, fixed)
}

#[test]
fn trap_77_who_comes_back_takes_its_place_without_a_rebalance() {
    let (mut world, _, old) = with_static();
    let written = world.records.len();
    let token = world.join(fixed("i"));
    let reply = world.joined(token);
    let new = reply.member_id.clone().unwrap();
    assert_eq!((reply.error, reply.generation), (ErrorCode::None, Some(1)));
    assert_ne!(new, old);
    assert_eq!(world.group.state(), State::Stable);
    assert_eq!(world.records.len(), written + 1, "the new id is written down");

    let token = world.sync(Sync { instance_id: Some("i".into()), ..sync(&new, 1) });
    assert_eq!(world.synced(token).assignment, assignment(&old));
}

#[test]
fn trap_77_whoever_uses_the_old_id_is_fenced() {
    let (mut world, _, old) = with_static();
    world.join(fixed("i"));
    assert_eq!(world.heartbeat_as(&old, Some("i"), 1), ErrorCode::FencedInstanceId);
    let token = world.sync(Sync { instance_id: Some("i".into()), ..sync(&old, 1) });
    assert_eq!(world.synced(token).error, ErrorCode::FencedInstanceId);
    let token = world.join(Join { member_id: Some(old.clone()), ..fixed("i") });
    assert_eq!(world.joined(token).error, ErrorCode::FencedInstanceId);
    let now = world.now();
    let commit = world.group.validate_commit(now, &old, Some("i"), Some(1));
    assert_eq!(commit, Err(ErrorCode::FencedInstanceId));
    assert_eq!(world.heartbeat(&old, 1), ErrorCode::UnknownMemberId);
    assert_eq!(world.heartbeat_as(&old, Some("nobody"), 1), ErrorCode::UnknownMemberId);
}

#[test]
fn trap_77_requests_that_wait_under_the_old_id_are_fenced() {
    let (mut world, dynamic, old) = with_static();
    world.join(again(&dynamic));
    let leader = world.group.leader().cloned().unwrap();
    world.join(again(&leader));
    let waiting = world.join(Join { member_id: Some(old), ..fixed("i") });
    if !world.is_waiting(waiting) {
        return;
    }
    world.join(fixed("i"));
    assert_eq!(world.joined(waiting).error, ErrorCode::FencedInstanceId);
}

#[rstest]
#[case::before_version_9(false)]
#[case::from_version_9(true)]
fn trap_77_a_leader_that_comes_back_does_not_assign_again(#[case] can_skip: bool) {
    let mut world = World::new();
    let token = world.join(fixed("i"));
    world.pass(u64::from(INITIAL_DELAY_MS));
    let old = world.joined(token).member_id.unwrap();
    world.settle(std::slice::from_ref(&old));

    let token = world.join(Join { can_skip_assignment: can_skip, ..fixed("i") });
    let reply = world.joined(token);
    let new = reply.member_id.clone().unwrap();
    assert_eq!(reply.skip_assignment, can_skip);
    assert_eq!(reply.leader, Some(if can_skip { new } else { old }));
    assert_eq!(reply.members.len(), usize::from(can_skip));
}

#[test]
fn a_static_member_with_another_protocol_starts_a_rebalance() {
    let mut world = World::new();
    let both = || protocols(&["range", "sticky"]);
    let token = world.join(Join { protocols: both(), ..fixed("i") });
    world.pass(u64::from(INITIAL_DELAY_MS));
    let id = world.joined(token).member_id.unwrap();
    world.settle(std::slice::from_ref(&id));
    let token = world.join(Join { protocols: protocols(&["sticky"]), ..fixed("i") });
    let reply = world.joined(token);
    assert_eq!((reply.generation, reply.protocol.as_deref()), (Some(2), Some("sticky")));
}

#[test]
fn a_static_member_that_comes_back_before_the_assignment_starts_a_rebalance() {
    let mut world = World::new();
    let dynamic = world.join(new("d"));
    world.join(fixed("i"));
    world.pass(3 * u64::from(INITIAL_DELAY_MS));
    assert_eq!(world.group.state(), State::CompletingRebalance);
    let token = world.join(fixed("i"));
    assert!(world.is_waiting(token));
    assert_eq!(world.group.state(), State::PreparingRebalance);
    let dynamic = world.joined(dynamic).member_id.unwrap();
    world.join(again(&dynamic));
    assert_eq!(world.joined(token).generation, Some(2));
}

#[test]
fn a_static_member_keeps_its_place_in_a_rebalance_it_misses() {
    let (mut world, dynamic, fixed_id) = with_static();
    let join = Join { protocols: protocols(&["range", "x"]), ..again(&dynamic) };
    let token = world.join(join);
    for _ in 0..REBALANCE_MS / 5_000 {
        world.heartbeat_as(&fixed_id, Some("i"), 1);
        world.pass(5_000);
    }
    let reply = world.joined(token);
    assert_eq!(reply.generation, Some(2));
    assert_eq!(world.group.member_count(), 2);
}

#[test]
fn a_rebalance_only_static_members_could_join_waits_for_their_sessions() {
    let mut world = World::new();
    let session_timeout_ms = 100_000;
    let token = world.join(Join { session_timeout_ms, ..fixed("i") });
    world.pass(u64::from(INITIAL_DELAY_MS));
    let id = world.joined(token).member_id.unwrap();
    world.settle(std::slice::from_ref(&id));
    let leaver = world.join(Join { requires_known_member: true, ..new("d") });
    let leaver = world.joined(leaver).member_id.unwrap();
    world.leave(&[(Some(&leaver), None)]);
    assert_eq!(world.group.state(), State::PreparingRebalance);
    world.pass(u64::from(REBALANCE_MS.unsigned_abs()));
    assert_eq!(world.group.state(), State::PreparingRebalance);
    world.pass(100_000);
    assert_eq!(world.group.state(), State::Empty);
}
