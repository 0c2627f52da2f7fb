use bytes::{BufMut, BytesMut};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::frame::PREFIX_LEN;
use crate::samples::{self, Fill};

fn head(api_key: i16, version: i16) -> BytesMut {
    let mut bytes = BytesMut::new();
    bytes.put_i16(api_key);
    bytes.put_i16(version);
    bytes.put_i32(7);
    bytes
}

#[test]
fn trap_8_the_client_id_is_not_compact_in_any_header() {
    for (api, version) in samples::served_versions() {
        let frame = samples::frame(api, version, Fill::Full).unwrap().slice(PREFIX_LEN..);
        let Ok(Parsed::Served(header)) = parse(&frame) else {
            panic!("{} {version} is served", api.name());
        };
        assert_eq!((header.api, header.version), (api, version));
        assert_eq!(header.correlation_id, samples::CORRELATION_ID);
        assert_eq!(header.client_id, Some("sample"));
    }
}

#[test]
fn trap_9_unknown_tags_in_the_header_are_skipped() {
    let mut bytes = head(ApiKey::Metadata as i16, 12);
    bytes.put_i16(-1);
    bytes.put_slice(&[2, 5, 3, b'a', b'b', b'c', 9, 0]);
    bytes.put_slice(b"body");
    let Ok(Parsed::Served(header)) = parse(&bytes) else { panic!("served") };
    assert_eq!(header.client_id, None);
    assert_eq!(&bytes[header.body_at..], b"body");
}

#[rstest]
#[case::trap_2_api_versions_too_new(18, 99, Parsed::ApiVersionsTooNew { correlation_id: 7 })]
#[case::trap_2_api_versions_next(18, 5, Parsed::ApiVersionsTooNew { correlation_id: 7 })]
#[case::api_versions_negative(18, -1, Parsed::Unsupported { api_key: 18, version: -1, correlation_id: 7 })]
#[case::trap_5_too_new(3, 14, Parsed::Unsupported { api_key: 3, version: 14, correlation_id: 7 })]
#[case::trap_5_too_old(1, 3, Parsed::Unsupported { api_key: 1, version: 3, correlation_id: 7 })]
#[case::trap_5_produce_0_advertised_not_served(0, 0, Parsed::Unsupported { api_key: 0, version: 0, correlation_id: 7 })]
#[case::trap_61_list_offsets_0(2, 0, Parsed::Unsupported { api_key: 2, version: 0, correlation_id: 7 })]
#[case::known_but_not_served(80, 0, Parsed::Unsupported { api_key: 80, version: 0, correlation_id: 7 })]
#[case::unknown_key(1234, 0, Parsed::Unsupported { api_key: 1234, version: 0, correlation_id: 7 })]
#[case::negative_key(-1, 0, Parsed::Unsupported { api_key: -1, version: 0, correlation_id: 7 })]
fn what_is_not_served_is_a_value_known_from_eight_bytes(
    #[case] api_key: i16,
    #[case] version: i16,
    #[case] expected: Parsed<'static>,
) {
    assert_eq!(parse(&head(api_key, version)), Ok(expected));
}

#[test]
fn a_client_id_that_is_not_utf8_reads_as_none() {
    let mut bytes = head(ApiKey::Metadata as i16, 1);
    bytes.put_slice(&[0, 2, 0xff, 0xfe]);
    let Ok(Parsed::Served(header)) = parse(&bytes) else { panic!("served") };
    assert_eq!(header.client_id, None);
    assert_eq!(header.body_at, bytes.len());
}

#[rstest]
#[case::nothing(&[])]
#[case::half_a_key(&[0])]
#[case::no_version(&[0, 3])]
#[case::no_correlation_id(&[0, 3, 0, 1, 0, 0])]
#[case::client_id_beyond_the_frame(&[0, 3, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, b'x'])]
#[case::no_tags_in_header_2(&[0, 3, 0, 12, 0, 0, 0, 1, 0xff, 0xff])]
fn a_short_header_is_an_error(#[case] frame: &[u8]) {
    assert!(parse(frame).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(frame in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&frame);
    }
}
