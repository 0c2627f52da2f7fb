use bytes::Bytes;
use kafka_protocol::messages as m;
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction as AbortedMessage, EpochEndOffset, FetchableTopicResponse, PartitionData,
};
use kafka_protocol::protocol::StrBytes;
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::response::encode_response;

const ABORTED: &[AbortedTransaction] = &[
    AbortedTransaction { producer_id: 4, first_offset: 100 },
    AbortedTransaction { producer_id: 5, first_offset: 200 },
];
const TOPICS: [(&str, [u8; 16]); 2] = [("flights", [7; 16]), ("λ", [9; 16])];

/// Partitions and their records; which of them go into slots is the test's choice.
fn partitions(version: i16) -> Vec<(FetchPartition<'static>, &'static [u8])> {
    let plain = FetchPartition {
        index: 0,
        error_code: 0,
        high_watermark: 1 << 40,
        last_stable_offset: 1 << 39,
        log_start_offset: 3,
        diverging_epoch: None,
        aborted_transactions: None,
        preferred_read_replica: -1,
    };
    let diverging = DivergingEpoch { epoch: 4, end_offset: 1234 };
    vec![
        (plain, &[0xaa; 200][..]),
        (FetchPartition { index: 1, aborted_transactions: Some(ABORTED), ..plain }, &[]),
        (FetchPartition { index: 2, error_code: 1, high_watermark: -1, ..plain }, &[]),
        (FetchPartition { index: 3, aborted_transactions: Some(&[]), ..plain }, &[0xbb; 70_000]),
        (
            FetchPartition {
                index: 4,
                diverging_epoch: (version >= 12).then_some(diverging),
                ..plain
            },
            &[0xcc; 5],
        ),
    ]
}

fn as_message(version: i16) -> m::FetchResponse {
    let aborted = |transaction: &AbortedTransaction| {
        AbortedMessage::default()
            .with_producer_id(m::ProducerId(transaction.producer_id))
            .with_first_offset(transaction.first_offset)
    };
    let partition = |(partition, records): &(FetchPartition<'static>, &'static [u8])| {
        let mut message = PartitionData::default()
            .with_partition_index(partition.index)
            .with_error_code(partition.error_code)
            .with_high_watermark(partition.high_watermark)
            .with_last_stable_offset(partition.last_stable_offset)
            .with_log_start_offset(partition.log_start_offset)
            .with_aborted_transactions(
                partition.aborted_transactions.map(|list| list.iter().map(aborted).collect()),
            )
            .with_records(Some(Bytes::from_static(records)));
        if let Some(diverging) = partition.diverging_epoch {
            let epoch = EpochEndOffset::default()
                .with_epoch(diverging.epoch)
                .with_end_offset(diverging.end_offset);
            message = message.with_diverging_epoch(epoch);
        }
        message
    };
    let topic = |(name, id): (&'static str, [u8; 16])| {
        let topic = FetchableTopicResponse::default()
            .with_partitions(partitions(version).iter().map(partition).collect());
        if version >= 13 {
            topic.with_topic_id(Uuid::from_bytes(id))
        } else {
            topic.with_topic(m::TopicName(StrBytes::from_static_str(name)))
        }
    };
    m::FetchResponse::default()
        .with_throttle_time_ms(8)
        .with_error_code(if version >= 7 { 71 } else { 0 })
        .with_session_id(if version >= 7 { 5 } else { 0 })
        .with_responses(TOPICS.map(topic).to_vec())
}

fn head(version: i16) -> FetchHead {
    FetchHead {
        version,
        correlation_id: 21,
        throttle_time_ms: 8,
        error_code: 71,
        session_id: 5,
        topics: 2,
    }
}

/// Encodes with records from `slot_min` bytes on in slots, then puts the pieces together.
fn assembled(version: i16, slot_min: usize) -> (Vec<u8>, FetchResponse) {
    let mut slots = Vec::new();
    let mut encoder = FetchEncoder::begin(BytesMut::new(), Vec::new(), &head(version)).unwrap();
    for (name, id) in TOPICS {
        let partitions = partitions(version);
        encoder.topic(name, id, partitions.len()).unwrap();
        for (partition, records) in partitions {
            let source = if records.len() >= slot_min {
                slots.push(records);
                Records::Slot(u32::try_from(records.len()).unwrap())
            } else if records.is_empty() {
                Records::Empty
            } else {
                Records::Copied(records)
            };
            encoder.partition(&partition, source).unwrap();
        }
    }
    let response = encoder.finish().unwrap();
    let mut wire = Vec::new();
    for segment in &response.segments {
        match segment {
            Segment::Head(range) => wire.extend_from_slice(&response.head[range.clone()]),
            Segment::Records { index, len } => {
                assert_eq!(slots[*index].len(), *len);
                wire.extend_from_slice(slots[*index]);
            }
        }
    }
    (wire, response)
}

#[rstest]
fn the_encoder_writes_what_the_message_crate_writes(
    #[values(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)] version: i16,
    #[values(1, 100, 1_000_000)] slot_min: usize,
) {
    let mut theirs = BytesMut::new();
    encode_response(&mut theirs, ApiKey::Fetch, version, 21, &as_message(version)).unwrap();
    let (ours, response) = assembled(version, slot_min);
    assert_eq!(ours, theirs);
    assert_eq!(response.total_len, theirs.len() as u64);
}

/// Trap 11 and dependencies.md 1.3 defect 10: librdkafka takes a length of −1 for a broken answer.
#[rstest]
#[case::empty(Records::Empty)]
#[case::empty_slot(Records::Slot(0))]
#[case::empty_copy(Records::Copied(&[]))]
#[case::nothing_joined(Records::Joined(&[]))]
fn trap_11_records_are_never_null(
    #[case] records: Records<'_>,
    #[values(4, 11, 12, 17)] version: i16,
) {
    let facts = FetchHead { topics: 1, ..head(version) };
    let mut encoder = FetchEncoder::begin(BytesMut::new(), Vec::new(), &facts).unwrap();
    encoder.topic("t", [1; 16], 1).unwrap();
    encoder.partition(&partitions(version)[2].0, records).unwrap();
    let response = encoder.finish().unwrap();
    assert_eq!(response.head.len() as u64, response.total_len);
    let mut answer = response.head.freeze().slice(4..);
    let header_len = if version >= 12 { 5 } else { 4 };
    bytes::Buf::advance(&mut answer, header_len);
    let decoded: m::FetchResponse =
        kafka_protocol::protocol::Decodable::decode(&mut answer, version).unwrap();
    assert_eq!(decoded.responses[0].partitions[0].records, Some(Bytes::new()));
}

#[test]
fn joined_pieces_are_written_as_one() {
    let written = |records: Records<'_>| {
        let facts = FetchHead { topics: 1, ..head(12) };
        let mut encoder = FetchEncoder::begin(BytesMut::new(), Vec::new(), &facts).unwrap();
        encoder.topic("t", [1; 16], 1).unwrap();
        encoder.partition(&partitions(12)[2].0, records).unwrap();
        encoder.finish().unwrap().head
    };
    assert_eq!(
        written(Records::Joined(&[b"one", b"", b"two"])),
        written(Records::Copied(b"onetwo"))
    );
}

#[test]
fn buffers_can_be_used_again() {
    let (first, response) = assembled(12, 1);
    let encoder =
        FetchEncoder::begin(response.head, response.segments, &FetchHead { topics: 0, ..head(12) });
    let second = encoder.unwrap().finish().unwrap();
    assert!(second.total_len < first.len() as u64);
    assert_eq!(second.segments, [Segment::Head(0..second.head.len())]);
}

#[test]
fn counts_that_were_announced_are_kept() {
    let mut encoder = FetchEncoder::begin(BytesMut::new(), Vec::new(), &head(12)).unwrap();
    encoder.topic("a", [0; 16], 1).unwrap();
    let next = encoder.topic("b", [0; 16], 1);
    assert!(matches!(next, Err(EncodeError::CountMismatch { what: "partitions", .. })));
    let encoder = FetchEncoder::begin(BytesMut::new(), Vec::new(), &head(12)).unwrap();
    let finished = encoder.finish().map(drop);
    assert!(matches!(finished, Err(EncodeError::CountMismatch { what: "topics", .. })));
}

#[test]
fn an_answer_above_two_gibibytes_is_an_error() {
    let facts = FetchHead { topics: 1, ..head(12) };
    let mut encoder = FetchEncoder::begin(BytesMut::new(), Vec::new(), &facts).unwrap();
    encoder.topic("a", [0; 16], 2).unwrap();
    let partition = partitions(12)[0].0;
    encoder.partition(&partition, Records::Slot(1 << 30)).unwrap();
    encoder.partition(&partition, Records::Slot(1 << 30)).unwrap();
    assert!(matches!(encoder.finish().map(drop), Err(EncodeError::TooLarge { .. })));
}
