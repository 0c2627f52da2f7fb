//! Large groups (trap 84): what is done for each member does not grow with the group.

use std::sync::Arc;

use super::{super::*, fixture::*};

const MEMBERS: usize = 7_000;

#[test]
fn trap_84_seven_thousand_members_join_sync_and_leave() {
    let mut world = World::new();
    let tokens: Vec<_> = (0..MEMBERS).map(|_| world.join_unchecked(new("m"))).collect();
    world.pass(4 * u64::from(INITIAL_DELAY_MS));
    let mut seen = 0;
    let ids: Vec<Arc<str>> = tokens
        .into_iter()
        .map(|token| {
            let reply = world.joined(token);
            seen += reply.members.len();
            reply.member_id.unwrap()
        })
        .collect();
    assert_eq!(seen, MEMBERS, "the leader alone is told of all");
    let leader = world.group.leader().cloned().unwrap();
    let followers = ids.iter().filter(|&id| *id != leader);
    let waiting: Vec<_> = followers.map(|id| world.sync_unchecked(sync(id, 1))).collect();
    let assignments = ids.iter().map(|id| (id.clone(), assignment(id))).collect();
    world.sync(Sync { assignments, ..sync(&leader, 1) });
    assert!(waiting.iter().all(|&token| !world.is_waiting(token)));
    assert_eq!(world.group.state(), State::Stable);

    for id in &ids {
        world.leave_unchecked(id);
    }
    assert_eq!(world.group.member_count(), 0);
}
