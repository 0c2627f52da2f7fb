use kafka_protocol::messages as m;

use super::*;

/// Kafka's own keys are numbered alike in the message crate and in our types.
#[test]
fn every_key_of_the_message_crate_is_one_of_ours() {
    for key in m::ApiKey::iter() {
        assert!(ApiKey::from_wire(key as i16).is_some() || is_raft_internal(key), "{key:?}");
    }
}

/// Keys that only controllers send to each other; no client sends them.
fn is_raft_internal(key: m::ApiKey) -> bool {
    matches!(key as i16, 52..=54 | 59 | 62 | 63 | 70..=73 | 82)
}

#[test]
fn an_answer_with_bytes_left_over_is_refused() {
    let answer = Bytes::from_static(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xee]);
    let decoded = decode_response::<m::ApiVersionsRequest>(0, answer);
    assert!(matches!(decoded, Err(DecodeError::Refused { .. })));
}

#[test]
fn a_field_the_version_cannot_carry_is_an_error_and_leaves_the_buffer_alone() {
    let mut out = BytesMut::from(&b"before"[..]);
    let request = m::MetadataRequest::default().with_allow_auto_topic_creation(false);
    assert!(encode_request(&mut out, 3, 1, None, &request).is_err());
    assert_eq!(&out[..], b"before");
}
