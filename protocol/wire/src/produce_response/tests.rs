use bytes::Buf;
use kafka_protocol::messages as m;
use kafka_protocol::messages::produce_response::{
    BatchIndexAndErrorMessage, PartitionProduceResponse, TopicProduceResponse,
};
use kafka_protocol::protocol::StrBytes;
use protocol_types::TopicId;
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::response::encode_response;

const ERRORS: &[RecordError<'static>] = &[
    RecordError {
        batch_index: 3,
        message: Some("compacted topic cannot accept message without key"),
    },
    RecordError { batch_index: 9, message: None },
];

const TOPICS: [(&str, TopicId); 2] = [("flights", TopicId([0xa1; 16])), ("λ", TopicId([0xb2; 16]))];

/// A topic as an answer of `version` names it.
fn named(version: i16, name: &str, id: TopicId) -> ProduceTopic<'_> {
    if version >= FIRST_TOPIC_ID { ProduceTopic::Id(id) } else { ProduceTopic::Name(name) }
}

fn outcomes() -> [PartitionOutcome<'static>; 3] {
    let fine = PartitionOutcome {
        index: 0,
        error_code: 0,
        base_offset: 1 << 40,
        log_append_time_ms: -1,
        log_start_offset: 12,
        record_errors: &[],
        error_message: None,
    };
    let stamped = PartitionOutcome { index: 1, log_append_time_ms: 1_700_000_000_000, ..fine };
    let refused = PartitionOutcome {
        index: 2,
        error_code: 87,
        base_offset: -1,
        log_start_offset: -1,
        record_errors: ERRORS,
        error_message: Some("one or more records have been rejected"),
        ..fine
    };
    [fine, stamped, refused]
}

fn as_message(version: i16) -> m::ProduceResponse {
    let record_error = |error: &RecordError<'_>| {
        let message = error.message.map(|text| StrBytes::from_string(text.to_owned()));
        BatchIndexAndErrorMessage::default()
            .with_batch_index(error.batch_index)
            .with_batch_index_error_message(message)
    };
    let partition = |outcome: &PartitionOutcome<'_>| {
        let mut partition = PartitionProduceResponse::default()
            .with_index(outcome.index)
            .with_error_code(outcome.error_code)
            .with_base_offset(outcome.base_offset)
            .with_log_append_time_ms(outcome.log_append_time_ms)
            .with_log_start_offset(outcome.log_start_offset);
        if version >= 8 {
            let message = outcome.error_message.map(|text| StrBytes::from_string(text.to_owned()));
            partition = partition
                .with_record_errors(outcome.record_errors.iter().map(record_error).collect())
                .with_error_message(message);
        }
        partition
    };
    let topic = |name: &'static str, id: TopicId| {
        let by_id = version >= FIRST_TOPIC_ID;
        TopicProduceResponse::default()
            .with_name(m::TopicName(StrBytes::from_static_str(if by_id { "" } else { name })))
            .with_topic_id(if by_id { Uuid::from_bytes(id.0) } else { Uuid::nil() })
            .with_partition_responses(outcomes().iter().map(partition).collect())
    };
    m::ProduceResponse::default()
        .with_responses(TOPICS.map(|(name, id)| topic(name, id)).to_vec())
        .with_throttle_time_ms(17)
}

fn by_hand(out: &mut BytesMut, version: i16) -> Result<u64, EncodeError> {
    let mut response = ProduceResponse::begin(out, version, 99, 2)?;
    for (name, id) in TOPICS {
        response.topic(named(version, name, id), 3)?;
        for outcome in outcomes() {
            response.partition(&outcome)?;
        }
    }
    response.finish(17)
}

#[rstest]
fn the_hand_encoder_writes_what_the_message_crate_writes(
    #[values(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)] version: i16,
) {
    // Something stands before the frame: answers share a buffer.
    let mut ours = BytesMut::from(&b"before"[..]);
    let length = by_hand(&mut ours, version).unwrap();
    let mut theirs = BytesMut::from(&b"before"[..]);
    encode_response(&mut theirs, ApiKey::Produce, version, 99, &as_message(version)).unwrap();
    assert_eq!(ours, theirs);
    assert_eq!(length, ours.len() as u64 - 6);
}

/// Written from Kafka's message definition: one topic by id, one partition refused.
#[test]
fn version_13_echoes_the_topics_id() {
    let refused = PartitionOutcome {
        index: 7,
        error_code: 100,
        base_offset: -1,
        log_append_time_ms: -1,
        log_start_offset: -1,
        record_errors: &[],
        error_message: None,
    };
    let mut out = BytesMut::new();
    let mut response = ProduceResponse::begin(&mut out, 13, 99, 1).unwrap();
    response.topic(ProduceTopic::Id(TopicId([0xa1; 16])), 1).unwrap();
    response.partition(&refused).unwrap();
    response.finish(17).unwrap();
    let minus_one = (-1_i64).to_be_bytes();
    let expected: &[&[u8]] = &[
        &[0, 0, 0, 62],
        &[0, 0, 0, 99, 0],
        &[2],
        &[0xa1; 16],
        &[2],
        &[0, 0, 0, 7, 0, 100],
        &minus_one,
        &minus_one,
        &minus_one,
        // No record errors, no message, no tags; no tags of the topic; throttle time; no tags.
        &[1, 0, 0],
        &[0],
        &[0, 0, 0, 17, 0],
    ];
    assert_eq!(&out[..], expected.concat());
}

#[rstest]
#[case::no_ids_before_13(12, ProduceTopic::Id(TopicId([1; 16])))]
#[case::no_names_from_13_on(13, ProduceTopic::Name("t"))]
fn a_topic_is_named_as_the_version_does(#[case] version: i16, #[case] topic: ProduceTopic<'_>) {
    let mut out = BytesMut::new();
    let mut response = ProduceResponse::begin(&mut out, version, 1, 1).unwrap();
    let written = response.topic(topic, 0);
    assert!(matches!(written, Err(EncodeError::Message { .. })), "{written:?}");
}

#[test]
fn an_answer_without_topics_is_whole() {
    let mut out = BytesMut::new();
    ProduceResponse::begin(&mut out, 9, 5, 0).unwrap().finish(0).unwrap();
    assert_eq!(usize::try_from(out.get_i32()).unwrap(), out.len());
}

#[rstest]
#[case::too_few_topics(3, 3)]
#[case::too_few_partitions(2, 4)]
fn counts_that_were_announced_are_kept(#[case] topics: usize, #[case] partitions: usize) {
    let mut out = BytesMut::new();
    let mut response = ProduceResponse::begin(&mut out, 9, 1, topics).unwrap();
    let mut written = Ok(());
    for name in ["a", "b"] {
        written = written.and_then(|()| response.topic(ProduceTopic::Name(name), partitions));
        for outcome in outcomes() {
            written = written.and_then(|()| response.partition(&outcome));
        }
    }
    let finished = written.and_then(|()| response.finish(0).map(drop));
    assert!(matches!(finished, Err(EncodeError::CountMismatch { .. })), "{finished:?}");
}

#[rstest]
#[case(2)]
#[case(14)]
fn versions_that_are_not_served_are_not_encoded(#[case] version: i16) {
    let begun = ProduceResponse::begin(&mut BytesMut::new(), version, 1, 0).map(drop);
    assert!(matches!(begun, Err(EncodeError::NotServed { .. })));
}
