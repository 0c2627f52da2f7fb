use rstest::rstest;

use super::*;
use crate::newer::Newer;
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

/// Answers that the message crate does not know, each with an encoder of ours.
const WITH_OWN_ANSWER: &[(ApiKey, i16)] = &[(ApiKey::DescribeLogDirs, 5)];

/// Trap 5: what is advertised must be served, so the decoder has to cover the whole range, and its
/// idea of header versions must be ours. Where it does not know an answer, it refuses to write one.
#[test]
fn trap_5_the_decoder_covers_what_the_table_serves() {
    for api in SERVED {
        for version in api.min..=api.max {
            let known = |version| match samples::generated(api.key, version) {
                Some(generated) => generated,
                None => panic!("{:?} has no sample", api.key),
            };
            let request = known(as_generated(api.key, version));
            let answer = known(answer_as_generated(api.key, version));
            // What the crate has learnt to read is no longer ours to read.
            let newer = Newer::of(api.key, version).is_some();
            assert_eq!(request.covers_request, !newer, "{:?} {version}", api.key);
            let own = WITH_OWN_ANSWER.contains(&(api.key, version));
            assert_eq!(answer.covers_response, !own, "{:?} {version}", api.key);
            let headers = (request.request_header, answer.response_header);
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

/// Users choose clients by this page: an api is on it exactly when it is served, with the versions served.
#[test]
fn the_compatibility_page_names_every_served_api_and_its_versions() {
    let page = include_str!("../../../../docs/compatibility.md");
    let (_, section) = page.split_once("\n## Served\n").unwrap();
    let (table, _) = section.split_once("\n## ").unwrap();
    let mut said: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .flat_map(|row| {
            let mut cells = row.split('|').skip(1).map(str::trim);
            let (names, versions) = (cells.next().unwrap(), cells.next().unwrap());
            // One range for each name, or one for all.
            names.split(", ").zip(versions.split(", ").cycle())
        })
        .collect();
    let versions: Vec<String> = SERVED
        .iter()
        .map(|api| {
            let (min, max) = (api.min, api.max);
            if min == max { min.to_string() } else { format!("{min}–{max}") }
        })
        .collect();
    let mut served: Vec<_> =
        SERVED.iter().map(|api| api.key.name()).zip(versions.iter().map(String::as_str)).collect();
    said.sort_unstable();
    served.sort_unstable();
    assert_eq!(said, served);
}
