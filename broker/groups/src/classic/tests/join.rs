//! JoinGroup: traps 68 to 72, 75, and the size of groups.

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};

fn needs_id(client: &str) -> Join {
    Join { requires_known_member: true, ..new(client) }
}

#[test]
fn trap_68_a_client_of_version_4_is_told_its_id_first() {
    let mut world = World::new();
    let token = world.join(needs_id("a"));
    let reply = world.joined(token);
    assert_eq!(reply.error, ErrorCode::MemberIdRequired);
    let id = reply.member_id.unwrap();
    assert!(id.starts_with("a-"), "{id}");
    assert_eq!(world.group.member_count(), 0);

    let token = world.join(again(&id));
    world.pass(u64::from(INITIAL_DELAY_MS));
    let reply = world.joined(token);
    assert_eq!((reply.error, reply.member_id), (ErrorCode::None, Some(id)));
}

#[test]
fn trap_68_older_clients_get_in_at_once() {
    let mut world = World::new();
    let token = world.join(new("a"));
    assert_eq!(world.group.member_count(), 1);
    world.pass(u64::from(INITIAL_DELAY_MS));
    assert_eq!(world.joined(token).error, ErrorCode::None);
}

#[test]
fn trap_69_an_id_nobody_comes_back_with_lapses_and_the_rebalance_goes_on() {
    let (mut world, ids) = World::stable(&["a"]);
    world.join(needs_id("gone"));
    let token = world.join(again(&ids[0]));
    assert!(world.is_waiting(token), "the pending member is waited for");
    world.pass(u64::from(SESSION_MS.unsigned_abs()));
    assert_eq!(world.joined(token).error, ErrorCode::None);
}

#[test]
fn trap_69_a_group_nobody_came_back_to_leaves_no_trace() {
    let mut world = World::new();
    let token = world.join(needs_id("gone"));
    assert!(!world.group.is_traceless());
    world.pass(u64::from(SESSION_MS.unsigned_abs()));
    assert!(world.group.is_traceless());
    let id = world.joined(token).member_id.unwrap();
    let late = world.join(again(&id));
    assert_eq!(world.joined(late).error, ErrorCode::UnknownMemberId);
}

#[rstest]
#[case::trap_71_kafka_pythons_small_one(5_999, false)]
#[case(6_000, true)]
#[case(1_800_000, true)]
#[case(1_800_001, false)]
#[case(-1, false)]
fn trap_71_session_timeouts_have_bounds(#[case] millis: i32, #[case] allowed: bool) {
    let mut world = World::new();
    let token = world.join(Join { session_timeout_ms: millis, ..new("a") });
    match allowed {
        true => assert!(world.is_waiting(token)),
        false => assert_eq!(world.joined(token).error, ErrorCode::InvalidSessionTimeout),
    }
}

#[test]
fn trap_72_the_leader_alone_sees_the_members() {
    let mut world = World::new();
    let tokens = [world.join(new("a")), world.join(new("b")), world.join(new("c"))];
    world.pass(2 * u64::from(INITIAL_DELAY_MS));
    let leader = world.group.leader().cloned().unwrap();
    for token in tokens {
        let reply = world.joined(token);
        let leads = reply.member_id.as_ref() == Some(&leader);
        assert_eq!(reply.leader.as_ref(), Some(&leader));
        assert_eq!(reply.members.len(), if leads { 3 } else { 0 });
        assert_eq!(reply.generation, Some(1));
        assert_eq!(reply.protocol_type.as_deref(), Some("consumer"));
        for member in reply.members {
            assert_eq!(member.metadata, subscription(&["flights"]));
        }
    }
}

#[rstest]
#[case::the_most_wanted("range sticky, sticky range, sticky range", "sticky")]
#[case::all_must_support_it("range sticky, sticky range, range", "range")]
#[case::one_alone("anything range", "anything")]
#[case::a_tie_repeats("a b, b a", "a")]
fn trap_72_the_protocol_is_the_members_vote(#[case] wanted: &str, #[case] expected: &str) {
    let mut world = World::new();
    let tokens: Vec<_> = wanted
        .split(", ")
        .map(|names| names.split(' ').collect::<Vec<_>>())
        .map(|names| world.join(Join { protocols: protocols(&names), ..new("m") }))
        .collect();
    world.pass(2 * u64::from(INITIAL_DELAY_MS));
    for token in tokens {
        assert_eq!(world.joined(token).protocol.as_deref(), Some(expected));
    }
}

#[rstest]
#[case::none_in_common("consumer", &["other"])]
#[case::another_type("connect", &["range"])]
#[case::none_at_all("consumer", &[])]
fn trap_72_who_does_not_fit_is_refused(#[case] kind: &str, #[case] names: &[&str]) {
    let (mut world, ids) = World::stable(&["a"]);
    let join = Join { protocol_type: kind.into(), protocols: protocols(names), ..new("b") };
    let token = world.join(join.clone());
    assert_eq!(world.joined(token).error, ErrorCode::InconsistentGroupProtocol);
    let token = world.join(Join { member_id: Some(ids[0].clone()), ..join });
    assert_eq!(world.joined(token).error, ErrorCode::InconsistentGroupProtocol);
    assert_eq!(world.group.state(), State::Stable);
}

#[rstest]
#[case::no_type("", &["range"])]
#[case::no_protocols("consumer", &[])]
fn an_empty_group_wants_a_type_and_a_protocol(#[case] kind: &str, #[case] names: &[&str]) {
    let mut world = World::new();
    let join = Join { protocol_type: kind.into(), protocols: protocols(names), ..new("a") };
    let token = world.join(join);
    let reply = world.joined(token);
    assert_eq!((reply.error, reply.member_id), (ErrorCode::InconsistentGroupProtocol, None));
    assert!(world.group.is_traceless());
}

#[test]
fn trap_75_a_follower_that_joins_unchanged_gets_the_generation_it_has() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let leader = world.group.leader().cloned().unwrap();
    let follower = ids.iter().find(|&id| *id != leader).unwrap();
    let token = world.join(again(follower));
    let reply = world.joined(token);
    assert_eq!((reply.generation, reply.leader), (Some(1), Some(leader)));
    assert_eq!(world.group.state(), State::Stable);
}

#[test]
fn trap_75_a_leader_that_joins_again_always_starts_a_rebalance() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let leader = world.group.leader().cloned().unwrap();
    let first = world.join(again(&leader));
    assert!(world.is_waiting(first));
    let follower = ids.iter().find(|&id| *id != leader).unwrap();
    assert_eq!(world.heartbeat(follower, 1), ErrorCode::RebalanceInProgress);
    let second = world.join(again(follower));
    assert_eq!(world.joined(first).generation, Some(2));
    assert_eq!(world.joined(second).generation, Some(2));
}

#[test]
fn a_join_whose_answer_was_lost_is_answered_again() {
    let mut world = World::new();
    let token = world.join(new("a"));
    world.pass(u64::from(INITIAL_DELAY_MS));
    let id = world.joined(token).member_id.unwrap();
    let token = world.join(again(&id));
    let reply = world.joined(token);
    assert_eq!((reply.generation, reply.members.len()), (Some(1), 1));
    assert_eq!(world.group.state(), State::CompletingRebalance);
}

#[test]
fn a_second_join_of_one_member_takes_the_place_of_the_first() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let leader = world.group.leader().cloned().unwrap();
    let first = world.join(again(&leader));
    let second = world.join(again(&leader));
    assert_eq!(world.joined(first).error, ErrorCode::RebalanceInProgress);
    let follower = ids.iter().find(|&id| *id != leader).unwrap();
    world.join(again(follower));
    assert_eq!(world.joined(second).error, ErrorCode::None);
}

#[test]
fn a_member_that_does_not_come_back_in_time_is_out() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let token = world.join(again(&world.group.leader().cloned().unwrap()));
    let follower = ids.iter().find(|&id| Some(id) != world.group.leader()).unwrap().clone();
    for _ in 0..REBALANCE_MS / 5_000 {
        world.heartbeat(&follower, 1);
        world.pass(5_000);
    }
    let reply = world.joined(token);
    assert_eq!((reply.generation, reply.members.len()), (Some(2), 1));
    assert_eq!(world.heartbeat(&follower, 2), ErrorCode::UnknownMemberId);
}

#[test]
fn a_leader_that_does_not_come_back_is_replaced() {
    let (mut world, ids) = World::stable(&["a", "b", "c"]);
    let leader = world.group.leader().cloned().unwrap();
    let others: Vec<_> = ids.iter().filter(|&id| *id != leader).cloned().collect();
    let changed = Join { protocols: protocols(&["range", "x"]), ..again(&others[0]) };
    let tokens = [world.join(changed), world.join(again(&others[1]))];
    world.pass(u64::from(REBALANCE_MS.unsigned_abs()));
    for token in tokens {
        let elected = world.joined(token).leader.unwrap();
        assert!(others.contains(&elected));
    }
}

#[test]
fn group_max_size_keeps_others_out() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    world.config.size_max = 2;
    let token = world.join(new("c"));
    let reply = world.joined(token);
    assert_eq!((reply.error, reply.member_id), (ErrorCode::GroupMaxSizeReached, None));
    let token = world.join(again(&ids[0]));
    assert!(world.try_answer(token).is_none_or(|_| world.joined(token).error == ErrorCode::None));
}

#[test]
fn a_group_over_its_size_sheds_who_joins_last() {
    let (mut world, ids) = World::stable(&["a", "b", "c"]);
    world.config.size_max = 2;
    let leader = world.group.leader().cloned().unwrap();
    let first = world.join(again(&leader));
    let mut others = ids.iter().filter(|&id| *id != leader);
    let second = world.join(again(others.next().unwrap()));
    let third = world.join(again(others.next().unwrap()));
    assert_eq!(world.joined(third).error, ErrorCode::GroupMaxSizeReached);
    assert_eq!(world.joined(first).error, ErrorCode::None);
    assert_eq!(world.joined(second).error, ErrorCode::None);
    assert_eq!(world.group.member_count(), 2);
}

#[test]
fn a_client_with_an_endless_name_gets_an_id_that_fits_the_wire() {
    let mut world = World::new();
    let token = world.join(needs_id(&"ü".repeat(16_383)));
    let id = world.joined(token).member_id.unwrap();
    assert!(id.len() < 32_767, "{}", id.len());
}

/// Clients that ask for ids and never come back keep others out, but no member.
#[test]
fn ids_that_nobody_uses_cost_no_member_its_place() {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let leader = world.group.leader().cloned().unwrap();
    for n in 0..100_000 {
        let id = format!("gone-{n}").into();
        world.unchecked(|group, cx| group.add_pending(&id, cx.after(SESSION_MS)));
    }
    let late = world.join_unchecked(needs_id("late"));
    assert_eq!(world.joined(late).error, ErrorCode::GroupMaxSizeReached);
    let follower = ids.iter().find(|&id| *id != leader).unwrap();
    let tokens = [&leader, follower].map(|id| world.join_unchecked(again(id)));
    assert!(tokens.iter().all(|&token| world.is_waiting(token)), "for those who never come");
    assert_eq!(world.group.member_count(), 2);
}
