//! SyncGroup: trap 73, and members that never sync.

use std::sync::Arc;

use protocol_types::ErrorCode;
use rstest::rstest;

use super::{super::*, fixture::*};

/// A group whose members have joined and not synced; the leader's id first.
fn completing(count: usize) -> (World, Vec<Arc<str>>) {
    let mut world = World::new();
    let tokens: Vec<_> = (0..count).map(|_| world.join(new("m"))).collect();
    world.pass(2 * u64::from(INITIAL_DELAY_MS));
    let leader = world.group.leader().cloned().unwrap();
    let mut ids: Vec<_> =
        tokens.into_iter().map(|token| world.joined(token).member_id.unwrap()).collect();
    ids.sort_by_key(|id| *id != leader);
    (world, ids)
}

#[test]
fn trap_73_everybody_gets_the_leaders_bytes_and_the_forgotten_none() {
    let (mut world, ids) = completing(3);
    let second = world.sync(sync(&ids[1], 1));
    let third = world.sync(sync(&ids[2], 1));
    assert!(world.is_waiting(second) && world.is_waiting(third));
    let assignments = vec![
        (ids[0].clone(), assignment("first")),
        (ids[1].clone(), assignment("second")),
        ("stranger".into(), assignment("nobody")),
    ];
    let first = world.sync(Sync { assignments, ..sync(&ids[0], 1) });
    assert_eq!(world.synced(first).assignment, assignment("first"));
    assert_eq!(world.synced(second).assignment, assignment("second"));
    let third = world.synced(third);
    assert_eq!((third.error, third.assignment.len()), (ErrorCode::None, 0));
    assert_eq!(third.protocol.as_deref(), Some("range"));
    assert_eq!(third.protocol_type.as_deref(), Some("consumer"));
}

#[test]
fn who_syncs_late_gets_its_assignment_at_once() {
    let (mut world, ids) = completing(2);
    let assignments = vec![(ids[1].clone(), assignment("second"))];
    world.sync(Sync { assignments, ..sync(&ids[0], 1) });
    let token = world.sync(sync(&ids[1], 1));
    assert_eq!(world.synced(token).assignment, assignment("second"));
    let token = world.sync(sync(&ids[1], 1));
    assert_eq!(world.synced(token).assignment, assignment("second"), "and again");
}

#[rstest]
#[case::right(Some("consumer"), Some("range"), None)]
#[case::versions_that_do_not_say(None, None, None)]
#[case::another_type(Some("connect"), Some("range"), Some(ErrorCode::InconsistentGroupProtocol))]
#[case::another_protocol(
    Some("consumer"),
    Some("sticky"),
    Some(ErrorCode::InconsistentGroupProtocol)
)]
fn trap_73_version_5_says_what_it_takes_the_group_for(
    #[case] kind: Option<&str>,
    #[case] name: Option<&str>,
    #[case] refusal: Option<ErrorCode>,
) {
    let (mut world, ids) = completing(2);
    let token = world.sync(Sync {
        protocol_type: kind.map(Into::into),
        protocol: name.map(Into::into),
        ..sync(&ids[1], 1)
    });
    assert_eq!(world.try_answer(token).map(|_| world.synced(token).error), refusal);
}

#[rstest]
#[case::an_older_generation(0, ErrorCode::IllegalGeneration)]
#[case::a_newer_one(2, ErrorCode::IllegalGeneration)]
fn a_sync_of_another_generation_is_refused(#[case] generation: i32, #[case] code: ErrorCode) {
    let (mut world, ids) = completing(1);
    let token = world.sync(sync(&ids[0], generation));
    assert_eq!(world.synced(token).error, code);
}

#[test]
fn a_rebalance_sends_waiting_followers_back() {
    let (mut world, ids) = completing(2);
    let token = world.sync(sync(&ids[1], 1));
    world.join(new("late"));
    assert_eq!(world.synced(token).error, ErrorCode::RebalanceInProgress);
}

#[test]
fn members_that_never_sync_are_out_after_the_rebalance_timeout() {
    let (mut world, ids) = completing(3);
    let token = world.sync(sync(&ids[1], 1));
    for _ in 0..REBALANCE_MS / 5_000 {
        for id in &ids {
            world.heartbeat(id, 1);
        }
        world.pass(5_000);
    }
    assert_eq!(world.synced(token).error, ErrorCode::RebalanceInProgress);
    let members: Vec<_> = world.group.members().map(|member| member.id.clone()).collect();
    assert_eq!(members, [ids[1].clone()]);
}

#[test]
fn a_generation_that_all_have_synced_ends_no_more() {
    let (mut world, ids) = completing(2);
    world.settle(&ids);
    for _ in 0..50 {
        ids.iter().for_each(|id| assert_eq!(world.heartbeat(id, 1), ErrorCode::None));
        world.pass(5_000);
    }
    assert_eq!(world.group.generation(), 1);
}

#[test]
fn the_generation_is_written_before_anybody_may_know_it() {
    let (mut world, ids) = completing(1);
    assert_eq!(world.records, []);
    let assignments = vec![(ids[0].clone(), assignment("all"))];
    world.sync(Sync { assignments, ..sync(&ids[0], 1) });
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_second_sync_of_a_follower_takes_the_place_of_the_first() {
    let (mut world, ids) = completing(2);
    let first = world.sync(sync(&ids[1], 1));
    let second = world.sync(sync(&ids[1], 1));
    assert_eq!(world.synced(first).error, ErrorCode::RebalanceInProgress);
    assert!(world.is_waiting(second));
}

#[test]
fn a_group_too_large_for_a_record_does_not_settle() {
    let mut world = World::new();
    let metadata = bytes::Bytes::from(vec![b'x'; 1 << 20]);
    let large = || {
        let protocols = vec![Protocol { name: "range".into(), metadata: metadata.clone() }];
        Join { protocols, ..new("m") }
    };
    let tokens = [world.join(large()), world.join(large())];
    world.pass(2 * u64::from(INITIAL_DELAY_MS));
    assert!(tokens.iter().all(|&token| world.joined(token).error == ErrorCode::None));
    let leader = world.group.leader().cloned().unwrap();
    let token = world.sync(sync(&leader, 1));
    assert_eq!(world.synced(token).error, ErrorCode::UnknownServerError);
    assert_eq!(world.group.state(), State::PreparingRebalance);
    assert_eq!(world.records, []);
}

#[test]
fn a_member_too_large_for_any_record_is_refused() {
    let mut world = World::new();
    let metadata = bytes::Bytes::from(vec![b'x'; 2 << 20]);
    let protocols = vec![Protocol { name: "range".into(), metadata }];
    let token = world.join(Join { protocols, ..new("m") });
    assert_eq!(world.joined(token).error, ErrorCode::InvalidRequest);
    assert!(world.group.is_traceless());
}
