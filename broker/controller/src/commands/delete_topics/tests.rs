use protocol_types::ErrorCode as E;

use super::super::create_topics::{CreateTopics, NewTopic};
use super::super::fixture::Fixture;
use super::*;

fn fixture(names: &[&str]) -> Fixture {
    let mut fixture = Fixture::new();
    let topics = names.iter().map(|name| NewTopic::automatic(*name)).collect();
    fixture.run(CreateTopics { topics, validate_only: false }).unwrap();
    fixture
}

type Line<'a> = (Option<&'a str>, Option<TopicId>, Option<(E, &'a str)>);

fn summary(outcome: &[DeletedTopic]) -> Vec<Line<'_>> {
    outcome
        .iter()
        .map(|topic| {
            let error = topic.result.as_ref().err();
            let error = error.map(|error| (error.code, error.message.as_str()));
            (topic.name.as_deref(), topic.id, error)
        })
        .collect()
}

#[test]
fn trap_98_topics_go_by_name_or_by_id() {
    let mut fixture = fixture(&["a", "b", "c"]);
    let id = |name: &str| fixture.image.topic(name).unwrap().id;
    let (a, b) = (id("a"), id("b"));
    let topics = vec![TopicRef::by_name("a"), TopicRef::by_id(b)];
    let outcome = fixture.run(DeleteTopics { topics }).unwrap();
    assert_eq!(summary(&outcome), [(Some("a"), Some(a), None), (Some("b"), Some(b), None)]);
    assert_eq!(fixture.image.topic_count(), 1);
}

#[test]
fn trap_98_unknown_names_and_ids_have_different_codes() {
    let unknown = TopicId([99; 16]);
    let topics = vec![TopicRef::by_name("x"), TopicRef::by_id(unknown)];
    let outcome = fixture(&[]).run(DeleteTopics { topics }).unwrap();
    let (name, id) = (
        (E::UnknownTopicOrPartition, "This server does not host this topic-partition."),
        (E::UnknownTopicId, "This server does not host this topic ID."),
    );
    let expected = [(Some("x"), None, Some(name)), (None, Some(unknown), Some(id))];
    assert_eq!(summary(&outcome), expected);
}

#[test]
fn ambiguous_requests_are_refused_and_delete_nothing_twice() {
    let mut fixture = fixture(&["a", "b"]);
    let a = fixture.image.topic("a").unwrap().id;
    let outcome = fixture
        .run(DeleteTopics {
            topics: vec![
                TopicRef { name: None, id: None },
                TopicRef { name: Some("a".into()), id: Some(a) },
                TopicRef::by_name("b"),
                TopicRef::by_name("b"),
                TopicRef::by_id(a),
                TopicRef::by_name("a"),
            ],
        })
        .unwrap();
    let messages: Vec<_> = outcome
        .iter()
        .map(|topic| topic.result.as_ref().map_or_else(|e| e.message.as_str(), |()| "deleted"))
        .collect();
    assert_eq!(
        messages,
        [
            "Neither topic name nor id were specified.",
            "You may not specify both topic name and topic id.",
            "Duplicate topic name.",
            "deleted",
            "The provided topic name maps to an ID that was already supplied.",
        ]
    );
    assert!(fixture.image.topic("b").is_some());
}

#[test]
fn deletion_can_be_switched_off() {
    let fixture = Fixture::with(&[("delete.topic.enable", "false")]);
    let error = fixture.decide(DeleteTopics { topics: vec![] }).unwrap_err();
    assert_eq!(error.code, E::TopicDeletionDisabled);
}
