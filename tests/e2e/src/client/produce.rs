//! Produce: one batch for one partition in each request.

use anyhow::{Context, Result};
use bytes::Bytes;
use protocol_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use protocol_wire::messages::{ProduceRequest, ProduceResponse};

use super::Client;
use super::admin::topic_name;

const VERSION: i16 = 11;

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produced {
    pub error: i16,
    pub message: Option<String>,
    pub base_offset: i64,
    pub log_start: i64,
}

impl Client {
    /// Sends a batch with acks=all and waits for the answer.
    pub fn produce(&mut self, topic: &str, partition: i32, batch: Bytes) -> Result<Produced> {
        let correlation_id = self.send_produce(topic, partition, batch)?;
        self.receive_produced(correlation_id)
    }

    /// Sends a batch with acks=all; returns the correlation id.
    pub fn send_produce(&mut self, topic: &str, partition: i32, batch: Bytes) -> Result<i32> {
        let partition =
            PartitionProduceData::default().with_index(partition).with_records(Some(batch));
        let topic = TopicProduceData::default()
            .with_name(topic_name(topic))
            .with_partition_data(vec![partition]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_topic_data(vec![topic]);
        self.send(VERSION, &request)
    }

    /// Waits for the answer to [`Self::send_produce`], which is the next to come.
    pub fn receive_produced(&mut self, correlation_id: i32) -> Result<Produced> {
        let answer: ProduceResponse = self.receive::<ProduceRequest>(VERSION, correlation_id)?;
        let topic = answer.responses.first().context("no topic in the answer")?;
        let partition = topic.partition_responses.first().context("no partition in the answer")?;
        Ok(Produced {
            error: partition.error_code,
            message: partition.error_message.as_ref().map(ToString::to_string),
            base_offset: partition.base_offset,
            log_start: partition.log_start_offset,
        })
    }
}
