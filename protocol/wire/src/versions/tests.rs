use rstest::rstest;

use super::*;
use crate::samples;

#[test]
fn the_table_is_sorted_by_key_so_that_lookup_finds_every_row() {
    assert!(SERVED.is_sorted_by_key(|api| api.key));
    for api in SERVED {
        assert_eq!(served(api.key), Some(api));
    }
    assert_eq!(served(ApiKey::AddRaftVoter), None);
}

#[test]
fn trap_6_produce_is_advertised_from_version_0_and_served_from_3() {
    let produce = served(ApiKey::Produce).unwrap();
    assert_eq!((produce.advertised_min, produce.min), (0, 3));
    let others = SERVED.iter().filter(|api| api.key != ApiKey::Produce);
    assert!(others.clone().all(|api| api.advertised_min == api.min));
}

/// Trap 5: what is advertised must be served, so the decoder has to cover the whole range, and its
/// idea of header versions must be ours.
#[test]
fn trap_5_the_decoder_covers_what_the_table_serves() {
    for api in SERVED {
        for version in api.min..=api.max {
            let known = as_generated(api.key, version);
            let Some(generated) = samples::generated(api.key, known) else {
                panic!("{:?} has no sample", api.key);
            };
            assert!(generated.covered, "{:?} {version}", api.key);
            let headers = (generated.request_header, generated.response_header);
            let ours = (api.request_header_version(version), api.response_header_version(version));
            assert_eq!(ours, headers, "{:?} {version}", api.key);
        }
    }
}

/// Trap 1.
#[rstest]
#[case(0)]
#[case(3)]
#[case(4)]
fn trap_1_the_response_header_of_api_versions_is_always_version_0(#[case] version: i16) {
    assert_eq!(served(ApiKey::ApiVersions).unwrap().response_header_version(version), 0);
}
