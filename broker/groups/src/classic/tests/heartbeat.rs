//! Heartbeats and sessions: traps 74 and 76.

use std::sync::Arc;

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};

#[rstest]
#[case::right(true, 0, ErrorCode::None)]
#[case::an_older_generation(true, -1, ErrorCode::IllegalGeneration)]
#[case::a_newer_generation(true, 1, ErrorCode::IllegalGeneration)]
#[case::a_stranger(false, 0, ErrorCode::UnknownMemberId)]
fn trap_74_a_heartbeat_is_checked(
    #[case] known: bool,
    #[case] ahead: i32,
    #[case] expected: ErrorCode,
) {
    let (mut world, ids) = World::stable(&["a"]);
    let id: Arc<str> = if known { ids[0].clone() } else { "stranger".into() };
    assert_eq!(world.heartbeat(&id, world.group.generation() + ahead), expected);
}

#[test]
fn heartbeats_keep_a_member_and_silence_loses_it() {
    let (mut world, ids) = World::stable(&["a"]);
    for _ in 0..5 {
        world.pass(9_999);
        assert_eq!(world.heartbeat(&ids[0], 1), ErrorCode::None);
    }
    world.pass(10_000);
    assert_eq!(world.group.state(), State::Empty);
    assert_eq!(world.group.generation(), 2);
    assert_eq!(world.heartbeat(&ids[0], 2), ErrorCode::UnknownMemberId);
}

#[test]
fn trap_76_a_member_that_went_away_mid_rebalance_is_evicted_at_its_session_timeout() {
    let (mut world, ids) = World::stable(&["a", "b", "gone"]);
    let leader = world.group.leader().cloned().unwrap();
    let first = world.join(again(&leader));
    let others: Vec<_> = ids.iter().filter(|&id| *id != leader).cloned().collect();
    let second = world.join(again(&others[0]));
    assert!(world.is_waiting(first));
    // Long before the rebalance timeout.
    world.pass(u64::from(SESSION_MS.unsigned_abs()));
    assert_eq!(world.joined(first).error, ErrorCode::None);
    assert_eq!(world.joined(second).error, ErrorCode::None);
    assert_eq!(world.group.member_count(), 2);
}

#[test]
fn waiting_for_a_rebalance_is_a_sign_of_life() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let leader = world.group.leader().cloned().unwrap();
    let follower = ids.iter().find(|&id| *id != leader).unwrap().clone();
    let token = world.join(again(&leader));
    for _ in 0..5 {
        world.pass(9_000);
        assert_eq!(world.heartbeat(&follower, 1), ErrorCode::RebalanceInProgress);
    }
    assert!(world.is_waiting(token));
    world.join(again(&follower));
    assert_eq!(world.joined(token).members.len(), 2);
}

#[test]
fn a_new_member_that_waits_too_long_is_refused_and_may_try_again() {
    let mut world = World::new();
    world.config.initial_rebalance_delay_ms = 400_000;
    let join = Join { rebalance_timeout_ms: 600_000, ..new("a") };
    let token = world.join(join);
    world.pass(300_000);
    assert_eq!(world.joined(token).error, ErrorCode::UnknownMemberId);
    assert_eq!(world.group.member_count(), 0);
}

#[test]
fn a_commit_keeps_the_session_alive() {
    let (mut world, ids) = World::stable(&["a"]);
    for _ in 0..3 {
        world.pass(9_999);
        let now = world.now();
        assert_eq!(world.group.validate_commit(now, &ids[0], None, Some(1)), Ok(()));
    }
    assert_eq!(world.group.state(), State::Stable);
}
