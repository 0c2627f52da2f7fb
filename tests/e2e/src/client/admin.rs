//! Topics, offsets and producer ids.

use anyhow::{Context, Result, ensure};
use protocol_types::{ProducerEpoch, ProducerId};
use protocol_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use protocol_wire::messages::delete_topics_request::DeleteTopicState;
use protocol_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use protocol_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use protocol_wire::messages::metadata_request::MetadataRequestTopic;
use protocol_wire::messages::{
    BrokerId, CreateTopicsRequest, DeleteTopicsRequest, IncrementalAlterConfigsRequest,
    InitProducerIdRequest, ListOffsetsRequest, MetadataRequest, MetadataResponse, StrBytes,
    TopicName,
};

use super::Client;

/// An answer of ListOffsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedOffset {
    pub error: i16,
    pub offset: i64,
    pub timestamp: i64,
    pub leader_epoch: i32,
}

impl Client {
    /// Creates a topic; any refusal is an error.
    pub fn create_topic(
        &mut self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<()> {
        let config = |(name, value): &(&str, &str)| {
            CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
        };
        let topic = CreatableTopic::default()
            .with_name(topic_name(name))
            .with_num_partitions(partitions)
            .with_replication_factor(1)
            .with_configs(configs.iter().map(config).collect());
        let request =
            CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
        let answer = self.call(7, &request)?;
        let topic = answer.topics.first().context("no topic in the answer")?;
        let (code, message) = (topic.error_code, &topic.error_message);
        ensure!(code == 0, "topic {name} not created: error {code}, {message:?}");
        Ok(())
    }

    /// Sets one config of a topic; any refusal is an error.
    pub fn alter_topic(&mut self, name: &str, config: &str, value: &str) -> Result<()> {
        const TOPIC: i8 = 2;
        let config = AlterableConfig::default()
            .with_name(text(config))
            .with_config_operation(0)
            .with_value(Some(text(value)));
        let resource = AlterConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text(name))
            .with_configs(vec![config]);
        let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
        let answer = self.call(1, &request)?;
        let resource = answer.responses.first().context("no resource in the answer")?;
        let (code, message) = (resource.error_code, &resource.error_message);
        ensure!(code == 0, "topic {name} not altered: error {code}, {message:?}");
        Ok(())
    }

    /// Deletes a topic; any refusal is an error.
    pub fn delete_topic(&mut self, name: &str) -> Result<()> {
        let topic = DeleteTopicState::default().with_name(Some(topic_name(name)));
        let request =
            DeleteTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
        let answer = self.call(6, &request)?;
        let code = answer.responses.first().context("no topic in the answer")?.error_code;
        ensure!(code == 0, "topic {name} not deleted: error {code}");
        Ok(())
    }

    /// Asks for one topic, without creating it.
    pub fn metadata(&mut self, topic: &str) -> Result<MetadataResponse> {
        let topic = MetadataRequestTopic::default().with_name(Some(topic_name(topic)));
        let request = MetadataRequest::default()
            .with_topics(Some(vec![topic]))
            .with_allow_auto_topic_creation(false);
        self.call(12, &request)
    }

    /// A new idempotent producer.
    pub fn init_producer_id(&mut self) -> Result<(ProducerId, ProducerEpoch)> {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(None)
            .with_transaction_timeout_ms(60_000)
            .with_producer_id((-1).into())
            .with_producer_epoch(-1);
        let answer = self.call(4, &request)?;
        ensure!(answer.error_code == 0, "no producer id: error {}", answer.error_code);
        let id = ProducerId::from_wire(answer.producer_id.0).context("negative producer id")?;
        Ok((id, ProducerEpoch(answer.producer_epoch)))
    }

    /// Asks for the offset at a timestamp: −1 the latest, −2 the earliest, −3 the one of the
    /// largest timestamp.
    pub fn list_offset(
        &mut self,
        topic: &str,
        partition: i32,
        timestamp: i64,
    ) -> Result<ListedOffset> {
        let partition = ListOffsetsPartition::default()
            .with_partition_index(partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(timestamp);
        let topic = ListOffsetsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![partition]);
        let request =
            ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(vec![topic]);
        let answer = self.call(7, &request)?;
        let topic = answer.topics.first().context("no topic in the answer")?;
        let found = topic.partitions.first().context("no partition in the answer")?;
        Ok(ListedOffset {
            error: found.error_code,
            offset: found.offset,
            timestamp: found.timestamp,
            leader_epoch: found.leader_epoch,
        })
    }

    /// The end of a partition for readers; any refusal is an error.
    pub fn latest(&mut self, topic: &str, partition: i32) -> Result<i64> {
        self.list_offset(topic, partition, -1)?.offset_or_error()
    }

    /// The start of a partition; any refusal is an error.
    pub fn earliest(&mut self, topic: &str, partition: i32) -> Result<i64> {
        self.list_offset(topic, partition, -2)?.offset_or_error()
    }
}

impl ListedOffset {
    fn offset_or_error(self) -> Result<i64> {
        ensure!(self.error == 0, "no offset: error {}", self.error);
        Ok(self.offset)
    }
}

pub(super) fn topic_name(name: &str) -> TopicName {
    text(name).into()
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
