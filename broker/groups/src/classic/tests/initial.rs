//! The first rebalance of a group waits for more members (trap 78).

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};

#[test]
fn trap_78_an_empty_group_waits_and_a_filled_one_does_not() {
    let mut world = World::new();
    let token = world.join(new("a"));
    world.pass(u64::from(INITIAL_DELAY_MS) - 1);
    assert!(world.is_waiting(token));
    world.pass(1);
    let id = world.joined(token).member_id.unwrap();
    world.settle(std::slice::from_ref(&id));

    let token = world.join(new("b"));
    assert!(world.is_waiting(token));
    world.join(again(&id));
    assert_eq!(world.joined(token).error, ErrorCode::None);
}

/// Each newcomer prolongs the wait by the delay, up to the rebalance timeout.
#[rstest]
#[case::nobody_else(&[], 1_000)]
#[case::one_more(&[500], 2_000)]
#[case::one_in_each_span(&[500, 1_500], 3_000)]
#[case::never_beyond_the_rebalance_timeout(&[500, 1_500, 2_500, 3_500, 4_500], 3_500)]
fn trap_78_newcomers_prolong_the_wait(#[case] more_at: &[u64], #[case] expected: u64) {
    let mut world = World::new();
    let join = || Join { rebalance_timeout_ms: 3_500, ..new("m") };
    let token = world.join(join());
    let mut waited = 0;
    while world.is_waiting(token) {
        world.pass(100);
        waited += 100;
        if more_at.contains(&waited) && world.is_waiting(token) {
            world.join(join());
        }
        assert!(waited < 20_000);
    }
    assert_eq!(waited, expected);
}

#[test]
fn trap_78_without_a_delay_the_first_member_is_answered_at_once() {
    let mut world = World::new();
    world.config.initial_rebalance_delay_ms = 0;
    let token = world.join(new("a"));
    world.pass(0);
    assert_eq!(world.joined(token).generation, Some(1));
}

#[test]
fn an_initial_rebalance_everybody_leaves_ends_empty() {
    let mut world = World::new();
    let token = world.join(new("a"));
    let id = world.group.leader().cloned().unwrap();
    assert_eq!(world.leave(&[(Some(&id), None)]), [ErrorCode::None]);
    assert_eq!(world.joined(token).error, ErrorCode::UnknownMemberId);
    world.pass(u64::from(INITIAL_DELAY_MS));
    assert_eq!(world.group.state(), State::Empty);
}
