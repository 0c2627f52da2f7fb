//! Static members: they keep their place while they are away.

use protocol_types::ErrorCode;

use super::super::*;
use super::fixture::*;

fn of(instance: &str, request: Heartbeat) -> Heartbeat {
    Heartbeat { instance: Some(instance.to_owned()), ..request }
}

fn two_members() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.ok(&of("i1", join("m1", &["a"])));
    fixture.ok(&join("m2", &["a"]));
    fixture.ok(&of("i1", owning("m1", 2, &set(1, 0..4))));
    fixture.ok(&of("i1", owning("m1", 2, &set(1, 0..2))));
    fixture.ok(&beat("m2", 3));
    assert_eq!(fixture.group.state(), GroupState::Stable);
    fixture
}

/// Trap 83: −2 leaves for a while; who comes back under the instance id has what it had.
#[test]
fn a_static_member_that_comes_back_moves_nothing() {
    let mut fixture = two_members();
    let left = fixture.ok(&of("i1", beat("m1", -2)));
    assert_eq!((&*left.member, left.epoch), ("m1", -2));
    fixture.check_records();
    let back = fixture.ok(&of("i1", join("m3", &["a"])));
    assert_eq!((back.epoch, back.assignment), (3, Some(set(1, 0..2))));
    assert_eq!(fixture.group.state(), GroupState::Stable);
    assert_eq!(fixture.group.epoch(), 3);
    fixture.check_records();
    assert_eq!(fixture.refused(&of("i1", beat("m1", 3))), ErrorCode::FencedInstanceId);
    assert_eq!(fixture.refused(&beat("m1", 3)), ErrorCode::UnknownMemberId);
}

#[test]
fn a_static_member_that_stays_away_is_gone() {
    let mut fixture = two_members();
    fixture.ok(&of("i1", beat("m1", -2)));
    fixture.pass(20_000);
    fixture.ok(&beat("m2", 3));
    fixture.pass(25_000);
    assert_eq!(fixture.ok(&beat("m2", 3)).assignment, Some(set(1, 0..4)));
    fixture.check_records();
}

#[test]
fn a_static_member_that_leaves_for_good_is_gone_at_once() {
    let mut fixture = two_members();
    fixture.ok(&of("i1", beat("m1", -1)));
    assert_eq!(fixture.ok(&beat("m2", 3)).assignment, Some(set(1, 0..4)));
    fixture.check_records();
}

#[test]
fn an_instance_id_in_use_is_not_given_away() {
    let mut fixture = two_members();
    let thief = of("i1", join("m9", &["a"]));
    assert_eq!(fixture.refused(&thief), ErrorCode::UnreleasedInstanceId);
    assert_eq!(fixture.refused(&of("i9", beat("m1", 3))), ErrorCode::UnknownMemberId);
    assert_eq!(fixture.refused(&of("i9", beat("m1", -2))), ErrorCode::UnknownMemberId);
    assert_eq!(fixture.refused(&of("i1", beat("m9", -2))), ErrorCode::FencedInstanceId);
}

#[test]
fn what_a_leaver_was_giving_up_is_free() {
    let mut fixture = Fixture::new();
    fixture.ok(&of("i1", join("m1", &["a"])));
    fixture.ok(&join("m2", &["a"]));
    fixture.ok(&of("i1", owning("m1", 2, &set(1, 0..4))));
    fixture.ok(&of("i1", beat("m1", -2)));
    assert_eq!(fixture.ok(&beat("m2", 3)).assignment, Some(set(1, 2..4)));
    fixture.check_records();
}
