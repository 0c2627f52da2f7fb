//! `topic create`.

use clap::Args;
use protocol_types::UuidText;
use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::messages::CreateTopicsRequest;
use protocol_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use protocol_wire::messages::create_topics_response::CreatableTopicResult;
use serde_json::json;

use super::key_value;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, text, topic_name};
use crate::cli::error::{CliError, partial};
use crate::cli::output::{Output, Rows};

/// Create topics.
#[derive(Debug, Args)]
pub struct Create {
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Number of partitions; default: the broker's num.partitions.
    #[arg(short, long, value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// Copies of each partition; default: the broker's default.replication.factor.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i16).range(1..))]
    replication_factor: Option<i16>,
    /// A value of the topic's configuration; may be repeated.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = key_value)]
    config: Vec<(String, String)>,
    /// Succeed if the topic is there already.
    #[arg(long)]
    if_not_exists: bool,
    /// Check everything, create nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Create {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let request = CreateTopicsRequest::default()
            .with_topics(self.names.iter().map(|name| self.topic(name)).collect())
            .with_timeout_ms(client.timeout_ms())
            .with_validate_only(self.dry_run);
        let answer = client.call(ApiKey::CreateTopics, (2, 7), &request)?;
        let mut errors = Vec::new();
        let mut rows = Vec::new();
        for topic in &answer.topics {
            let exists = topic.error_code == ErrorCode::TopicAlreadyExists.to_wire();
            if topic.error_code == 0 {
                rows.push(self.row(topic));
            } else if !(exists && self.if_not_exists) {
                let what = format!("topic \"{}\"", topic.name.0);
                let message = topic.error_message.as_deref();
                errors.push(CliError::refused(&what, topic.error_code, message));
            }
        }
        let columns = &["name", "partitions", "replication_factor", "topic_id", "result"];
        Output::new(self.output.output).results(&Rows { columns, rows }, errors.len())?;
        partial(errors, answer.topics.len())
    }

    fn topic(&self, name: &str) -> CreatableTopic {
        let config = |(key, value): &(String, String)| {
            CreatableTopicConfig::default().with_name(text(key)).with_value(Some(text(value)))
        };
        CreatableTopic::default()
            .with_name(topic_name(name))
            .with_num_partitions(self.partitions.unwrap_or(-1))
            .with_replication_factor(self.replication_factor.unwrap_or(-1))
            .with_configs(self.config.iter().map(config).collect())
    }

    fn row(&self, topic: &CreatableTopicResult) -> serde_json::Value {
        json!({
            "name": topic.name.0.as_str(),
            "partitions": topic.num_partitions,
            "replication_factor": topic.replication_factor,
            "topic_id": UuidText(topic.topic_id.into_bytes()).to_string(),
            "result": if self.dry_run { "would be created" } else { "created" },
        })
    }
}
