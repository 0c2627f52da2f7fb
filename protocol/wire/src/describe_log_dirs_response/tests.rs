use bytes::Bytes;
use kafka_protocol::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsTopic,
};
use kafka_protocol::messages::{DescribeLogDirsRequest, TopicName};

use super::*;
use crate::request::decode_response;

fn two_directories() -> DescribeLogDirsResponse {
    let partition = |n| {
        DescribeLogDirsPartition::default()
            .with_partition_index(n)
            .with_partition_size(1 << 40)
            .with_offset_lag(3)
    };
    let topic = |name| {
        DescribeLogDirsTopic::default()
            .with_name(TopicName(StrBytes::from_static_str(name)))
            .with_partitions((0..2).map(partition).collect())
    };
    let directory = |path| {
        DescribeLogDirsResult::default()
            .with_log_dir(StrBytes::from_static_str(path))
            .with_topics(vec![topic("flights"), topic("λ")])
            .with_total_bytes(1 << 41)
            .with_usable_bytes(-1)
    };
    let failed = directory("/b").with_error_code(56).with_topics(Vec::new());
    DescribeLogDirsResponse::default()
        .with_throttle_time_ms(17)
        .with_results(vec![directory("/a"), failed])
}

fn encoded(version: i16, response: &DescribeLogDirsResponse) -> Bytes {
    // Something stands before the frame: answers share a buffer.
    let mut out = BytesMut::from(&b"before"[..]);
    let cordoned = vec![StrBytes::from_static_str("/b")];
    encode(&mut out, version, 99, &LogDirs { response: response.clone(), cordoned }).unwrap();
    out.split_off(6).freeze()
}

/// Written from Kafka's message definition.
#[test]
fn version_5_says_of_each_directory_whether_it_is_cordoned() {
    let minus_one = (-1_i64).to_be_bytes();
    let directory = |path: u8, is_cordoned: u8| {
        [
            &[0, 0, 3, b'/', path][..],
            &[2],
            &[2, b't', 2, 0, 0, 0, 4],
            &9_i64.to_be_bytes(),
            &[0; 8],
            &[0, 0, 0],
            &minus_one,
            &minus_one,
            &[is_cordoned, 0],
        ]
        .concat()
    };
    let expected = [
        &[0, 0, 0, 113][..],
        &[0, 0, 0, 99, 0],
        &[0, 0, 0, 17, 0, 0],
        &[3],
        &directory(b'a', 0),
        &directory(b'b', 1),
        &[0],
    ]
    .concat();

    let partition =
        DescribeLogDirsPartition::default().with_partition_index(4).with_partition_size(9);
    let topic = DescribeLogDirsTopic::default()
        .with_name(TopicName(StrBytes::from_static_str("t")))
        .with_partitions(vec![partition]);
    let result = |path| {
        DescribeLogDirsResult::default()
            .with_log_dir(StrBytes::from_static_str(path))
            .with_topics(vec![topic.clone()])
    };
    let response = DescribeLogDirsResponse::default()
        .with_throttle_time_ms(17)
        .with_results(vec![result("/a"), result("/b")]);
    assert_eq!(encoded(5, &response), expected);
}

/// What both versions have is written as the message crate writes it.
#[test]
fn without_that_field_it_is_version_4() {
    let mut response = two_directories();
    assert_eq!(encoded(5, &response).len(), encoded(4, &response).len() + 2);
    // With one directory alone the field stands before its tags and the answer's.
    response.results.truncate(1);
    let mut newer = encoded(5, &response).to_vec();
    assert_eq!(newer.remove(newer.len() - 3), 0);
    assert_eq!(newer[4..], encoded(4, &response)[4..]);
}

#[test]
fn older_versions_are_the_message_crates() {
    for version in 1..=4 {
        let mut response = two_directories();
        if version < 4 {
            for result in &mut response.results {
                (result.total_bytes, result.usable_bytes) = (-1, -1);
            }
        }
        let mut theirs = BytesMut::new();
        encode_response(&mut theirs, ApiKey::DescribeLogDirs, version, 99, &response).unwrap();
        assert_eq!(encoded(version, &response), theirs, "version {version}");
        let read = decode_response::<DescribeLogDirsRequest>(version, theirs.freeze().slice(4..));
        assert_eq!(read.unwrap(), (99, response), "version {version}");
    }
}

#[test]
fn the_message_crate_neither_writes_nor_reads_version_5() {
    let response = two_directories();
    let mut out = BytesMut::from(&b"before"[..]);
    let theirs = encode_response(&mut out, ApiKey::DescribeLogDirs, 5, 1, &response);
    assert!(matches!(theirs, Err(EncodeError::Message { .. })), "{theirs:?}");
    assert_eq!(&out[..], b"before");
    let frame = encoded(5, &response).slice(4..);
    assert!(decode_response::<DescribeLogDirsRequest>(5, frame).is_err());
}

#[test]
fn a_version_that_is_not_served_is_not_encoded() {
    let mut out = BytesMut::new();
    let encoded = encode(&mut out, 6, 1, &LogDirs::default());
    assert!(matches!(encoded, Err(EncodeError::NotServed { .. })));
    assert!(out.is_empty());
}
