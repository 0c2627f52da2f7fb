//! Names said over and over: each costs a few bytes to say, and much to answer or to look for.

use anyhow::{Result, ensure};
use protocol_types::ErrorCode;
use protocol_wire::messages::describe_configs_request::DescribeConfigsResource;
use protocol_wire::messages::incremental_alter_configs_request::AlterConfigsResource;
use protocol_wire::messages::metadata_request::MetadataRequestTopic;
use protocol_wire::messages::{
    DescribeConfigsRequest, IncrementalAlterConfigsRequest, MetadataRequest, StrBytes, TopicName,
};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::attack::{holds_memory, serves};

const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const LOGGERS: usize = 200_000;

#[test]
fn a_topic_named_a_thousand_times_is_described_once() -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic("wide", 2_000, &[])?;
    client.metadata("wide")?;
    let name = TopicName(StrBytes::from_static_str("wide"));
    let asked = MetadataRequestTopic::default().with_name(Some(name));
    let request = MetadataRequest::default().with_topics(Some(vec![asked; 1_000]));
    holds_memory(&broker, 16 << 20, || {
        let answer = client.call(12, &request)?;
        ensure!(answer.topics.len() == 1, "{} topics", answer.topics.len());
        Ok(())
    })?;
    serves(&broker)
}

#[test]
fn a_broker_named_ten_thousand_times_is_described_while_there_is_room() -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    let asked = DescribeConfigsResource::default()
        .with_resource_type(BROKER)
        .with_resource_name(StrBytes::from_static_str("1"))
        .with_configuration_keys(None);
    let request = DescribeConfigsRequest::default()
        .with_resources(vec![asked; 10_000])
        .with_include_synonyms(true)
        .with_include_documentation(true);
    holds_memory(&broker, 96 << 20, || {
        let answer = client.call(4, &request)?;
        let codes = answer.results.iter().map(|result| result.error_code);
        let refused = ErrorCode::InvalidRequest as i16;
        ensure!(codes.clone().next() == Some(0) && codes.clone().last() == Some(refused));
        Ok(())
    })?;
    serves(&broker)
}

/// Compared with one another, they would keep a shard for hours.
#[test]
fn very_many_loggers_do_not_stop_a_shard() -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    let named = |number: usize| {
        AlterConfigsResource::default()
            .with_resource_type(BROKER_LOGGER)
            .with_resource_name(StrBytes::from_string(number.to_string()))
    };
    let request = IncrementalAlterConfigsRequest::default()
        .with_resources((0..LOGGERS).map(|number| named(number / 2)).collect());
    let answer = client.call(1, &request)?;
    let refused = ErrorCode::InvalidRequest as i16;
    ensure!(answer.responses.len() == LOGGERS, "{}", answer.responses.len());
    ensure!(answer.responses.iter().all(|response| response.error_code == refused));
    serves(&broker)
}
