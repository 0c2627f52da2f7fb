use protocol_types::TopicId;
use protocol_wire::messages::TopicName;
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::handlers::{
    fixture::{Fixture, assert_every_version_carries, authorized, code},
    wire_names::{topic_name, uuid},
};

const OF_NOTHING: TopicId = TopicId([9; 16]);

fn asked_for(name: TopicName, id: Uuid, partitions: &[i32]) -> OffsetCommitRequestTopic {
    let partition =
        |index: &i32| OffsetCommitRequestPartition::default().with_partition_index(*index);
    OffsetCommitRequestTopic::default()
        .with_name(name)
        .with_topic_id(id)
        .with_partitions(partitions.iter().map(partition).collect())
}

fn by_name(name: &str, partitions: &[i32]) -> OffsetCommitRequestTopic {
    asked_for(topic_name(name), Uuid::nil(), partitions)
}

fn by_id(id: TopicId, partitions: &[i32]) -> OffsetCommitRequestTopic {
    asked_for(TopicName::default(), uuid(id), partitions)
}

/// A request for topics that `topics` makes from the ids of `t`, with two partitions, and `secret`.
fn request(
    topics: fn(TopicId, TopicId) -> Vec<OffsetCommitRequestTopic>,
) -> (Arc<Image>, Authorized<OffsetCommitRequest>) {
    let fixture = Fixture::new().topic("t", 2).topic("secret", 1);
    let image = fixture.controller.image();
    let id = |name| image.topic(name).unwrap().id;
    let request = OffsetCommitRequest::default().with_topics(topics(id("t"), id("secret")));
    let allows =
        |_: Operation, resource: Resource<'_>| !matches!(resource, Resource::Topic("secret"));
    (image, authorized(request, Operation::Read, allows))
}

fn answers(asked: &[Asked<'_>]) -> Vec<(i32, Option<ErrorCode>)> {
    let answers = asked.iter().flat_map(|topic| &topic.answers);
    answers.map(|(partition, answer)| (partition.partition_index, *answer)).collect()
}

const OPEN: Option<ErrorCode> = None;
const MISSING: Option<ErrorCode> = Some(ErrorCode::UnknownTopicOrPartition);
const FORBIDDEN: Option<ErrorCode> = Some(ErrorCode::TopicAuthorizationFailed);
const UNKNOWN_ID: Option<ErrorCode> = Some(ErrorCode::UnknownTopicId);

#[rstest]
#[case::by_name(
    9,
    |_, _| vec![by_name("t", &[0, 7, -1]), by_name("nowhere", &[0]), by_name("secret", &[0])],
    &[(0, OPEN), (7, MISSING), (-1, MISSING), (0, MISSING), (0, FORBIDDEN)]
)]
#[case::by_id(
    10,
    |t, secret| vec![by_id(t, &[0, 7, -1]), by_id(OF_NOTHING, &[0, 7]), by_id(secret, &[0])],
    &[(0, OPEN), (7, MISSING), (-1, MISSING), (0, UNKNOWN_ID), (7, UNKNOWN_ID), (0, FORBIDDEN)]
)]
#[case::the_id_of_zeros(10, |_, _| vec![by_id(TopicId::ZERO, &[0])], &[(0, UNKNOWN_ID)])]
#[case::a_name_is_no_id(10, |_, _| vec![by_name("t", &[0])], &[(0, UNKNOWN_ID)])]
fn what_the_group_is_not_asked_for_is_answered_before(
    #[case] version: i16,
    #[case] topics: fn(TopicId, TopicId) -> Vec<OffsetCommitRequestTopic>,
    #[case] expected: &[(i32, Option<ErrorCode>)],
) {
    let (image, request) = request(topics);
    let topics = &request.request().topics;
    let asked: Vec<_> =
        topics.iter().map(|topic| look_up(&request, version, &image, topic)).collect();
    assert_eq!(answers(&asked), expected);
}

#[test]
fn a_topic_known_by_its_id_is_committed_by_its_name() {
    let (image, request) = request(|t, _| vec![by_id(OF_NOTHING, &[0]), by_id(t, &[1, 7])]);
    let wire = request.request();
    let asked: Vec<_> =
        wire.topics.iter().map(|topic| look_up(&request, 10, &image, topic)).collect();
    let commit = commit(10, wire, &image, &asked);
    let [(name, partitions)] = &commit.topics[..] else { panic!("{commit:?}") };
    let [(index, partition)] = &partitions[..] else { panic!("{partitions:?}") };
    assert_eq!((&**name, index.0), ("t", 1));
    assert_eq!(partition.topic_id, Some(image.topic("t").unwrap().id));
}

/// One outcome of the group, and what its open partition is told.
#[rstest]
#[case::accepted(Ok(vec![(ErrorCode::None, 0)]), ErrorCode::None)]
#[case::refused_alone(Ok(vec![(ErrorCode::OffsetMetadataTooLarge, 0)]), ErrorCode::OffsetMetadataTooLarge)]
#[case::refused_whole(Err(ErrorCode::StaleMemberEpoch), ErrorCode::StaleMemberEpoch)]
fn the_groups_word_is_for_what_was_asked_of_it(
    #[case] outcome: Result<Vec<(ErrorCode, u32)>, ErrorCode>,
    #[case] expected: ErrorCode,
) {
    let (image, request) = request(|t, _| vec![by_id(OF_NOTHING, &[0]), by_id(t, &[7, 0])]);
    let topics = &request.request().topics;
    let mut asked: Vec<_> =
        topics.iter().map(|topic| look_up(&request, 10, &image, topic)).collect();
    let outcome = outcome.map(|codes| {
        let codes =
            codes.into_iter().map(|(code, index)| (protocol_types::PartitionIndex(index), code));
        vec![(Arc::from("t"), codes.collect())]
    });
    settle(&mut asked, outcome);
    assert_eq!(answers(&asked), [(0, UNKNOWN_ID), (7, MISSING), (0, Some(expected))]);

    let response = response(asked, code);
    let ids: Vec<_> = response.topics.iter().map(|topic| topic.topic_id).collect();
    assert_eq!(ids, [uuid(OF_NOTHING), uuid(image.topic("t").unwrap().id)]);
    assert_every_version_carries(protocol_types::ApiKey::OffsetCommit, &response);
}
