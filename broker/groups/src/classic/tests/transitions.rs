//! Kafka's table of states: which may follow which, and what is answered in each.

use std::sync::Arc;

use rstest::rstest;

use super::{super::*, fixture::*};
use protocol_types::ErrorCode;

#[rstest]
#[case(State::Empty, &[State::PreparingRebalance])]
#[case(State::PreparingRebalance, &[State::Empty, State::CompletingRebalance, State::Stable])]
#[case(State::CompletingRebalance, &[State::PreparingRebalance])]
#[case(State::Stable, &[State::CompletingRebalance])]
#[case(State::Dead, &State::ALL)]
fn a_state_follows_only_on_those_of_kafkas_table(#[case] next: State, #[case] before: &[State]) {
    for state in State::ALL {
        assert_eq!(state.leads_to(next), before.contains(&state), "{state} to {next}");
    }
}

/// A group in each state, with a member where the state has one.
fn in_state(state: State) -> (World, Arc<str>) {
    let (mut world, ids) = World::stable(&["a", "b"]);
    let id = ids[0].clone();
    match state {
        State::Stable => {}
        State::PreparingRebalance => {
            world.join(new("c"));
        }
        State::CompletingRebalance => {
            let leader = world.group.leader().cloned().unwrap();
            world.join(again(&leader));
            for id in ids.iter().filter(|&id| *id != leader) {
                world.join(again(id));
            }
        }
        State::Empty => {
            world.leave(&[(Some(&ids[0]), None), (Some(&ids[1]), None)]);
        }
        State::Dead => world.step(|group, cx| group.retire(ErrorCode::NotCoordinator, cx)),
    }
    assert_eq!(world.group.state(), state);
    (world, id)
}

#[rstest]
#[case(State::Empty, ErrorCode::UnknownMemberId)]
#[case::trap_74(State::PreparingRebalance, ErrorCode::RebalanceInProgress)]
#[case::trap_74(State::CompletingRebalance, ErrorCode::None)]
#[case(State::Stable, ErrorCode::None)]
#[case(State::Dead, ErrorCode::CoordinatorNotAvailable)]
fn a_heartbeat_is_answered_by_state(#[case] state: State, #[case] expected: ErrorCode) {
    let (mut world, id) = in_state(state);
    let generation = world.group.generation();
    assert_eq!(world.heartbeat(&id, generation), expected);
}

#[rstest]
#[case(State::Empty, Some(ErrorCode::UnknownMemberId))]
#[case(State::PreparingRebalance, Some(ErrorCode::RebalanceInProgress))]
#[case(State::CompletingRebalance, None)]
#[case(State::Stable, Some(ErrorCode::None))]
#[case(State::Dead, Some(ErrorCode::CoordinatorNotAvailable))]
fn a_sync_is_answered_by_state(#[case] state: State, #[case] expected: Option<ErrorCode>) {
    let (mut world, _) = in_state(state);
    let follower = world.group.members().map(|member| member.id.clone());
    let leader = world.group.leader().cloned();
    let follower =
        follower.filter(|id| Some(id) != leader.as_ref()).last().unwrap_or_else(|| "x".into());
    let token = world.sync(sync(&follower, world.group.generation()));
    let answer = world.try_answer(token).map(|_| world.synced(token).error);
    assert_eq!(answer, expected);
}

#[rstest]
#[case(State::Empty, ErrorCode::UnknownMemberId, State::Empty)]
#[case(State::PreparingRebalance, ErrorCode::None, State::PreparingRebalance)]
#[case(State::CompletingRebalance, ErrorCode::None, State::PreparingRebalance)]
#[case(State::Stable, ErrorCode::None, State::PreparingRebalance)]
fn a_member_may_leave_in_every_state(
    #[case] state: State,
    #[case] expected: ErrorCode,
    #[case] next: State,
) {
    let (mut world, id) = in_state(state);
    assert_eq!(world.leave(&[(Some(&id), None)]), [expected]);
    assert_eq!(world.group.state(), next);
}

#[rstest]
#[case(State::Empty, ErrorCode::UnknownMemberId)]
#[case(State::Dead, ErrorCode::CoordinatorNotAvailable)]
fn a_known_member_cannot_join_a_group_without_it(
    #[case] state: State,
    #[case] expected: ErrorCode,
) {
    let (mut world, id) = in_state(state);
    let token = world.join(again(&id));
    assert_eq!(world.joined(token).error, expected);
    assert_eq!(world.joined(token).member_id, Some(id));
}

/// What makes a group change its state.
#[derive(Clone, Copy, Debug)]
enum Cause {
    NewMember,
    TimeIsUp,
    AllLeave,
    OtherMetadata,
    MemberFails,
    LeaderRejoins,
    FollowerRejoins,
    GoesAway,
}

impl Cause {
    fn act(self, world: &mut World, ids: &[Arc<str>]) {
        let leader = world.group.leader().cloned();
        match self {
            Self::NewMember => {
                world.join(new("c"));
            }
            Self::TimeIsUp => {
                for id in ids {
                    world.heartbeat(id, world.group.generation());
                }
                world.pass(u64::from(SESSION_MS.unsigned_abs()));
            }
            Self::AllLeave => {
                let all: Vec<_> = ids.iter().map(|id| (Some(&**id), None)).collect();
                world.leave(&all);
            }
            Self::OtherMetadata => {
                let protocols = protocols(&["range", "roundrobin"]);
                world.join(Join { protocols, ..again(&ids[0]) });
            }
            Self::MemberFails => {
                world.pass(u64::from(SESSION_MS.unsigned_abs()) - 1);
                world.heartbeat(&ids[0], world.group.generation());
                world.pass(1);
            }
            Self::LeaderRejoins => {
                world.join(again(&leader.unwrap()));
            }
            Self::FollowerRejoins => {
                let follower = ids.iter().find(|&id| Some(id) != leader.as_ref()).unwrap();
                world.join(again(follower));
            }
            Self::GoesAway => {
                world.step(|group, cx| group.retire(ErrorCode::NotCoordinator, cx));
            }
        }
    }
}

/// What Kafka's documentation of the states calls transitions, each by its cause.
#[rstest]
#[case(State::Empty, Cause::NewMember, State::PreparingRebalance)]
#[case(State::PreparingRebalance, Cause::TimeIsUp, State::CompletingRebalance)]
#[case(State::PreparingRebalance, Cause::AllLeave, State::Empty)]
#[case(State::CompletingRebalance, Cause::OtherMetadata, State::PreparingRebalance)]
#[case(State::CompletingRebalance, Cause::NewMember, State::PreparingRebalance)]
#[case(State::Stable, Cause::MemberFails, State::PreparingRebalance)]
#[case(State::Stable, Cause::LeaderRejoins, State::PreparingRebalance)]
#[case(State::Stable, Cause::FollowerRejoins, State::Stable)]
#[case(State::Stable, Cause::OtherMetadata, State::PreparingRebalance)]
#[case(State::Stable, Cause::NewMember, State::PreparingRebalance)]
#[case(State::Stable, Cause::GoesAway, State::Dead)]
fn a_cause_leads_to_its_state(#[case] from: State, #[case] cause: Cause, #[case] to: State) {
    let (mut world, ids) = World::stable(&["a", "b"]);
    match from {
        State::Stable => {}
        State::Empty => drop(world.leave(&[(Some(&ids[0]), None), (Some(&ids[1]), None)])),
        State::PreparingRebalance => {
            let leader = world.group.leader().cloned().unwrap();
            let protocols = protocols(&["range", "other"]);
            let follower = ids.iter().find(|&id| *id != leader).unwrap();
            world.join(Join { protocols, ..again(follower) });
        }
        State::CompletingRebalance => {
            let leader = world.group.leader().cloned().unwrap();
            world.join(again(&leader));
            for id in ids.iter().filter(|&id| *id != leader) {
                world.join(again(id));
            }
        }
        State::Dead => unreachable!("nothing leads out of it"),
    }
    assert_eq!(world.group.state(), from);
    cause.act(&mut world, &ids);
    assert_eq!(world.group.state(), to);
}
