use kafka_protocol::messages::ApiVersionsRequest;
use rstest::rstest;

use super::*;
use crate::frame::PREFIX_LEN;
use crate::request::decode_response;

fn features() -> Features {
    Features {
        supported: vec![
            Feature { name: "metadata.version", min_level: 7, max_level: 30 },
            Feature { name: "kraft.version", min_level: 0, max_level: 1 },
        ],
        finalized: vec![Feature { name: "metadata.version", min_level: 30, max_level: 30 }],
        finalized_epoch: Some(42),
    }
}

fn answer(version: i16) -> ApiVersionsResponse {
    let mut out = BytesMut::new();
    encode(&mut out, version, 9, &features()).unwrap();
    let (correlation_id, response) =
        decode_response::<ApiVersionsRequest>(version, out.freeze().slice(PREFIX_LEN..)).unwrap();
    assert_eq!(correlation_id, 9);
    response
}

#[rstest]
fn every_version_names_every_served_api(#[values(0, 1, 2, 3, 4)] version: i16) {
    let response = answer(version);
    let named: Vec<_> = response
        .api_keys
        .iter()
        .map(|api| (api.api_key, api.min_version, api.max_version))
        .collect();
    let served: Vec<_> =
        SERVED.iter().map(|api| (api.key as i16, api.advertised_min, api.max)).collect();
    assert_eq!(named, served);
    assert!(named.contains(&(0, 0, 13)), "trap 6: Produce is advertised from version 0");
    assert_eq!(response.error_code, 0);
}

#[test]
fn trap_1_the_header_has_no_tag_byte() {
    let mut out = BytesMut::new();
    encode(&mut out, 4, 0x0a0b_0c0d, &features()).unwrap();
    // Length, correlation id, and at once the body: error code 0, compact count of apis.
    assert_eq!(&out[4..8], [0x0a, 0x0b, 0x0c, 0x0d]);
    assert_eq!(&out[8..11], [0, 0, u8::try_from(SERVED.len() + 1).unwrap()]);
}

/// Traps 2 to 4: version 0, code 35, and only the range of ApiVersions itself.
#[test]
fn traps_2_to_4_a_version_too_new_is_answered_in_version_0() {
    let mut out = BytesMut::new();
    encode_downgrade(&mut out, 77).unwrap();
    let expected: [u8; 20] = [0, 0, 0, 16, 0, 0, 0, 77, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4];
    assert_eq!(&out[..], expected);
}

#[rstest]
#[case::before_features(2, &[], &[], -1)]
#[case::kafka_17011_level_0_is_hidden(3, &["metadata.version"], &["metadata.version"], 42)]
#[case::level_0_is_shown(4, &["metadata.version", "kraft.version"], &["metadata.version"], 42)]
fn features_appear_as_the_version_can_carry_them(
    #[case] version: i16,
    #[case] supported: &[&str],
    #[case] finalized: &[&str],
    #[case] epoch: i64,
) {
    let response = answer(version);
    let names: Vec<_> = response.supported_features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, supported);
    let names: Vec<_> = response.finalized_features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, finalized);
    assert_eq!(response.finalized_features_epoch, epoch);
}

#[test]
fn an_unserved_version_is_an_error_and_leaves_the_buffer_alone() {
    let mut out = BytesMut::from(&b"before"[..]);
    assert!(encode(&mut out, 5, 1, &features()).is_err());
    assert_eq!(&out[..], b"before");
}
