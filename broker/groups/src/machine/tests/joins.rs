//! JoinGroup and what stands under the group's name: members, a consumer group, offsets alone.

use protocol_types::{ErrorCode, PartitionIndex};
use rstest::rstest;

use super::super::*;
use super::fixture::*;
use crate::classic;
use crate::consumer::Heartbeat;
use crate::offsets::{Commit, CommitPartition};

/// A client that asks for its id first.
fn new() -> classic::Join {
    classic::Join { requires_known_member: true, ..join(None, "drawn", &[]) }
}

impl Fixture {
    fn commit(&mut self) {
        let value = CommitPartition {
            offset: 1,
            leader_epoch: None,
            metadata: "".into(),
            topic_id: Some(TOPIC),
        };
        let token = self.ask(Request::OffsetCommit(Commit {
            group: "g".into(),
            member: "".into(),
            instance: None,
            generation: None,
            retention_ms: None,
            knows_group_not_found: true,
            topics: vec![("t".into(), vec![(PartitionIndex(0), value)])],
        }));
        assert!(matches!(self.answer(token), Some(Reply::OffsetCommit(_))));
        assert_eq!(self.machine.offsets().len(), 1);
    }

    fn delete(&mut self) -> ErrorCode {
        let token = self.ask(Request::Delete(DeleteGroup("g".into())));
        match self.answer(token) {
            Some(Reply::Delete(code)) => code,
            other => panic!("{other:?}"),
        }
    }

    fn empty_consumer_group(&mut self) {
        self.consumer(beat("new", 0, None)).unwrap();
        self.consumer(beat("new", -1, None)).unwrap();
    }
}

/// Trap 83: what Java's `subscribe(Pattern)` sends before a topic matches.
#[test]
fn a_member_that_names_no_topic_yet_is_let_in_and_survives_a_restart() {
    let mut fixture = Fixture::new();
    let nothing = Heartbeat { topics: Some(Vec::new()), ..beat("new", 0, None) };
    let joined = fixture.consumer(nothing).unwrap();
    assert!(joined.epoch > 0, "{joined:?}");
    fixture.restart();
    let epoch = joined.epoch;
    let later = Heartbeat { topics: Some(vec!["t".to_owned()]), ..beat("new", epoch, None) };
    assert_eq!(fixture.consumer(later).unwrap().assignment, Some(set(0..4)));
}

/// The client joins anew with that answer; INCONSISTENT_GROUP_PROTOCOL would end it.
#[test]
fn an_id_of_a_consumer_group_that_emptied_is_unknown() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    assert_eq!(fixture.join(new()).error, ErrorCode::MemberIdRequired);
    fixture.consumer(beat("new", -1, None)).unwrap();
    let late = fixture.join(join(Some("drawn"), "", &[]));
    assert_eq!(late.error, ErrorCode::UnknownMemberId);
    assert_eq!(fixture.join(new()).error, ErrorCode::MemberIdRequired);
}

#[rstest]
#[case::none(0)]
#[case::negative(-1)]
#[case::too_long(i32::MAX)]
fn trap_71_session_timeouts_have_bounds_in_consumer_groups_too(#[case] session_timeout_ms: i32) {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    let join = classic::Join { session_timeout_ms, ..join(None, "x", &[]) };
    assert_eq!(fixture.join(join).error, ErrorCode::InvalidSessionTimeout);
}

#[test]
fn what_a_classic_member_says_fits_into_a_record() {
    let mut fixture = Fixture::new();
    fixture.consumer(beat("new", 0, None)).unwrap();
    let mut said = subscription(&[]).to_vec();
    said.resize(2 << 20, 0);
    let large = classic::Protocol { name: "range".into(), metadata: said.into() };
    let join = classic::Join { protocols: vec![large], ..join(None, "x", &[]) };
    assert_eq!(fixture.join(join).error, ErrorCode::InvalidRequest);
}

/// The client that was told its id never comes back, and the broker dies: no record tells of the
/// group, but its offsets do.
#[test]
fn offsets_keep_their_group_when_it_changes_protocol() {
    let mut fixture = Fixture::new();
    fixture.commit();
    fixture.empty_consumer_group();
    assert_eq!(fixture.join(new()).error, ErrorCode::MemberIdRequired);
    fixture.restart();
    let listed: Vec<_> = fixture.machine.groups().map(|(id, _)| id.to_string()).collect();
    assert_eq!(listed, ["g"]);
    assert_eq!(fixture.delete(), ErrorCode::None);
    assert!(fixture.machine.offsets().is_empty());
}

#[test]
fn a_join_that_is_refused_leaves_a_consumer_group_as_it_is() {
    let mut fixture = Fixture::new();
    fixture.empty_consumer_group();
    let before = fixture.log.len();
    let without = classic::Join { protocols: Vec::new(), ..new() };
    assert_eq!(fixture.join(without).error, ErrorCode::InconsistentGroupProtocol);
    assert!(fixture.is_consumer_group());
    assert_eq!(fixture.log.len(), before);
}
