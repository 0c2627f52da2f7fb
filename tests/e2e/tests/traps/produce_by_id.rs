//! Produce from version 12 on: version 13 names topics by id (KIP-516).

use anyhow::{Result, ensure};
use bytes::Bytes;
use protocol_records::{BatchBuilder, ProducerStamp};
use protocol_types::{Codec, ProducerEpoch, Sequence};
use protocol_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use protocol_wire::messages::produce_response::PartitionProduceResponse;
use protocol_wire::messages::{ApiVersionsRequest, ProduceRequest, ProduceResponse};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::{Client, FetchFrom};
use uuid::Uuid;

use super::Check;
use super::ask::{batch, built, client_with_topic, id_of, only, produce, sequenced};

#[rstest]
#[case::version_12_is_version_11(version_12)]
#[case::trap_28_topics_go_by_id_from_version_13(by_id)]
#[case::trap_53_an_unknown_id_harms_no_other_topic(unknown_id)]
#[case::trap_25_records_for_a_deleted_topic_do_not_reach_its_namesake(namesake)]
#[case::trap_37_a_producers_sequence_is_the_same_by_name_and_by_id(idempotent)]
#[case::trap_13_acks_0_has_no_answer(acks_0)]
#[case::trap_13_acks_0_with_an_unknown_id_closes(acks_0_unknown)]
#[case::the_offsets_topic_is_nobodys_by_id_either(internal)]
#[case::transactions_are_refused_in_every_version(transactions)]
fn produced(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

const VERSION: i16 = 13;
const ALL: i16 = -1;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const INVALID_TOPIC: i16 = 17;
const INVALID_TXN_STATE: i16 = 48;
const UNKNOWN_TOPIC_ID: i16 = 100;

/// One batch of two records for each of `partitions`.
fn entry(id: Uuid, partitions: &[i32]) -> Result<TopicProduceData> {
    let records = batch(&[1, 2])?;
    let partition = |index: &i32| {
        PartitionProduceData::default().with_index(*index).with_records(Some(records.clone()))
    };
    let partitions = partitions.iter().map(partition).collect();
    Ok(TopicProduceData::default().with_topic_id(id).with_partition_data(partitions))
}

fn request(acks: i16, topics: Vec<TopicProduceData>) -> ProduceRequest {
    ProduceRequest::default().with_acks(acks).with_timeout_ms(30_000).with_topic_data(topics)
}

/// Produces one batch to partition 0 of the topic with `id`.
fn produce_to(client: &mut Client, id: Uuid, records: Bytes) -> Result<PartitionProduceResponse> {
    let partition = PartitionProduceData::default().with_records(Some(records));
    let topic = TopicProduceData::default().with_topic_id(id).with_partition_data(vec![partition]);
    let answer: ProduceResponse = client.call(VERSION, &request(ALL, vec![topic]))?;
    let topic = only(answer.responses)?;
    ensure!((topic.topic_id, topic.name.as_str()) == (id, ""), "another topic: {topic:?}");
    only(topic.partition_responses)
}

fn version_12(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    for (version, offset) in [(11, 0), (12, 1)] {
        let answer = produce(&mut client, version, ALL, Some(batch(&[1])?))?;
        ensure!((answer.error_code, answer.base_offset) == (0, offset), "{version}: {answer:?}");
    }
    Ok(())
}

fn by_id(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let id = id_of(&mut client, "t")?;
    let sent = batch(&[5, 6])?;
    for offset in [0, 2] {
        let answer = produce_to(&mut client, id, sent.clone())?;
        ensure!((answer.error_code, answer.base_offset) == (0, offset), "{answer:?}");
        ensure!((answer.log_append_time_ms, answer.log_start_offset) == (-1, 0), "{answer:?}");
        // All but base offset, length and leader epoch is as it was sent.
        let stored = client.fetch(&FetchFrom::new("t", 0, offset))?.records;
        ensure!(stored.get(16..) == sent.get(16..));
    }
    Ok(())
}

fn unknown_id(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    client.create_topic("other", 1, &[])?;
    let (id, other) = (id_of(&mut client, "t")?, id_of(&mut client, "other")?);
    let (unknown, none) = (Uuid::from_u128(4), Uuid::nil());
    let topics = vec![
        entry(unknown, &[0, 1])?,
        entry(id, &[0, 9])?,
        entry(none, &[0])?,
        entry(other, &[-1, 0])?,
    ];
    let answer: ProduceResponse = client.call(VERSION, &request(ALL, topics))?;
    let told = answer.responses.iter().flat_map(|topic| {
        let told =
            |told: &PartitionProduceResponse| (told.index, told.error_code, told.base_offset);
        topic.partition_responses.iter().map(move |partition| (topic.topic_id, told(partition)))
    });
    let told: Vec<_> = told.collect();
    let expected = [
        (unknown, (0, UNKNOWN_TOPIC_ID, -1)),
        (unknown, (1, UNKNOWN_TOPIC_ID, -1)),
        (id, (0, 0, 0)),
        (id, (9, UNKNOWN_TOPIC_OR_PARTITION, -1)),
        (none, (0, UNKNOWN_TOPIC_ID, -1)),
        (other, (-1, UNKNOWN_TOPIC_OR_PARTITION, -1)),
        (other, (0, 0, 0)),
    ];
    ensure!(told == expected, "{told:?}");
    ensure!((client.latest("t", 0)?, client.latest("other", 0)?) == (2, 2));
    Ok(())
}

fn namesake(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let before = id_of(&mut client, "t")?;
    // The shard knows the topic by both.
    ensure!(produce_to(&mut client, before, batch(&[1])?)?.error_code == 0);
    ensure!(produce(&mut client, 9, ALL, Some(batch(&[1])?))?.error_code == 0);
    client.delete_topic("t")?;
    let refused = produce_to(&mut client, before, batch(&[1])?)?;
    ensure!((refused.error_code, refused.base_offset) == (UNKNOWN_TOPIC_ID, -1), "{refused:?}");

    client.create_topic("t", 1, &[])?;
    let after = id_of(&mut client, "t")?;
    ensure!(after != before);
    for _ in 0..2 {
        let refused = produce_to(&mut client, before, batch(&[1])?)?;
        ensure!((refused.error_code, refused.base_offset) == (UNKNOWN_TOPIC_ID, -1));
        ensure!(client.latest("t", 0)? == 0, "it reached the new one");
    }
    let taken = produce_to(&mut client, after, batch(&[1])?)?;
    ensure!((taken.error_code, taken.base_offset) == (0, 0), "{taken:?}");
    Ok(())
}

fn idempotent(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let id = id_of(&mut client, "t")?;
    let (producer, _) = client.init_producer_id()?;
    let records = |sequence| sequenced(producer, 0, sequence, 2);
    ensure!(produce_to(&mut client, id, records(0)?)?.base_offset == 0);
    ensure!(produce(&mut client, 12, ALL, Some(records(2)?))?.base_offset == 2);
    // Each again, named the other way.
    let again = produce_to(&mut client, id, records(2)?)?;
    ensure!((again.error_code, again.base_offset) == (0, 2), "{again:?}");
    let again = produce(&mut client, 12, ALL, Some(records(0)?))?;
    ensure!((again.error_code, again.base_offset) == (0, 0), "{again:?}");
    ensure!(produce_to(&mut client, id, records(6)?)?.error_code == 45, "a gap");
    ensure!(client.latest("t", 0)? == 4, "nothing is stored twice");
    Ok(())
}

fn acks_0(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let id = id_of(&mut client, "t")?;
    client.send(VERSION, &request(0, vec![entry(id, &[0])?]))?;
    // `receive` refuses an answer to another request.
    let next = client.send(0, &ApiVersionsRequest::default())?;
    client.receive::<ApiVersionsRequest>(0, next)?;
    client.fetch(&FetchFrom { min_bytes: 1, max_wait_ms: 5000, ..FetchFrom::new("t", 0, 0) })?;
    ensure!(client.latest("t", 0)? == 2);
    Ok(())
}

fn acks_0_unknown(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    client.send(VERSION, &request(0, vec![entry(Uuid::from_u128(4), &[0])?]))?;
    ensure!(!matches!(client.receive_frame(), Ok(Some(_))), "acks=0 was answered");
    Ok(())
}

fn internal(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    client.create_topic("__consumer_offsets", 1, &[])?;
    let id = id_of(&mut client, "__consumer_offsets")?;
    let refused = produce_to(&mut client, id, batch(&[1])?)?;
    ensure!(refused.error_code == INVALID_TOPIC, "{refused:?}");
    Ok(())
}

fn transactions(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let id = id_of(&mut client, "t")?;
    let (producer, epoch) = client.init_producer_id()?;
    let stamp =
        ProducerStamp { id: producer, epoch: ProducerEpoch(epoch.0), base_sequence: Sequence(0) };
    let records = built(BatchBuilder::new(Codec::None).producer(stamp).transactional(), &[1])?;
    for version in [11, 12] {
        let refused = produce(&mut client, version, ALL, Some(records.clone()))?;
        ensure!(refused.error_code == INVALID_TXN_STATE, "version {version}: {refused:?}");
    }
    let refused = produce_to(&mut client, id, records)?;
    ensure!(refused.error_code == INVALID_TXN_STATE, "{refused:?}");
    ensure!(client.latest("t", 0)? == 0);
    Ok(())
}
