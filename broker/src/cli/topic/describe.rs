//! `topic describe`: partitions with their offsets, and the configuration.

use std::collections::BTreeMap;

use clap::Args;
use protocol_types::ApiKey;
use protocol_types::UuidText;
use protocol_wire::messages::describe_configs_request::DescribeConfigsResource;
use protocol_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use protocol_wire::messages::metadata_response::MetadataResponseTopic;
use protocol_wire::messages::{BrokerId, DescribeConfigsRequest, ListOffsetsRequest};
use serde_json::{Value, json};

use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, text, topic_name};
use crate::cli::error::{CliError, partial};
use crate::cli::output::{Format, Output, Rows};

/// Kafka's number of the resource type "topic".
const TOPIC: i8 = 2;
/// Kafka's number of the source "default".
const DEFAULT: i8 = 5;
/// ListOffsets' special timestamps.
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;

/// Show partitions, offsets and configuration of topics.
#[derive(Debug, Args)]
pub struct Describe {
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Every configuration key, not only those that were set.
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Describe {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let mut errors = Vec::new();
        let mut topics = Vec::new();
        for name in &self.names {
            match self.describe(&mut client, name) {
                Ok(topic) => topics.push(topic),
                Err(error) => errors.push(error),
            }
        }
        let output = Output::new(self.output.output);
        if self.output.output == Format::Table {
            topics.iter().try_for_each(|topic| as_tables(output, topic))?;
        } else {
            output.results(&Rows { columns: &[], rows: topics }, errors.len())?;
        }
        partial(errors, self.names.len())
    }

    fn describe(&self, client: &mut Client, name: &str) -> Result<Value, CliError> {
        let topic = client.topic(name, false)?;
        let starts = offsets(client, name, &topic, EARLIEST)?;
        let ends = offsets(client, name, &topic, LATEST)?;
        let mut partitions: Vec<_> = topic.partitions.iter().collect();
        partitions.sort_by_key(|partition| partition.partition_index);
        let ids = |nodes: &[BrokerId]| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
        let partitions: Vec<Value> = partitions
            .into_iter()
            .map(|partition| {
                let index = partition.partition_index;
                json!({
                    "partition": index,
                    "leader": partition.leader_id.0,
                    "leader_epoch": partition.leader_epoch,
                    "replicas": ids(&partition.replica_nodes),
                    "isr": ids(&partition.isr_nodes),
                    "start_offset": starts.get(&index),
                    "end_offset": ends.get(&index),
                })
            })
            .collect();
        Ok(json!({
            "name": name,
            "topic_id": UuidText(topic.topic_id.into_bytes()).to_string(),
            "internal": topic.is_internal,
            "partitions": partitions,
            "configs": configs(client, name, self.all)?,
        }))
    }
}

/// The values of a topic that were set, or all of them, with where each comes from.
pub(super) fn configs(client: &mut Client, name: &str, all: bool) -> Result<Vec<Value>, CliError> {
    let resource = DescribeConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(name))
        .with_configuration_keys(None);
    let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
    let answer = client.call(ApiKey::DescribeConfigs, (1, 4), &request)?;
    let result = answer.results.first().filter(|result| result.error_code != 0);
    if let Some(result) = result {
        let message = result.error_message.as_deref();
        let what = format!("configuration of topic \"{name}\"");
        return Err(CliError::refused(&what, result.error_code, message));
    }
    let mut configs: Vec<_> = answer.results.iter().flat_map(|result| &result.configs).collect();
    configs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(configs
        .into_iter()
        .filter(|config| all || config.config_source != DEFAULT)
        .map(|config| {
            json!({
                "key": config.name.as_str(),
                "value": config.value.as_deref(),
                "source": source(config.config_source),
            })
        })
        .collect())
}

/// The offset of each partition at a special timestamp, asked of its leader.
pub(crate) fn offsets(
    client: &mut Client,
    name: &str,
    topic: &MetadataResponseTopic,
    timestamp: i64,
) -> Result<BTreeMap<i32, i64>, CliError> {
    let mut by_leader: BTreeMap<i32, Vec<ListOffsetsPartition>> = BTreeMap::new();
    for partition in &topic.partitions {
        let asked = ListOffsetsPartition::default()
            .with_partition_index(partition.partition_index)
            .with_current_leader_epoch(-1)
            .with_timestamp(timestamp);
        by_leader.entry(partition.leader_id.0).or_default().push(asked);
    }
    let mut found = BTreeMap::new();
    for (leader, partitions) in by_leader {
        let asked =
            ListOffsetsTopic::default().with_name(topic_name(name)).with_partitions(partitions);
        let request = ListOffsetsRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_timeout_ms(client.timeout_ms())
            .with_topics(vec![asked]);
        let answer = client.call_broker(leader, ApiKey::ListOffsets, (1, 9), &request)?;
        for partition in answer.topics.iter().flat_map(|topic| &topic.partitions) {
            if partition.error_code != 0 {
                let what = format!("offsets of \"{name}\" [{}]", partition.partition_index);
                return Err(CliError::refused(&what, partition.error_code, None));
            }
            found.insert(partition.partition_index, partition.offset);
        }
    }
    Ok(found)
}

fn source(number: i8) -> &'static str {
    match number {
        1 => "topic",
        2 => "broker (dynamic)",
        3 => "all brokers (dynamic)",
        4 => "broker (static)",
        DEFAULT => "default",
        _ => "other",
    }
}

fn as_tables(output: Output, topic: &Value) -> Result<(), CliError> {
    let list = |key: &str| topic.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let columns = &["name", "topic_id", "internal"];
    output.rows(&Rows { columns, rows: vec![topic.clone()] })?;
    let columns =
        &["partition", "leader", "leader_epoch", "replicas", "isr", "start_offset", "end_offset"];
    output.rows(&Rows { columns, rows: list("partitions") })?;
    let configs = list("configs");
    if configs.is_empty() {
        return Ok(());
    }
    output.rows(&Rows { columns: &["key", "value", "source"], rows: configs })
}
