use kafka_protocol::messages::{FetchResponse, MetadataRequest, MetadataResponse};
use rstest::rstest;

use super::*;
use crate::frame::{Frame, PREFIX_LEN, next_frame};
use crate::request::decode_response;

#[rstest]
#[case::classic_header(8)]
#[case::flexible_header(9)]
fn a_response_is_framed_with_its_header(#[case] version: i16) {
    let mut out = BytesMut::from(&b"before"[..]);
    let response = MetadataResponse::default().with_throttle_time_ms(3);
    encode_response(&mut out, ApiKey::Metadata, version, -5, &response).unwrap();
    let frame = out.split_off(6).freeze();
    assert!(matches!(next_frame(&frame, 1000), Ok(Frame::Complete { .. })));
    let decoded = decode_response::<MetadataRequest>(version, frame.slice(PREFIX_LEN..)).unwrap();
    assert_eq!(decoded, (-5, response));
}

/// Dependencies.md 1.3 defect 9: the crate refuses fields an old version cannot carry.
#[test]
fn a_field_the_version_cannot_carry_is_an_error_and_leaves_the_buffer_alone() {
    let mut out = BytesMut::from(&b"before"[..]);
    let response = FetchResponse::default().with_session_id(4);
    let encoded = encode_response(&mut out, ApiKey::Fetch, 4, 1, &response);
    assert!(matches!(encoded, Err(EncodeError::Message { api: ApiKey::Fetch, version: 4, .. })));
    assert_eq!(&out[..], b"before");
}

#[test]
fn an_api_that_is_not_served_has_no_response() {
    let encoded = encode_response(
        &mut BytesMut::new(),
        ApiKey::AddRaftVoter,
        0,
        1,
        &MetadataResponse::default(),
    );
    assert!(matches!(encoded, Err(EncodeError::NotServed { api: ApiKey::AddRaftVoter, .. })));
}
