use protocol_types::ApiKey;
use protocol_wire::messages::{StrBytes, TopicName, describe_quorum_request};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::Fixture;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

#[test]
fn the_leader_is_among_the_voters_and_has_caught_up() {
    let fixture = Fixture::new();
    let (image, log_end) = (fixture.controller.image(), fixture.controller.log_end());
    assert!(log_end > 0);
    let described = partition(&image, log_end, NOW, 2);
    assert_eq!(described.leader_id.0, 1);
    assert_eq!(described.leader_epoch, 1);
    let [voter] = &described.current_voters[..] else { panic!("{described:?}") };
    assert_eq!(voter.replica_id, described.leader_id);
    assert_eq!(voter.log_end_offset, described.high_watermark);
    assert_eq!(voter.last_caught_up_timestamp, NOW.0);
    assert!(!voter.replica_directory_id.is_nil());
    let grown = fixture.topic("t", 1);
    assert!(grown.controller.log_end() > log_end, "a command moves the end");
}

#[test]
fn every_version_carries_what_it_is_given() {
    let fixture = Fixture::new();
    for version in 0..=2 {
        let partitions = vec![partition(&fixture.controller.image(), 7, NOW, version)];
        let topic = TopicData::default().with_partitions(partitions);
        let answer = DescribeQuorumResponse::default().with_topics(vec![topic]);
        let mut out = bytes::BytesMut::new();
        let api = ApiKey::DescribeQuorum;
        protocol_wire::response::encode_response(&mut out, api, version, 1, &answer).unwrap();
    }
}

#[rstest]
#[case::it(&[("__cluster_metadata", &[0][..])], true)]
#[case::another_topic(&[("t", &[0][..])], false)]
#[case::another_partition(&[("__cluster_metadata", &[1][..])], false)]
#[case::more(&[("__cluster_metadata", &[0, 1][..])], false)]
#[case::two(&[("__cluster_metadata", &[0][..]), ("t", &[0][..])], false)]
#[case::nothing(&[], false)]
fn only_the_metadatas_partition_is_described(
    #[case] topics: &[(&'static str, &[i32])],
    #[case] is: bool,
) {
    let partition = |&index: &i32| {
        describe_quorum_request::PartitionData::default().with_partition_index(index)
    };
    let asked = topics.iter().map(|(name, partitions)| {
        AskedTopic::default()
            .with_topic_name(TopicName(StrBytes::from_static_str(name)))
            .with_partitions(partitions.iter().map(partition).collect())
    });
    assert_eq!(is_metadata(&asked.collect::<Vec<_>>()), is);
}
