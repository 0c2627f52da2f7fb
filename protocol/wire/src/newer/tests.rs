use bytes::Buf as _;
use kafka_protocol::messages::{MetadataRequest, OffsetCommitRequest, OffsetFetchRequest};
use kafka_protocol::messages::{
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics},
};
use kafka_protocol::protocol::{Request, StrBytes};
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::decode::decode_request;
use crate::error::EncodeError;
use crate::frame::PREFIX_LEN;
use crate::request::encode_request;
use crate::request_header::{Parsed, parse};
use crate::samples::{self, Fill};

const ID: [u8; 16] = *b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff";

/// Laid out by hand from Kafka 4.3.1's `OffsetCommitRequest.json`.
fn commit_bytes() -> Vec<u8> {
    [
        &b"\x02g"[..],           // GroupId
        b"\0\0\0\x07",           // GenerationIdOrMemberEpoch
        b"\x03me",               // MemberId
        b"\0",                   // GroupInstanceId: null
        b"\x02",                 // one topic
        &ID,                     // TopicId
        b"\x02",                 // one partition
        b"\0\0\0\x04",           // PartitionIndex
        b"\0\0\0\0\0\0\x01\x02", // CommittedOffset
        b"\xff\xff\xff\xff",     // CommittedLeaderEpoch
        b"\x05note",             // CommittedMetadata
        b"\0",                   // the partition's tags
        b"\x01\x84\x07\x02hi",   // the topic's: 900 of two bytes
        b"\0",                   // the request's
    ]
    .concat()
}

fn commit() -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition::default()
        .with_partition_index(4)
        .with_committed_offset(0x102)
        .with_committed_metadata(Some(StrBytes::from_static_str("note")));
    let topic = OffsetCommitRequestTopic::default()
        .with_topic_id(Uuid::from_bytes(ID))
        .with_partitions(vec![partition])
        .with_unknown_tagged_field(900, Bytes::from_static(b"hi"));
    OffsetCommitRequest::default()
        .with_group_id(StrBytes::from_static_str("g").into())
        .with_generation_id_or_member_epoch(7)
        .with_member_id(StrBytes::from_static_str("me"))
        .with_topics(vec![topic])
}

/// Laid out by hand from Kafka 4.3.1's `OffsetFetchRequest.json`.
fn fetch_bytes() -> Vec<u8> {
    [
        &b"\x03"[..],                // two groups
        b"\x02g",                    // GroupId
        b"\x03me",                   // MemberId
        b"\0\0\0\x05",               // MemberEpoch
        b"\x02",                     // one topic
        &ID,                         // TopicId
        b"\x03\0\0\0\x04\0\0\0\x09", // PartitionIndexes
        b"\0",                       // the topic's tags
        b"\0",                       // the group's
        b"\x02h",                    // GroupId
        b"\0",                       // MemberId: null
        b"\xff\xff\xff\xff",         // MemberEpoch
        b"\0",                       // Topics: null
        b"\x01\x84\x07\0",           // the group's tags: 900, empty
        b"\x01",                     // RequireStable
        b"\0",                       // the request's tags
    ]
    .concat()
}

fn fetch() -> OffsetFetchRequest {
    let topic = OffsetFetchRequestTopics::default()
        .with_topic_id(Uuid::from_bytes(ID))
        .with_partition_indexes(vec![4, 9]);
    let these = OffsetFetchRequestGroup::default()
        .with_group_id(StrBytes::from_static_str("g").into())
        .with_member_id(Some(StrBytes::from_static_str("me")))
        .with_member_epoch(5)
        .with_topics(Some(vec![topic]));
    let all = OffsetFetchRequestGroup::default()
        .with_group_id(StrBytes::from_static_str("h").into())
        .with_topics(None)
        .with_unknown_tagged_field(900, Bytes::new());
    OffsetFetchRequest::default().with_groups(vec![these, all]).with_require_stable(true)
}

fn body_of<R: Request + 'static>(version: i16, request: &R) -> Bytes {
    let mut out = BytesMut::new();
    encode_request(&mut out, version, 1, None, request).unwrap();
    out.advance(PREFIX_LEN);
    let Ok(Parsed::Served(header)) = parse(&out) else { panic!("not served") };
    out.split_off(header.body_at).freeze()
}

#[test]
fn offset_commit_10_has_the_bytes_of_kafkas_schema() {
    let bytes = Bytes::from(commit_bytes());
    let decoded: OffsetCommitRequest =
        decode_request(ApiKey::OffsetCommit, 10, bytes.clone()).unwrap();
    assert_eq!(decoded, commit());
    assert_eq!(body_of(10, &decoded), bytes);
}

#[test]
fn offset_fetch_10_has_the_bytes_of_kafkas_schema() {
    let bytes = Bytes::from(fetch_bytes());
    let decoded: OffsetFetchRequest =
        decode_request(ApiKey::OffsetFetch, 10, bytes.clone()).unwrap();
    assert_eq!(decoded, fetch());
    assert_eq!(body_of(10, &decoded), bytes);
}

/// Version 10 differs from 9 by the id in the place of the name, and by nothing else.
#[rstest]
fn with_a_name_for_the_id_the_bytes_are_those_of_version_9(
    #[values(ApiKey::OffsetCommit, ApiKey::OffsetFetch)] api: ApiKey,
    #[values(Fill::Full, Fill::Nulls, Fill::Empty)] fill: Fill,
) {
    let mut ours = samples::body(api, 10, fill).unwrap().to_vec();
    for n in 0..2 {
        let id = Uuid::from_u128(0xa1b2_c3d4 + n).into_bytes();
        let name = [&[8][..], b"topic-", &[b'0' + u8::try_from(n).unwrap()]].concat();
        while let Some(at) = ours.windows(id.len()).position(|window| window == id) {
            ours.splice(at..at + id.len(), name.iter().copied());
        }
    }
    assert_eq!(ours, samples::body(api, 9, fill).unwrap());
}

#[test]
fn what_is_read_takes_no_copy_of_the_frame() {
    let bytes = Bytes::from(commit_bytes());
    let frame = bytes.as_ptr_range();
    let decoded: OffsetCommitRequest = decode_request(ApiKey::OffsetCommit, 10, bytes).unwrap();
    assert!(frame.contains(&decoded.member_id.as_ptr()));
}

/// The guard leaves strings to the decoder.
#[test]
fn a_string_that_is_not_utf8_is_refused() {
    let mut bytes = commit_bytes();
    bytes[1] = 0xff;
    let decoded =
        decode_request::<OffsetCommitRequest>(ApiKey::OffsetCommit, 10, Bytes::from(bytes));
    assert!(matches!(decoded, Err(DecodeError::Refused { version: 10, .. })), "{decoded:?}");
}

#[test]
fn a_name_is_not_written_where_an_id_is() {
    let mut named = commit();
    named.topics[0].name = StrBytes::from_static_str("t").into();
    assert_eq!(body_of(10, &named), commit_bytes());
}

#[test]
fn what_cannot_be_written_leaves_the_buffer_alone() {
    let mut request = commit();
    request.group_id = StrBytes::from_string("g".repeat(40_000)).into();
    let mut out = BytesMut::from(&b"before"[..]);
    let encoded = encode_request(&mut out, 10, 1, None, &request);
    assert!(matches!(encoded, Err(EncodeError::TooLarge { bytes: 40_000 })));
    assert_eq!(&out[..], b"before");
}

#[test]
fn another_type_is_no_reason_to_panic() {
    let body = Bytes::from(commit_bytes());
    assert!(Newer::OffsetCommit10.decode::<MetadataRequest>(&body).is_err());
    assert!(Newer::OffsetFetch10.encode(&mut BytesMut::new(), &commit()).is_err());
}
