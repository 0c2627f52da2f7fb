use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use rstest::rstest;

use super::schema::{Field, Kind};
use super::*;
use crate::samples::{self, Fill, served_versions};
use crate::writer::put_unsigned_varint;

/// Full samples carry tags that nobody knows.
#[rstest]
fn trap_9_a_well_formed_request_passes_exactly_to_its_end(
    #[values(Fill::Full, Fill::Nulls, Fill::Empty)] fill: Fill,
) {
    for (api, version) in served_versions() {
        let body = samples::body(api, version, fill).unwrap();
        let walked = check(api, version, &body);
        assert!(matches!(walked, Ok(Walked { trailing: 0, .. })), "{api:?} {version}: {walked:?}");
        samples::decode_any(api, version, body).unwrap();
    }
}

/// The samples leave no length or count of any schema untried.
#[test]
fn the_samples_reach_every_count_field_of_every_schema() {
    for (api, version) in served_versions() {
        let body = samples::body(api, version, Fill::Full).unwrap();
        let seen: BTreeSet<_> =
            count_fields(api, version, &body).unwrap().iter().map(|count| count.field).collect();
        let mut expected = BTreeSet::new();
        lengths_of(schema::request(api).unwrap(), version, &mut expected);
        let missing: Vec<_> = expected.difference(&seen).collect();
        assert!(missing.is_empty(), "{api:?} {version}: {missing:?}");
    }
}

fn lengths_of(fields: &'static [Field], version: i16, names: &mut BTreeSet<&'static str>) {
    for field in fields.iter().filter(|field| field.is_in(version)) {
        match field.kind {
            Kind::Fixed(_) => {}
            Kind::String | Kind::Bytes => drop(names.insert(field.name)),
            Kind::Struct(fields) => lengths_of(fields, version, names),
            Kind::Array(element) => {
                names.insert(field.name);
                if let Kind::Struct(fields) = element.kind {
                    lengths_of(fields, version, names);
                }
            }
        }
    }
}

/// Dependencies.md 1.4: each count field of each served api and version, set to 2^31 − 1 and to
/// other lengths nothing can hold.
#[rstest]
fn a_count_nothing_can_hold_is_refused_wherever_it_stands(
    #[values(Fill::Full, Fill::Nulls)] fill: Fill,
) {
    let mut tried = 0;
    for (api, version) in served_versions() {
        let body = samples::body(api, version, fill).unwrap();
        for count in count_fields(api, version, &body).unwrap() {
            for lie in lies(count.width) {
                let forged = forge(&body, count, &lie);
                let walked = check(api, version, &forged);
                assert!(walked.is_err(), "{api:?} {version} {count:?} {lie:?}: {walked:?}");
                assert!(samples::decode_any(api, version, forged).is_err());
                tried += 1;
            }
        }
    }
    assert!(tried > 2000, "only {tried} forgeries were tried");
}

/// Encodings of 2^31 − 1 and other impossible lengths.
fn lies(width: CountWidth) -> Vec<Vec<u8>> {
    match width {
        CountWidth::Int16 => [i16::MAX, -2].map(|n| n.to_be_bytes().to_vec()).to_vec(),
        CountWidth::Int32 => [i32::MAX, -2].map(|n| n.to_be_bytes().to_vec()).to_vec(),
        // A compact length is written plus one; tag counts and sizes are not.
        CountWidth::UnsignedVarint => [i32::MAX.cast_unsigned(), 1 << 31, u32::MAX]
            .map(|n| {
                let mut varint = BytesMut::new();
                put_unsigned_varint(&mut varint, n);
                varint.to_vec()
            })
            .to_vec(),
    }
}

fn forge(body: &[u8], count: CountField, lie: &[u8]) -> Bytes {
    let mut forged = BytesMut::new();
    forged.put_slice(&body[..count.at]);
    forged.put_slice(lie);
    forged.put_slice(&body[count.at + count.len..]);
    forged.freeze()
}

#[test]
fn a_request_cut_anywhere_is_refused() {
    for (api, version) in served_versions() {
        let body = samples::body(api, version, Fill::Full).unwrap();
        for len in 0..body.len() {
            assert!(check(api, version, &body[..len]).is_err(), "{api:?} {version} cut at {len}");
        }
    }
}

#[test]
fn bytes_behind_the_request_are_reported_and_do_no_harm() {
    for (api, version) in served_versions() {
        let mut body = BytesMut::from(&samples::body(api, version, Fill::Full).unwrap()[..]);
        body.put_slice(&[0xee; 9]);
        assert_eq!(check(api, version, &body).unwrap().trailing, 9, "{api:?} {version}");
        samples::decode_any(api, version, body.freeze()).unwrap();
    }
}

#[rstest]
#[case::trap_19_metadata_0_has_no_null_list(ApiKey::Metadata, 0, &[0xff; 4], Malformed::UnexpectedNull { field: "Topics" })]
#[case::metadata_9_topic_without_name(ApiKey::Metadata, 9, &[2, 0, 0, 0, 0, 0, 0], Malformed::UnexpectedNull { field: "Name" })]
#[case::issue_152_eight_bytes(ApiKey::Metadata, 0, &[0x03, 0x37, 0xf9, 0x80, 0, 0, 0, 0], Malformed::CountTooLarge { field: "Topics", count: 54_000_000, remaining: 4 })]
#[case::array_of_minus_two(ApiKey::Metadata, 1, &[0xff, 0xff, 0xff, 0xfe], Malformed::NegativeLength { field: "Topics", length: -2 })]
#[case::cursor_neither_there_nor_not(ApiKey::DescribeTopicPartitions, 0, &[1, 0, 0, 0, 1, 0, 0], Malformed::BadPresence { field: "Cursor", byte: 0 })]
#[case::fetch_12_tag_of_version_15(ApiKey::Fetch, 12, &fetch_12_with_tag(&[1, 0]), Malformed::TagVersion { field: "ReplicaState", tag: 1 })]
#[case::fetch_12_tag_size_lies_low(ApiKey::Fetch, 12, &fetch_12_with_tag(&[0, 1, 3, b'a', b'b']), Malformed::TagSize { field: "ClusterId", size: 1 })]
#[case::fetch_12_tag_size_lies_high(ApiKey::Fetch, 12, &fetch_12_with_tag(&[0, 4, 3, b'a', b'b', 0]), Malformed::TagSize { field: "ClusterId", size: 4 })]
fn a_malformed_request_is_refused_by_name(
    #[case] api: ApiKey,
    #[case] version: i16,
    #[case] body: &[u8],
    #[case] expected: Malformed,
) {
    match check(api, version, body) {
        Err(DecodeError::Malformed { source, .. }) => assert_eq!(source, expected),
        other => panic!("{other:?}"),
    }
}

/// Fetch version 12 without topics, ended by one tagged field.
fn fetch_12_with_tag(tag: &[u8]) -> Vec<u8> {
    let fixed = [0; 4 * 4 + 1 + 2 * 4];
    let arrays_and_rack = [1, 1, 1];
    [&fixed[..], &arrays_and_rack, &[1], tag].concat()
}

#[test]
fn a_million_elements_pass_and_one_more_does_not() {
    for (names, passes) in [(999_998, true), (1_000_000, true), (1_000_001, false)] {
        let mut body = BytesMut::new();
        body.put_i32(names);
        body.put_bytes(0, usize::try_from(names).unwrap() * 2);
        body.put_i32(1000);
        let walked = check(ApiKey::DeleteTopics, 1, &body);
        assert_eq!(walked.is_ok(), passes, "{names}: {walked:?}");
    }
}

#[test]
fn the_memory_estimate_counts_what_the_decoder_will_allocate() {
    let body = samples::body(ApiKey::Fetch, 11, Fill::Full).unwrap();
    let walked = check(ApiKey::Fetch, 11, &body).unwrap();
    use kafka_protocol::messages::fetch_request as fetch;
    let vectors = 2 * size_of::<fetch::FetchTopic>()
        + 4 * size_of::<fetch::FetchPartition>()
        + 2 * size_of::<fetch::ForgottenTopic>()
        + 4 * size_of::<i32>();
    assert_eq!(walked.memory, vectors as u64);
    assert_eq!(walked.elements, 2 + 4 + 2 + 4);
}

#[rstest]
#[case::version_not_served(ApiKey::Fetch, 3)]
#[case::version_too_new(ApiKey::Metadata, 14)]
#[case::api_not_served(ApiKey::AddRaftVoter, 0)]
fn what_is_not_served_is_never_walked(#[case] api: ApiKey, #[case] version: i16) {
    assert!(matches!(check(api, version, &[]), Err(DecodeError::NotServed { .. })));
}

fn any_served() -> impl Strategy<Value = (ApiKey, i16)> {
    prop::sample::select(served_versions().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// What the guard accepts the decoder accepts too, but for strings that are not UTF-8: the two
    /// read the same bytes the same way.
    #[test]
    fn guard_and_decoder_agree_on_mutated_requests(
        (api, version) in any_served(),
        full in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let fill = if full { Fill::Full } else { Fill::Nulls };
        let mut body = BytesMut::from(&samples::body(api, version, fill).unwrap()[..]);
        for (at, byte) in edits.into_iter().filter(|_| !body.is_empty()).collect::<Vec<_>>() {
            let at = at.index(body.len());
            body[at] = byte;
        }
        agree(api, version, body.freeze())?;
    }

    #[test]
    fn guard_and_decoder_agree_on_noise(
        (api, version) in any_served(),
        body in prop::collection::vec(prop_oneof![Just(0_u8), 1..4_u8, any::<u8>()], 0..120),
    ) {
        agree(api, version, Bytes::from(body))?;
    }
}

fn agree(api: ApiKey, version: i16, body: Bytes) -> Result<(), TestCaseError> {
    if check(api, version, &body).is_ok()
        && let Err(error) = samples::decode_any(api, version, body)
    {
        let reason = error.to_string();
        prop_assert!(reason.to_lowercase().contains("utf-8"), "{api:?} {version}: {reason}");
    }
    Ok(())
}
