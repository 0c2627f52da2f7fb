use bytes::Bytes;
use kafka_protocol::messages as m;
use kafka_protocol::protocol::{Decodable, Encodable};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::samples::{self, Fill};

/// What a request says of a topic's partition; forgotten ones have only the index.
#[derive(Debug, PartialEq)]
struct Said {
    topic: (String, [u8; 16]),
    index: i32,
    wanted: Option<(i32, i64, i32, i32)>,
}

fn viewed(version: i16, body: &[u8]) -> Result<(FetchRequest, Vec<Said>), DecodeError> {
    let (mut said, mut topic) = (Vec::new(), None);
    let head = FetchRequest::read(version, body, |part| {
        let about = |topic: &Option<(String, [u8; 16])>| topic.clone().unwrap();
        match part {
            FetchPart::Topic { name, id } => topic = Some((name.to_owned(), id)),
            FetchPart::Wanted(wanted) => said.push(Said {
                topic: about(&topic),
                index: wanted.index,
                wanted: Some((
                    wanted.current_leader_epoch,
                    wanted.fetch_offset,
                    wanted.last_fetched_epoch,
                    wanted.max_bytes,
                )),
            }),
            FetchPart::Forgotten { index } => {
                said.push(Said { topic: about(&topic), index, wanted: None });
            }
        }
    })?;
    Ok((head, said))
}

fn decoded(version: i16, mut body: Bytes) -> Result<(FetchRequest, Vec<Said>), String> {
    let request = m::FetchRequest::decode(&mut body, version).map_err(|error| error.to_string())?;
    let mut said = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            said.push(Said {
                topic: (topic.topic.to_string(), topic.topic_id.into_bytes()),
                index: partition.partition,
                wanted: Some((
                    partition.current_leader_epoch,
                    partition.fetch_offset,
                    partition.last_fetched_epoch,
                    partition.partition_max_bytes,
                )),
            });
        }
    }
    for topic in &request.forgotten_topics_data {
        let about = (topic.topic.to_string(), topic.topic_id.into_bytes());
        let forgotten = topic.partitions.iter();
        said.extend(forgotten.map(|&index| Said { topic: about.clone(), index, wanted: None }));
    }
    let head = FetchRequest {
        max_wait_ms: request.max_wait_ms,
        min_bytes: request.min_bytes,
        max_bytes: request.max_bytes,
        isolation_level: request.isolation_level,
        session_id: request.session_id,
        session_epoch: request.session_epoch,
    };
    Ok((head, said))
}

fn fetches() -> impl Iterator<Item = (i16, Bytes)> {
    let versions = samples::served_versions().filter(|(api, _)| *api == ApiKey::Fetch);
    versions.flat_map(|(api, version)| {
        [Fill::Full, Fill::Nulls, Fill::Empty]
            .map(|fill| (version, samples::body(api, version, fill).unwrap()))
    })
}

#[test]
fn every_version_says_what_the_decoder_reads() {
    for (version, body) in fetches() {
        assert_eq!(
            viewed(version, &body).unwrap(),
            decoded(version, body).unwrap(),
            "version {version}"
        );
    }
}

#[test]
fn what_the_guard_refuses_is_not_shown_in_part() {
    let body = samples::body(ApiKey::Fetch, 12, Fill::Full).unwrap();
    let mut parts = 0;
    let cut = &body[..body.len() - 1];
    assert!(FetchRequest::read(12, cut, |_| parts += 1).is_err());
    assert_eq!(parts, 0);
}

/// A Fetch of version 18 for one partition that ends with these tagged fields (KIP-1166).
fn fetch_18(tags: &[u8]) -> Vec<u8> {
    let partition = [&[0, 0, 0, 3][..], &[0xff; 4], &[0; 8], &[0xff; 4], &[0xff; 8], &[0, 1, 0, 0]];
    let head = [&[0, 0, 0, 1][..], &[0; 4], &[0, 16, 0, 0], &[0], &[0; 4], &[0xff; 4]];
    [&head.concat()[..], &[2], &[0xa1; 16], &[2], &partition.concat(), tags, &[0], &[1, 1, 0]]
        .concat()
}

#[rstest]
#[case::not_set(&[0])]
#[case::set(&[1, 1, 8, 0, 0, 0, 0, 0, 0, 3, 0xde])]
#[case::not_known(&[1, 1, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])]
#[case::beside_the_directory(&[2, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 8, 0, 0, 0, 0, 0, 0, 3, 0xde])]
fn version_18_may_tell_a_high_watermark_that_nobody_heeds(#[case] tags: &[u8]) {
    let body = fetch_18(tags);
    let (head, said) = viewed(18, &body).unwrap();
    assert_eq!((head.max_bytes, head.session_epoch), (1 << 20, -1));
    let topic = (String::new(), [0xa1; 16]);
    assert_eq!(said, [Said { topic, index: 3, wanted: Some((-1, 0, -1, 1 << 16)) }]);
    assert_eq!(decoded(18, body.into()), Ok((head, said)));
}

#[rstest]
#[case::size_lies_low(18, &[1, 1, 4, 0, 0, 0, 0], Malformed::TagSize { field: "HighWatermark", size: 4 })]
#[case::size_lies_high(18, &[1, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0], Malformed::TagSize { field: "HighWatermark", size: 9 })]
#[case::too_early(17, &[1, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0], Malformed::TagVersion { field: "HighWatermark", tag: 1 })]
fn a_high_watermark_that_is_not_one_is_malformed(
    #[case] version: i16,
    #[case] tags: &[u8],
    #[case] expected: Malformed,
) {
    match viewed(version, &fetch_18(tags)) {
        Err(DecodeError::Malformed { source, .. }) => assert_eq!(source, expected),
        other => panic!("{other:?}"),
    }
}

/// A request without tagged fields, of some topics with a partition or two each.
fn plain(version: i16, topics: usize) -> Vec<u8> {
    let topic = |at: usize| {
        let partitions = (0..=at % 2).map(|_| m::fetch_request::FetchPartition::default());
        m::fetch_request::FetchTopic::default()
            .with_topic(m::TopicName(if version >= 13 { "".into() } else { "topic".into() }))
            .with_partitions(partitions.collect())
    };
    let mut body = bytes::BytesMut::new();
    let request = m::FetchRequest::default().with_topics((0..topics).map(topic).collect());
    request.encode(&mut body, version).unwrap();
    body.to_vec()
}

fn is_plain(version: i16, body: &[u8]) -> bool {
    read_plain(version, version >= 12, body, |_| {}).is_some()
}

#[test]
fn plain_requests_of_any_number_of_parts_say_what_the_decoder_reads() {
    for (version, topics) in
        (4..=18).flat_map(|version| (0..9).map(move |topics| (version, topics)))
    {
        let body = plain(version, topics);
        assert_eq!(viewed(version, &body).unwrap(), decoded(version, body.into()).unwrap());
    }
}

#[test]
fn plain_requests_are_not_shown_to_the_guard_and_others_are() {
    for version in 4..=18 {
        assert!(is_plain(version, &plain(version, 3)), "version {version}");
        let cut = plain(version, 3);
        assert!(!is_plain(version, &cut[..cut.len() - 1]), "version {version}");
    }
    assert!(!is_plain(18, &fetch_18(&[1, 1, 8, 0, 0, 0, 0, 0, 0, 3, 0xde])), "tagged");
}

#[test]
fn more_elements_than_the_guard_allows_are_not_plain() {
    let topics = ELEMENTS_MAX as usize + 1;
    // Versions before 12: topics with an empty name and without partitions.
    let head = [&[0xff; 4][..], &[0; 4], &[0; 4], &[0; 4], &[0]].concat();
    let count = u32::try_from(topics).unwrap().to_be_bytes();
    let body = [&head[..], &count, &vec![0; topics * 6]].concat();
    assert!(!is_plain(4, &body));
    assert!(matches!(
        viewed(4, &body),
        Err(DecodeError::Malformed { source: Malformed::TooManyElements { .. }, .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What is taken for plain, the guard would have let pass.
    #[test]
    fn the_guard_agrees_with_what_is_plain(
        version in 4..=18_i16,
        topics in 0..4_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8), 0..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut body = plain(version, topics);
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        if is_plain(version, &body) {
            prop_assert!(guard::check(ApiKey::Fetch, version, &body).is_ok());
        }
    }

    /// It refuses what the guard refuses, and of what the decoder reads it reads the same.
    #[test]
    fn reader_and_guard_agree_on_mutated_requests(
        version in 4..=18_i16,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut body = samples::body(ApiKey::Fetch, version, Fill::Full).unwrap().to_vec();
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        let viewed = viewed(version, &body);
        if guard::check(ApiKey::Fetch, version, &body).is_err() {
            prop_assert!(viewed.is_err());
        } else {
            // The decoder refuses more: it looks at the cluster's id, which nobody reads.
            match (viewed, decoded(version, body.into())) {
                (Ok(viewed), Ok(decoded)) => prop_assert_eq!(viewed, decoded),
                (Err(error), decoded) => prop_assert!(decoded.is_err(), "only we: {}", error),
                (Ok(_), Err(_)) => {}
            }
        }
    }
}
