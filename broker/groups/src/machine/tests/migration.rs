//! Groups change protocol while they have members, in both directions (trap 83).

use bytes::BufMut;
use protocol_types::ErrorCode;
use rstest::rstest;

use super::super::*;
use super::fixture::*;
use crate::classic;
use crate::consumer::{Heartbeat, MigrationPolicy};
use crate::request::NotClassic;

/// The whole way: a classic group, a first and a last member of the new protocol, a classic group.
#[test]
fn a_group_goes_there_and_back_and_no_partition_has_two_owners() {
    let mut fixture = Fixture::new();
    let old = fixture.classic_group();

    // The first member of the new protocol: the group changes, the classic member keeps what it has.
    let new = fixture.consumer(beat("new", 0, None)).unwrap();
    assert!(fixture.is_consumer_group());
    assert_eq!(new.assignment, Some(set([])));
    fixture.restart();

    // The classic member is told to join again, says what it owns, and gets less.
    assert_eq!(fixture.heartbeat(&old, 1), ErrorCode::RebalanceInProgress);
    let joined = fixture.join(join(Some(&old), "", &[0, 1, 2, 3]));
    assert_eq!((joined.error, joined.generation), (ErrorCode::None, Some(1)));
    let synced = fixture.sync(&old, 1, &[]);
    assert_eq!((synced.error, synced.assignment), (ErrorCode::None, assignment(&[0, 1])));
    assert_eq!(fixture.consumer(beat("new", 2, None)).unwrap().assignment, None);
    // It joins once more without what it gave up.
    assert_eq!(fixture.heartbeat(&old, 1), ErrorCode::RebalanceInProgress);
    let joined = fixture.join(join(Some(&old), "", &[0, 1]));
    assert_eq!(joined.generation, Some(2));
    assert_eq!(fixture.sync(&old, 2, &[]).assignment, assignment(&[0, 1]));
    assert_eq!(fixture.heartbeat(&old, 2), ErrorCode::None);
    let got = fixture.consumer(beat("new", 2, None)).unwrap();
    assert_eq!(got.assignment, Some(set([2, 3])));
    fixture.restart();

    // The last member of the new protocol leaves: a classic group again, which rebalances.
    fixture.consumer(beat("new", -1, None)).unwrap();
    assert!(!fixture.is_consumer_group());
    fixture.restart();
    let token = fixture.ask(Request::Join(join(Some(&old), "", &[0, 1])));
    fixture.pass(1);
    let joined = fixture.joined(token);
    assert_eq!((joined.error, joined.generation), (ErrorCode::None, Some(3)));
    assert_eq!(joined.leader, Some(Arc::clone(&old)));
    let synced = fixture.sync(&old, 3, &[(&old, &[0, 1, 2, 3])]);
    assert_eq!(synced.assignment, assignment(&[0, 1, 2, 3]));
}

#[test]
fn trap_83_a_classic_member_joins_a_consumer_group() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    let first =
        fixture.join(classic::Join { requires_known_member: true, ..join(None, "drawn", &[]) });
    assert_eq!(first.error, ErrorCode::MemberIdRequired);
    assert_eq!(first.member_id.as_deref(), Some("drawn"));
    let joined = fixture.join(join(Some("drawn"), "", &[]));
    assert_eq!((joined.generation, joined.leader), (Some(3), None));
    assert_eq!(fixture.sync("drawn", 3, &[]).assignment, assignment_of_none());
    fixture.consumer(beat("new", 2, Some(set(0..4)))).unwrap();
    // Nothing is free yet, so it need not join again.
    assert_eq!(fixture.heartbeat("drawn", 3), ErrorCode::None);
    fixture.consumer(beat("new", 2, Some(set([0, 1])))).unwrap();
    let code = fixture.heartbeat("drawn", 3);
    assert_eq!(code, ErrorCode::RebalanceInProgress, "partitions were released");
    fixture.join(join(Some("drawn"), "", &[]));
    let synced = fixture.sync("drawn", 3, &[]);
    assert_eq!(synced.error, ErrorCode::None);
    assert_ne!(synced.assignment, assignment_of_none());
    fixture.restart();
}

fn assignment_of_none() -> Bytes {
    Bytes::from_static(b"\x00\x01\x00\x00\x00\x00\xff\xff\xff\xff")
}

/// Requests that wait in the classic group are refused; their members join again.
#[test]
fn an_upgrade_in_the_middle_of_a_rebalance_loses_nobody() {
    let mut fixture = Fixture::new();
    let old = fixture.classic_group();
    let waits = fixture.ask(Request::Join(join(None, "2", &[])));
    assert!(fixture.answer(waits).is_none(), "the rebalance waits for the first member");
    fixture.consumer(beat("new", 0, None)).unwrap();
    assert_eq!(fixture.joined(waits).error, ErrorCode::RebalanceInProgress);
    assert_eq!(fixture.heartbeat(&old, 1), ErrorCode::RebalanceInProgress);
    fixture.restart();
}

#[rstest]
#[case::bidirectional(MigrationPolicy::Bidirectional, true, true)]
#[case::upgrade(MigrationPolicy::Upgrade, true, false)]
#[case::downgrade(MigrationPolicy::Downgrade, false, true)]
#[case::disabled(MigrationPolicy::Disabled, false, false)]
fn the_policy_decides(#[case] policy: MigrationPolicy, #[case] up: bool, #[case] down: bool) {
    let mut fixture = Fixture::with(|config| config.consumer.migration = policy);
    fixture.classic_group();
    let answer = fixture.consumer(beat("new", 0, None));
    assert_eq!(answer.is_ok(), up, "{answer:?}");
    if let Err(refusal) = answer {
        assert_eq!(refusal.code, ErrorCode::GroupIdNotFound);
        assert!(!fixture.is_consumer_group());
    }

    let mut fixture = Fixture::with(|config| config.consumer.migration = policy);
    fixture.consumer(beat("new", 0, None)).unwrap();
    let joined = fixture.join(join(Some("old"), "", &[]));
    if policy == MigrationPolicy::Disabled {
        assert_eq!(joined.error, ErrorCode::InconsistentGroupProtocol);
        return;
    }
    assert_eq!(joined.error, ErrorCode::None);
    fixture.consumer(beat("new", -1, None)).unwrap();
    assert_eq!(!fixture.is_consumer_group(), down);
}

/// Without members the type is free, whatever the policy says.
#[test]
fn an_empty_group_takes_the_protocol_of_who_comes() {
    let mut fixture = Fixture::with(|config| config.consumer.migration = MigrationPolicy::Disabled);
    fixture.consumer(beat("new", 0, None)).unwrap();
    fixture.consumer(beat("new", -1, None)).unwrap();
    let old = fixture.classic_group();
    assert!(!fixture.is_consumer_group());
    fixture.restart();
    let leave = classic::Leave {
        group_id: "g".into(),
        members: vec![classic::Leaver { member_id: Some(old), instance_id: None, reason: None }],
    };
    fixture.ask(Request::Leave(leave));
    fixture.consumer(beat("new", 0, None)).unwrap();
    assert!(fixture.is_consumer_group());
    fixture.restart();
}

#[test]
fn classic_members_that_are_silent_or_never_sync_are_fenced() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    fixture.join(join(Some("old"), "", &[]));
    fixture.pass(9_999);
    assert_eq!(fixture.heartbeat("old", 3), ErrorCode::None);
    fixture.pass(10_000);
    assert_eq!(fixture.heartbeat("old", 3), ErrorCode::UnknownMemberId);

    // It heartbeats, but does not ask for its assignment within its rebalance timeout.
    let generation = fixture.join(join(Some("old"), "", &[])).generation.unwrap();
    let mut fenced = ErrorCode::None;
    for _ in 0..13 {
        fixture.pass(5_000);
        fixture.consumer(beat("new", 2, None)).ok();
        fenced = fixture.heartbeat("old", generation);
    }
    assert_eq!(fenced, ErrorCode::UnknownMemberId);
}

#[test]
fn a_classic_member_is_told_what_is_wrong() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    fixture.join(join(Some("old"), "", &[]));
    assert_eq!(fixture.heartbeat("old", 2), ErrorCode::IllegalGeneration);
    assert_eq!(fixture.heartbeat("new", 2), ErrorCode::UnknownMemberId);
    assert_eq!(fixture.sync("nobody", 3, &[]).error, ErrorCode::UnknownMemberId);
    let other = classic::Join { protocol_type: "connect".into(), ..join(None, "x", &[]) };
    assert_eq!(fixture.join(other).error, ErrorCode::InconsistentGroupProtocol);
    let malformed = classic::Protocol { name: "range".into(), metadata: vec![0].into() };
    let malformed = classic::Join { protocols: vec![malformed], ..join(None, "x", &[]) };
    assert_eq!(fixture.join(malformed).error, ErrorCode::InconsistentGroupProtocol);
}

/// A subscription to "t" with data of the client's own.
fn padded(bytes: usize) -> classic::Join {
    let mut said = b"\x00\x01\x00\x00\x00\x01\x00\x01t".to_vec();
    said.put_u32(u32::try_from(bytes).unwrap());
    said.resize(said.len() + bytes, 0);
    said.put_u32(0);
    let protocol = classic::Protocol { name: "range".into(), metadata: said.into() };
    classic::Join { protocols: vec![protocol], ..join(None, "", &[]) }
}

/// A classic group has one record for all its members: when they do not fit, it stays as it is.
#[rstest]
#[case::fits(400_000, false)]
#[case::does_not_fit(1_000_000, true)]
fn a_group_goes_back_when_it_fits_into_a_record(#[case] bytes: usize, #[case] stays: bool) {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    for unique in ["old-1", "old-2"] {
        let joined = fixture.join(classic::Join { unique: unique.into(), ..padded(bytes) });
        assert_eq!(joined.error, ErrorCode::None);
    }
    fixture.consumer(beat("new", -1, None)).unwrap();
    assert_eq!(fixture.is_consumer_group(), stays);
    fixture.restart();
    assert_eq!(fixture.is_consumer_group(), stays);
}

/// The same where a static member comes back with the old protocol.
#[rstest]
#[case::fits(400_000, false)]
#[case::does_not_fit(1_000_000, true)]
fn a_static_member_takes_the_group_back_when_it_fits(#[case] bytes: usize, #[case] stays: bool) {
    let mut fixture = Fixture::new();
    let instance = Some("i".to_owned());
    fixture.consumer(Heartbeat { instance, ..beat("new", 0, None) }).unwrap();
    fixture.join(classic::Join { unique: "old".into(), ..padded(bytes) });
    let back = classic::Join { unique: "back".into(), ..padded(bytes) };
    let back = fixture.join(classic::Join { instance_id: Some("i".into()), ..back });
    assert_eq!(back.error, ErrorCode::None);
    assert_eq!(fixture.is_consumer_group(), stays);
    fixture.restart();
}

/// A classic member's topics stand in its record twice: as it said them, and by name.
#[test]
fn a_classic_member_that_does_not_fit_into_a_record_is_refused() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    let before = fixture.log.len();
    let mut said = b"\x00\x00\x00\x00\x00\x28".to_vec();
    for n in 0..40 {
        said.put_u16(30_000);
        said.extend(format!("{n:030000}").bytes());
    }
    said.put_i32(-1);
    let protocol = classic::Protocol { name: "range".into(), metadata: said.into() };
    let large = classic::Join { protocols: vec![protocol], ..join(None, "x", &[]) };
    assert_eq!(fixture.join(large).error, ErrorCode::InvalidRequest);
    assert_eq!(fixture.log.len(), before);
}

/// Trap 79: Kafka's words tell the two apart.
#[test]
fn a_consumer_group_is_not_described_as_a_classic_one() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    for (id, why) in [("g", NotClassic::OtherType), ("missing", NotClassic::Missing)] {
        let token = fixture.ask(Request::Describe(DescribeGroup(id.into())));
        assert_eq!(fixture.answer(token), Some(Reply::Describe(Err(why))));
    }
}
