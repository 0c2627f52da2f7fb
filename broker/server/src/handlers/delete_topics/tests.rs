use protocol_types::ApiKey;
use protocol_wire::messages::delete_topics_request::DeleteTopicState;
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries, authorized, code};

fn by_name(name: &str) -> DeleteTopicState {
    DeleteTopicState::default().with_name(Some(topic_name(name)))
}

const fn everything(_: Operation, _: Resource<'_>) -> bool {
    true
}

#[test]
fn trap_98_version_6_names_topics_by_name_or_id_and_older_ones_by_name() {
    let id = Uuid::from_u128(7);
    let by_id = DeleteTopicState::default().with_name(None).with_topic_id(id);
    let new = DeleteTopicsRequest::default().with_topics(vec![by_name("a"), by_id]);
    let refs = [TopicRef::by_name("a"), TopicRef::by_id(TopicId(id.into_bytes()))];
    assert_eq!(topic_refs(&new, 6), refs);
    let old = DeleteTopicsRequest::default().with_topic_names(vec![topic_name("a")]);
    assert_eq!(topic_refs(&old, 5), refs[..1]);
}

#[rstest]
#[case::unknown_name(
    TopicRef::by_name("gone"),
    Some("gone"),
    3,
    "This server does not host this topic-partition."
)]
#[case::trap_98_unknown_id(TopicRef::by_id(TopicId([9; 16])), None, 100, "This server does not host this topic ID.")]
#[case::neither(TopicRef { name: None, id: None }, None, 42, "Neither topic name nor id were specified.")]
#[case::both(TopicRef { name: Some("t".into()), id: Some(TopicId([9; 16])) }, Some("t"), 42, "You may not specify both topic name and topic id.")]
fn trap_98_a_refusal_says_what_was_named(
    #[case] topic: TopicRef,
    #[case] name: Option<&str>,
    #[case] error_code: i16,
    #[case] error_message: &str,
) {
    let fixture = Fixture::new().topic("t", 1);
    let outcome = fixture.controller.submit(DeleteTopics { topics: vec![topic] }).unwrap();
    let refused = result(&outcome[0], code);
    assert_eq!(refused.name.as_ref().map(|name| name.as_str()), name);
    assert_eq!(refused.error_code, error_code);
    assert_eq!(refused.error_message.as_ref().map(|text| text.as_str()), Some(error_message));
}

#[test]
fn trap_98_a_topic_made_again_has_another_id() {
    let fixture = Fixture::new().topic("t", 1);
    let first = fixture.controller.image().topic("t").unwrap().id;
    let command = DeleteTopics { topics: vec![TopicRef::by_id(first)] };
    let deleted = result(&fixture.controller.submit(command).unwrap()[0], code);
    assert_eq!((deleted.error_code, deleted.error_message), (0, None));
    assert_eq!(deleted.topic_id, uuid(first));
    assert_eq!(deleted.name.unwrap().as_str(), "t");
    let fixture = fixture.topic("t", 1);
    assert_ne!(fixture.controller.image().topic("t").unwrap().id, first);
}

#[rstest]
#[case(1, ErrorCode::InvalidRequest)]
#[case(2, ErrorCode::InvalidRequest)]
#[case(3, ErrorCode::TopicDeletionDisabled)]
#[case(6, ErrorCode::TopicDeletionDisabled)]
fn disabled_deletion_has_a_code_the_version_knows(
    #[case] version: i16,
    #[case] expected: ErrorCode,
) {
    let fixture = Fixture::with(&[("delete.topic.enable", "false")]);
    let error = fixture.controller.submit(DeleteTopics { topics: Vec::new() }).unwrap_err();
    assert_eq!(as_version_knows(error, version).code, expected);
}

#[test]
fn who_may_not_describe_a_topic_does_not_learn_of_it() {
    let image = Fixture::new().topic("t", 1).controller.image();
    let id = image.topic("t").unwrap().id;
    let ask = |allows| authorized(DeleteTopicsRequest::default(), Operation::Delete, allows);
    let refused = |topic: &TopicRef, allows| {
        let deleted = refuse(topic, &image, &ask(allows))?;
        Some((deleted.name, deleted.result.unwrap_err().code.to_wire()))
    };
    let (by_name, by_id) = (TopicRef::by_name("t"), TopicRef::by_id(id));
    let gone = TopicRef::by_name("gone");

    assert_eq!(refused(&by_name, everything), None);
    let nothing = |_: Operation, _: Resource<'_>| false;
    assert_eq!(refused(&by_name, nothing), Some((Some("t".to_owned()), 29)));
    assert_eq!(refused(&gone, nothing), Some((Some("gone".to_owned()), 29)));
    assert_eq!(refused(&by_id, nothing), Some((None, 29)));
    let describe = |operation: Operation, _: Resource<'_>| operation == Operation::Describe;
    assert_eq!(refused(&by_id, describe), Some((Some("t".to_owned()), 29)));
    assert_eq!(refused(&gone, describe), None, "a missing topic is no secret then");
}

#[test]
fn every_version_from_6_carries_nulls_and_older_ones_what_they_can() {
    let error = CommandError::new(ErrorCode::UnknownTopicOrPartition, "gone");
    let named = DeletedTopic { name: Some("t".into()), id: None, result: Err(error) };
    let fine = DeletedTopic { name: Some("u".into()), id: Some(TopicId([1; 16])), result: Ok(()) };
    let responses = vec![result(&named, code), result(&fine, code)];
    let response = DeleteTopicsResponse::default().with_responses(responses);
    assert_every_version_carries(ApiKey::DeleteTopics, &response);
}
