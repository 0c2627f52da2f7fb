use protocol_types::Timestamp;
use protocol_wire::messages::{TopicName, offset_fetch_request::OffsetFetchRequestTopics};
use uuid::Uuid;

use super::{answer::refused, *};
use crate::handlers::{
    fixture::Fixture,
    wire_names::{topic_name, uuid},
};

const ID: TopicId = TopicId([7; 16]);
const OTHER: TopicId = TopicId([8; 16]);

fn entry(index: i32, offset: i64) -> Entry {
    of(None, index, offset)
}

fn of(topic_id: Option<TopicId>, index: i32, offset: i64) -> Entry {
    let committed = Committed {
        offset,
        leader_epoch: None,
        metadata: Arc::default(),
        committed_at: Timestamp(0),
        expires_at: None,
        topic_id,
    };
    (index, Ok(Some(committed)))
}

const fn named<'a>(name: &'a str, partitions: &'a [i32]) -> AskedTopic<'a> {
    AskedTopic { name: Some(name), id: None, partitions }
}

fn found(name: &str, id: Option<TopicId>, partitions: Vec<Entry>) -> Found {
    Found { name: Arc::from(name), id, partitions }
}

#[test]
fn partitions_that_cannot_be_have_an_answer_in_their_place() {
    let answers = in_order(&[3, -1, 5], vec![entry(3, 30), entry(5, 50)]);
    assert_eq!(answers, [entry(3, 30), (-1, Ok(None)), entry(5, 50)]);
}

#[test]
fn the_group_is_asked_only_for_what_may_be_seen() {
    let unknown = AskedTopic { name: None, id: Some(ID), partitions: &[4] };
    let topics = [named("a", &[0, -7, 2]), unknown, named("secret", &[1])];
    let asked = visible(&topics, |topic| topic == "a");
    assert_eq!(asked, [(Arc::from("a"), vec![PartitionIndex(0), PartitionIndex(2)])]);
}

#[test]
fn before_groups_had_errors_every_partition_tells_it() {
    let topics = Some(vec![named("t", &[0, 1])]);
    let asked = Asked { group: "g", member: None, member_epoch: -1, topics };
    let told = |index| (index, Err(ErrorCode::NotCoordinator));
    let refused = refused(&asked, ErrorCode::NotCoordinator);
    assert_eq!(refused, [found("t", None, vec![told(0), told(1)])]);
}

#[test]
fn from_version_10_on_the_id_says_which_topic_it_is() {
    let image = Fixture::new().topic("t", 1).controller.image();
    let id = image.topic("t").unwrap().id;
    let topic = |name: TopicName, id: Uuid| {
        OffsetFetchRequestTopics::default().with_name(name).with_topic_id(id)
    };
    let group = OffsetFetchRequestGroup::default().with_topics(Some(vec![
        topic(topic_name("nowhere"), Uuid::nil()),
        topic(TopicName::default(), uuid(id)),
        topic(TopicName::default(), uuid(OTHER)),
    ]));
    let asked = |version| {
        let topics = of_group(&image, version, &group).topics.unwrap();
        topics.into_iter().map(|topic| (topic.name, topic.id)).collect::<Vec<_>>()
    };
    assert_eq!(asked(9), [(Some("nowhere"), None), (Some(""), None), (Some(""), None)]);
    let (zero, of_nothing) = (Some(TopicId::ZERO), Some(OTHER));
    assert_eq!(asked(10), [(None, zero), (Some("t"), Some(id)), (None, of_nothing)]);
}

#[test]
fn each_topic_is_answered_in_its_place() {
    let topics = [
        AskedTopic { name: None, id: Some(OTHER), partitions: &[0, 1] },
        AskedTopic { name: Some("t"), id: Some(ID), partitions: &[0, -1] },
        named("secret", &[0]),
    ];
    let known = vec![(Arc::from("t"), vec![of(Some(ID), 0, 30)])];
    let refused = |index, code| (index, Err(code));
    let unknown = ErrorCode::UnknownTopicId;
    assert_eq!(
        these(&topics, known, |topic| topic != "secret"),
        [
            found("", Some(OTHER), vec![refused(0, unknown), refused(1, unknown)]),
            found("t", Some(ID), vec![of(Some(ID), 0, 30), (-1, Ok(None))]),
            found("secret", None, vec![refused(0, ErrorCode::TopicAuthorizationFailed)]),
        ]
    );
}

/// A topic can be made again between the look at its id and the group's answer.
#[test]
fn no_offset_of_a_topic_made_again_is_told_under_the_old_id() {
    let topics = [AskedTopic { name: Some("t"), id: Some(ID), partitions: &[0, 1] }];
    let known = || vec![(Arc::from("t"), vec![of(Some(OTHER), 0, 30), of(None, 1, 31)])];
    let expected = vec![(0, Ok(None)), of(None, 1, 31)];
    assert_eq!(these(&topics, known(), |_| true), [found("t", Some(ID), expected)]);

    let image = Fixture::new().topic("t", 2).controller.image();
    let id = Some(image.topic("t").unwrap().id);
    let all = all(known(), |_| true, Some(&image));
    assert_eq!(all, [found("t", id, vec![of(None, 1, 31)])]);
}

#[test]
fn of_all_topics_those_are_told_that_may_be_seen_and_have_an_id() {
    let known = || {
        let topic = |name: &str| (Arc::from(name), vec![entry(0, 30)]);
        vec![topic("t"), topic("gone"), topic("secret")]
    };
    let image = Fixture::new().topic("t", 1).topic("secret", 1).controller.image();
    let id = Some(image.topic("t").unwrap().id);
    let may_see = |topic: &str| topic != "secret";
    let by_id = all(known(), may_see, Some(&image));
    assert_eq!(by_id, [found("t", id, vec![entry(0, 30)])]);

    let by_name = all(known(), may_see, None);
    assert_eq!(by_name, ["t", "gone"].map(|name| found(name, None, vec![entry(0, 30)])));
}
