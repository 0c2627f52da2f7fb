use bytes::Bytes;
use kafka_protocol::messages as m;
use kafka_protocol::protocol::Decodable;
use proptest::prelude::*;
use protocol_types::ApiKey;
use rstest::rstest;

use super::*;
use crate::guard;
use crate::samples::{self, Fill};

/// What a request says, in the crate's terms and in the view's.
#[derive(Debug, PartialEq)]
struct Said {
    transactional_id: Option<String>,
    acks: i16,
    timeout_ms: i32,
    topics: usize,
    partitions: Vec<SaidOfPartition>,
}

/// Topic entry, name or id of the topic, partitions in the entry, index, records.
type SaidOfPartition = (usize, Result<String, TopicId>, usize, i32, Option<Vec<u8>>);

fn viewed(version: i16, body: &[u8]) -> Result<Said, Malformed> {
    let view = ProduceRequest::parse(version, body)?;
    let mut partitions = Vec::new();
    for partition in view.partitions() {
        let ProducePartition { topic, topic_entry, partitions_in_entry, index, records } =
            partition?;
        let topic = match topic {
            ProduceTopic::Name(name) => Ok(name.to_owned()),
            ProduceTopic::Id(id) => Err(id),
        };
        let (entry, count) = (topic_entry as usize, partitions_in_entry as usize);
        partitions.push((entry, topic, count, index, records.map(<[u8]>::to_vec)));
    }
    Ok(Said {
        transactional_id: view.transactional_id.map(str::to_owned),
        acks: view.acks,
        timeout_ms: view.timeout_ms,
        topics: view.topics as usize,
        partitions,
    })
}

fn decoded(version: i16, mut body: Bytes) -> Said {
    let request = m::ProduceRequest::decode(&mut body, version).unwrap();
    let mut partitions = Vec::new();
    for (entry, topic) in request.topic_data.iter().enumerate() {
        let named = match version {
            13.. => Err(TopicId(topic.topic_id.into_bytes())),
            _ => Ok(topic.name.to_string()),
        };
        for partition in &topic.partition_data {
            partitions.push((
                entry,
                named.clone(),
                topic.partition_data.len(),
                partition.index,
                partition.records.as_ref().map(|records| records.to_vec()),
            ));
        }
    }
    Said {
        transactional_id: request.transactional_id.map(|id| id.to_string()),
        acks: request.acks,
        timeout_ms: request.timeout_ms,
        topics: request.topic_data.len(),
        partitions,
    }
}

#[rstest]
fn the_view_says_what_the_decoder_says(
    #[values(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)] version: i16,
    #[values(Fill::Full, Fill::Nulls, Fill::Empty)] fill: Fill,
) {
    let body = samples::body(ApiKey::Produce, version, fill).unwrap();
    assert_eq!(viewed(version, &body), Ok(decoded(version, body)));
}

/// Written from Kafka's message definition: two topics by id, the first with two partitions.
#[test]
fn version_13_names_topics_by_id() {
    let bytes: &[&[u8]] = &[
        &[0],
        &[0xff, 0xff],
        &30_000_i32.to_be_bytes(),
        &[3],
        &[0xa1; 16],
        &[3],
        &[0, 0, 0, 5, 4, b'a', b'b', b'c', 0],
        &[0, 0, 0, 6, 0, 0],
        // A tagged field that nobody knows.
        &[1, 7, 1, 0xee],
        &[0xb2; 16],
        &[2],
        &[0, 0, 0, 0, 1, 0],
        &[0],
        &[0],
    ];
    let body = bytes.concat();
    let (first, second) = (Err(TopicId([0xa1; 16])), Err(TopicId([0xb2; 16])));
    let expected = Said {
        transactional_id: None,
        acks: -1,
        timeout_ms: 30_000,
        topics: 2,
        partitions: vec![
            (0, first.clone(), 2, 5, Some(b"abc".to_vec())),
            (0, first, 2, 6, None),
            (1, second, 1, 0, Some(Vec::new())),
        ],
    };
    assert_eq!(viewed(13, &body), Ok(expected));
    assert!(guard::check(ApiKey::Produce, 13, &body).is_ok_and(|walked| walked.trailing == 0));
    assert!(viewed(12, &body).is_err(), "version 12 reads a name there");
}

#[test]
fn version_12_has_the_bytes_of_version_11() {
    for fill in [Fill::Full, Fill::Nulls, Fill::Empty] {
        let body = |version| samples::body(ApiKey::Produce, version, fill).unwrap();
        assert_eq!(body(12), body(11));
    }
}

#[test]
fn records_are_slices_of_the_frame() {
    let body = samples::body(ApiKey::Produce, 9, Fill::Full).unwrap();
    let view = ProduceRequest::parse(9, &body).unwrap();
    let last = view.partitions().last().unwrap().unwrap();
    assert_eq!(last.records, Some(&[0x5a; 300][..]));
    assert!(body.as_ptr_range().contains(&last.records.unwrap().as_ptr()));
}

#[test]
fn bytes_behind_the_request_are_reported() {
    let mut body = samples::body(ApiKey::Produce, 9, Fill::Full).unwrap().to_vec();
    body.extend_from_slice(b"garbage");
    let mut partitions = ProduceRequest::parse(9, &body).unwrap().partitions();
    assert!(partitions.by_ref().all(|partition| partition.is_ok()));
    assert_eq!(partitions.trailing(), 7);
}

#[test]
fn an_error_ends_the_iteration() {
    let body = samples::body(ApiKey::Produce, 9, Fill::Full).unwrap();
    let mut partitions = ProduceRequest::parse(9, &body[..body.len() - 1]).unwrap().partitions();
    assert!(partitions.by_ref().any(|partition| partition.is_err()));
    assert!(partitions.next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The view refuses exactly what the guard and the decoder behind it refuse.
    #[test]
    fn view_and_guard_agree_on_mutated_requests(
        version in 3..=13_i16,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut body = samples::body(ApiKey::Produce, version, Fill::Full).unwrap().to_vec();
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        let body = Bytes::from(body);
        let viewed = viewed(version, &body);
        match guard::check(ApiKey::Produce, version, &body) {
            Err(_) => prop_assert!(viewed.is_err()),
            Ok(_) if matches!(viewed, Err(Malformed::NotUtf8 { .. })) => {
                prop_assert!(m::ProduceRequest::decode(&mut body.clone(), version).is_err());
            }
            Ok(_) => prop_assert_eq!(viewed, Ok(decoded(version, body))),
        }
    }
}
