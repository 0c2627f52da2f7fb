//! A group as a record, and back.

use protocol_types::{ErrorCode, Timestamp};

use super::{super::*, fixture::*};

fn reloaded(world: &World) -> World {
    let value = world.records.last().unwrap().value.clone().unwrap();
    let mut again = World::of(Group::load("g".into(), &value).unwrap());
    again.step(|group, cx| group.after_load(cx));
    again
}

#[test]
fn members_survive_a_restart_with_their_generation() {
    let (world, ids) = World::stable(&["a", "b"]);
    let mut again = reloaded(&world);
    assert_eq!(again.group.state(), State::Stable);
    for id in &ids {
        assert_eq!(again.heartbeat(id, 1), ErrorCode::None);
        let token = again.sync(sync(id, 1));
        assert_eq!(again.synced(token).assignment, assignment(id));
    }
    assert_eq!(again.group.leader(), world.group.leader());
    assert!(again.group.is_subscribed("flights"));
}

#[test]
fn who_does_not_survive_the_restart_itself_is_out_after_a_session() {
    let (world, ids) = World::stable(&["a", "b"]);
    let mut again = reloaded(&world);
    again.pass(9_000);
    again.heartbeat(&ids[0], 1);
    again.pass(1_000);
    assert_eq!(again.group.state(), State::PreparingRebalance);
    assert_eq!(again.group.member_count(), 1);
}

#[test]
fn static_members_survive_as_such() {
    let mut world = World::new();
    let token = world.join(fixed("i"));
    world.pass(u64::from(INITIAL_DELAY_MS));
    let id = world.joined(token).member_id.unwrap();
    world.settle(std::slice::from_ref(&id));
    let mut again = reloaded(&world);
    let token = again.join(fixed("i"));
    assert_eq!(again.joined(token).generation, Some(1));
    assert_eq!(again.heartbeat_as(&id, Some("i"), 1), ErrorCode::FencedInstanceId);
}

#[test]
fn an_emptied_group_keeps_its_generation_and_its_time() {
    let (mut world, ids) = World::stable(&["a"]);
    world.leave(&[(Some(&ids[0]), None)]);
    let emptied = world.now().wall;
    world.pass(10_000);
    let again = reloaded(&world);
    assert_eq!((again.group.state(), again.group.generation()), (State::Empty, 2));
    assert_eq!(again.group.offset_expiry(), crate::OffsetExpiry::SinceEmpty(emptied));
    assert_ne!(emptied, Timestamp(0));
}

#[test]
fn mid_rebalance_the_last_settled_generation_is_what_is_true() {
    let (mut world, _) = World::stable(&["a"]);
    let settled = world.records.last().unwrap().clone();
    let leader = world.group.leader().cloned().unwrap();
    world.join(again(&leader));
    assert_eq!(world.group.state(), State::CompletingRebalance);
    assert_eq!(world.group.generation(), 2);
    assert_eq!(world.group.live_record(), Some(settled));
}

#[test]
fn a_group_over_its_size_is_rebalanced_after_a_restart() {
    let (world, _) = World::stable(&["a", "b"]);
    let value = world.records.last().unwrap().value.clone().unwrap();
    let mut again = World::of(Group::load("g".into(), &value).unwrap());
    again.config.size_max = 1;
    again.step(|group, cx| group.after_load(cx));
    assert_eq!(again.group.state(), State::PreparingRebalance);
}
