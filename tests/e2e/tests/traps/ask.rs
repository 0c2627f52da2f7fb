//! Short ways to say what the traps' requests say.

use anyhow::{Context, Result};
use bytes::Bytes;
use protocol_records::{BatchBuilder, ProducerStamp};
use protocol_types::{Codec, ProducerEpoch, ProducerId, Sequence, Timestamp};
use protocol_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use protocol_wire::messages::produce_response::PartitionProduceResponse;
use protocol_wire::messages::{ProduceRequest, StrBytes, TopicName};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;
use uuid::Uuid;

pub(crate) fn client(broker: &Broker) -> Result<Client> {
    Ok(Client::connect(broker.kafka())?)
}

/// A client of a broker that has topic `t` with one partition and `configs`.
pub(crate) fn client_with_topic(broker: &Broker, configs: &[(&str, &str)]) -> Result<Client> {
    let mut client = client(broker)?;
    client.create_topic("t", 1, configs)?;
    Ok(client)
}

/// The id of a topic.
pub(crate) fn id_of(client: &mut Client, topic: &str) -> Result<Uuid> {
    Ok(only(client.metadata(topic)?.topics)?.topic_id)
}

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName(text(name))
}

/// The answer's only element.
pub(crate) fn only<T>(mut elements: Vec<T>) -> Result<T> {
    anyhow::ensure!(elements.len() == 1, "{} elements instead of one", elements.len());
    elements.pop().context("unreachable: there is one")
}

/// A batch of records with these timestamps, without keys.
pub(crate) fn batch(timestamps: &[i64]) -> Result<Bytes> {
    built(BatchBuilder::new(Codec::None), timestamps)
}

pub(crate) fn compressed(codec: Codec) -> Result<Bytes> {
    built(BatchBuilder::new(codec), &[1, 2, 3])
}

/// A batch of `count` records of an idempotent producer.
pub(crate) fn sequenced(id: ProducerId, epoch: i16, sequence: i32, count: usize) -> Result<Bytes> {
    let stamp =
        ProducerStamp { id, epoch: ProducerEpoch(epoch), base_sequence: Sequence(sequence) };
    built(BatchBuilder::new(Codec::None).producer(stamp), &vec![1; count])
}

pub(crate) fn built(mut builder: BatchBuilder, timestamps: &[i64]) -> Result<Bytes> {
    for timestamp in timestamps {
        builder.push(Timestamp(*timestamp), None, Some(b"value"), &[]);
    }
    Ok(builder.build()?.into())
}

pub(crate) fn produce_request(acks: i16, records: Option<Bytes>) -> ProduceRequest {
    let partition = PartitionProduceData::default().with_index(0).with_records(records);
    let topic =
        TopicProduceData::default().with_name(topic("t")).with_partition_data(vec![partition]);
    ProduceRequest::default().with_acks(acks).with_timeout_ms(30_000).with_topic_data(vec![topic])
}

/// Produces to `t-0` and returns its answer.
pub(crate) fn produce(
    client: &mut Client,
    version: i16,
    acks: i16,
    records: Option<Bytes>,
) -> Result<PartitionProduceResponse> {
    let answer = client.call(version, &produce_request(acks, records))?;
    only(only(answer.responses)?.partition_responses)
}
