use protocol_types::ApiKey;
use protocol_wire::messages::metadata_request::MetadataRequestTopic;
use rstest::rstest;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries};

fn named(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic::default().with_name(Some(topic_name(name)))
}

fn identified(name: &str) -> MetadataRequestTopic {
    named(name).with_topic_id(uuid::Uuid::from_bytes([7; 16]))
}

#[rstest]
#[case::v0_empty_is_all(0, Some(vec![]), None)]
#[case::v1_null_is_all(1, None, None)]
#[case::v1_empty_is_none(1, Some(vec![]), Some(vec![]))]
#[case::v13_empty_is_none(13, Some(vec![]), Some(vec![]))]
#[case::named(5, Some(vec![named("a")]), Some(vec![Asked::Name("a".to_owned())]))]
#[case::each_once(
    5,
    Some(vec![named("a"), named("b"), named("a")]),
    Some(vec![Asked::Name("a".to_owned()), Asked::Name("b".to_owned())])
)]
#[case::by_id(
    12,
    Some(vec![MetadataRequestTopic::default().with_topic_id(uuid::Uuid::from_bytes([7; 16])).with_name(None)]),
    Some(vec![Asked::Id(TopicId([7; 16]))])
)]
#[case::by_id_beside_an_empty_name(13, Some(vec![identified(""), named("a")]), Some(vec![Asked::Id(TopicId([7; 16]))]))]
#[case::by_neither(
    13,
    Some(vec![MetadataRequestTopic::default().with_name(None)]),
    Some(vec![Asked::Id(TopicId::ZERO)])
)]
fn trap_19_and_10_which_topics_are_asked_for(
    #[case] version: i16,
    #[case] topics: Option<Vec<MetadataRequestTopic>>,
    #[case] expected: Option<Vec<Asked>>,
) {
    let request = MetadataRequest::default().with_topics(topics);
    assert_eq!(asked(&request, version), expected);
}

#[rstest]
#[case("unknown", ErrorCode::UnknownTopicOrPartition)]
#[case("no/slash", ErrorCode::InvalidTopicException)]
#[case("", ErrorCode::InvalidTopicException)]
#[case("..", ErrorCode::InvalidTopicException)]
fn trap_20_unknown_and_illegal_names(#[case] name: &str, #[case] code: ErrorCode) {
    assert_eq!(unknown(name), code);
}

#[test]
fn trap_21_only_valid_unknown_names_are_created() {
    let image = Fixture::new().topic("there", 1).controller.image();
    let asked = ["there", "new", "no/slash", "new"].map(|name| Asked::Name(name.to_owned()));
    let asked = [&asked[..], &[Asked::Id(TopicId([1; 16]))]].concat();
    assert_eq!(missing(&image, &asked).into_iter().collect::<Vec<_>>(), ["new"]);
}

#[test]
fn traps_23_24_26_28_a_topic_has_an_id_real_epochs_and_no_operations_unless_asked() {
    let image = Fixture::new().topic("flights", 3).controller.image();
    let topic = image.topic("flights").unwrap();
    let topic = describe(&image, topic);
    assert_ne!(topic.topic_id, uuid::Uuid::nil());
    assert_eq!(topic.topic_authorized_operations, i32::MIN);
    let epochs: Vec<i32> =
        topic.partitions.iter().map(|partition| partition.leader_epoch).collect();
    assert_eq!(epochs, [1, 1, 1], "the first boot's incarnation");

    let whole = answer(&image, &HostPort { host: "h".to_owned(), port: 9 }, None);
    assert!(topic.partitions.iter().all(|partition| partition.leader_id == whole.controller_id));
    assert_eq!(whole.brokers[0].node_id, whole.controller_id);
    assert!(whole.cluster_id.is_some());
    assert_eq!(whole.cluster_authorized_operations, i32::MIN);
}

#[test]
fn every_version_carries_the_answer() {
    let image = Fixture::new().topic("flights", 2).controller.image();
    let address = HostPort { host: "localhost".to_owned(), port: 9092 };
    let topic = describe(&image, image.topic("flights").unwrap());
    let answer = answer(&image, &address, Some("rack")).with_topics(vec![topic]);
    assert_every_version_carries(ApiKey::Metadata, &answer);
}
