use kafka_protocol::messages::{FetchRequest, MetadataRequest};

use super::*;
use crate::samples::{self, Fill};

#[test]
fn the_type_must_be_the_one_of_the_api() {
    let body = samples::body(ApiKey::Metadata, 9, Fill::Full).unwrap();
    let wrong = decode_request::<FetchRequest>(ApiKey::Metadata, 9, body.clone());
    assert!(matches!(wrong, Err(DecodeError::WrongType { api: ApiKey::Metadata })));
    assert!(decode_request::<MetadataRequest>(ApiKey::Metadata, 9, body).is_ok());
}

#[test]
fn strings_are_slices_of_the_frame() {
    let body = samples::body(ApiKey::Metadata, 9, Fill::Full).unwrap();
    let frame = body.as_ptr_range();
    let request = decode_request::<MetadataRequest>(ApiKey::Metadata, 9, body).unwrap();
    let name = request.topics.unwrap()[0].name.clone().unwrap();
    assert_eq!(name.as_str(), "topic-0");
    assert!(frame.contains(&name.as_ptr()));
}

/// Traps 10 and 19: in version 0 an empty list asks for everything, later null does.
#[test]
fn traps_10_and_19_null_and_empty_lists_stay_apart() {
    let topics = |version, fill| {
        let body = samples::body(ApiKey::Metadata, version, fill).unwrap();
        decode_request::<MetadataRequest>(ApiKey::Metadata, version, body).unwrap().topics
    };
    assert_eq!(topics(0, Fill::Empty), Some(Vec::new()));
    for version in 1..=9 {
        assert_eq!(topics(version, Fill::Nulls), None, "version {version}");
        assert_eq!(topics(version, Fill::Empty), Some(Vec::new()), "version {version}");
    }
}
