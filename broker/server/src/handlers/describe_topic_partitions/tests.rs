use broker_metadata::Image;
use protocol_types::ApiKey;
use protocol_wire::messages::describe_topic_partitions_request::{self as asked, TopicRequest};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries, code};

fn request(topics: &[&str], cursor: Option<(&str, i32)>) -> DescribeTopicPartitionsRequest {
    let topics = topics.iter().map(|name| TopicRequest::default().with_name(topic_name(name)));
    let cursor = cursor.map(|(topic, partition)| {
        asked::Cursor::default().with_topic_name(topic_name(topic)).with_partition_index(partition)
    });
    DescribeTopicPartitionsRequest::default().with_topics(topics.collect()).with_cursor(cursor)
}

fn page(
    image: &Image,
    request: &DescribeTopicPartitionsRequest,
    left: usize,
) -> DescribeTopicPartitionsResponse {
    let start = Start::of(request).unwrap();
    let names: Vec<_> = topics(request, image, &start).into_iter().collect();
    let mut page = Page {
        image,
        start: &start,
        skip_missing: request.topics.is_empty(),
        left,
        answer: DescribeTopicPartitionsResponse::default(),
    };
    page.fill(&names, code);
    page.answer
}

/// A partition of a topic.
type Place = (String, i32);

/// The partitions of an answer, and where it goes on.
fn seen(answer: &DescribeTopicPartitionsResponse) -> (Vec<Place>, Option<Place>) {
    let name =
        |topic: &DescribeTopicPartitionsResponseTopic| topic.name.clone().unwrap().to_string();
    let partitions = answer.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(move |partition| (name(topic), partition.partition_index))
    });
    let next = answer.next_cursor.as_ref();
    (partitions.collect(), next.map(|c| (c.topic_name.to_string(), c.partition_index)))
}

fn image() -> std::sync::Arc<Image> {
    Fixture::new().topic("b", 3).topic("a", 2).topic("c", 1).controller.image()
}

#[rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[case(4)]
#[case(100)]
fn trap_108_pages_together_show_every_partition_once_in_order(#[case] limit: usize) {
    let image = image();
    let mut all = Vec::new();
    let mut cursor: Option<Place> = None;
    loop {
        let from = cursor.as_ref().map(|(topic, partition)| (topic.as_str(), *partition));
        let (partitions, next) = seen(&page(&image, &request(&[], from), limit));
        assert!(partitions.len() <= limit);
        all.extend(partitions);
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let expected = [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2), ("c", 0)];
    assert_eq!(all, expected.map(|(topic, partition)| (topic.to_owned(), partition)));
}

#[rstest]
#[case::trap_108_cursor_topic_not_asked_for(request(&["a"], Some(("b", 0))))]
#[case::trap_108_negative_partition(request(&[], Some(("a", -1))))]
fn a_cursor_that_is_not_valid_is_refused(#[case] request: DescribeTopicPartitionsRequest) {
    assert!(Start::of(&request).is_none());
    let answer = invalid(&request, code);
    assert!(answer.topics.iter().all(|topic| topic.error_code == 42));
    assert_eq!(answer.topics.len(), request.topics.len());
}

#[test]
fn a_missing_topic_is_told_of_only_to_who_asked_for_it() {
    let image = image();
    let asked = page(&image, &request(&["a", "gone", "not/legal"], None), 100);
    let codes: Vec<_> = asked
        .topics
        .iter()
        .map(|topic| (topic.name.as_ref().unwrap().as_str(), topic.error_code))
        .collect();
    assert_eq!(codes, [("a", 0), ("gone", 3), ("not/legal", 17)]);
    let gone = page(&image, &request(&[], Some(("bb", 0))), 100);
    assert_eq!(seen(&gone), (vec![("c".to_owned(), 0)], None));
}

#[test]
fn a_partition_shows_leader_epoch_and_replicas() {
    let image = image();
    let answer = page(&image, &request(&["a"], None), 100);
    let topic = &answer.topics[0];
    assert_eq!(topic.topic_id, uuid(image.topic("a").unwrap().id));
    assert!(!topic.is_internal);
    let partition = &topic.partitions[1];
    assert_eq!((partition.leader_id.0, partition.leader_epoch), (1, 1));
    assert_eq!(partition.replica_nodes, partition.isr_nodes);
    assert!(partition.offline_replicas.is_empty());
    assert_every_version_carries(ApiKey::DescribeTopicPartitions, &answer);
}
