//! `topic alter`: configuration and number of partitions.

use clap::Args;
use protocol_types::ApiKey;
use protocol_wire::messages::create_partitions_request::CreatePartitionsTopic;
use protocol_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use protocol_wire::messages::{CreatePartitionsRequest, IncrementalAlterConfigsRequest};
use serde_json::json;

use super::key_value;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, text, topic_name};
use crate::cli::error::CliError;
use crate::cli::output::{Output, Rows};

/// Kafka's number of the resource type "topic".
pub(super) const TOPIC: i8 = 2;
/// Kafka's numbers of the operations.
pub(super) const SET: i8 = 0;
pub(super) const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

/// Change a topic's configuration, or its number of partitions.
#[derive(Debug, Args)]
pub struct Alter {
    name: String,
    /// Grow to so many partitions.
    #[arg(short, long, value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// Set a value; may be repeated.
    #[arg(short = 'c', long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Go back to the broker's value; may be repeated.
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// Add to a list; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    append: Vec<(String, String)>,
    /// Take from a list; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    subtract: Vec<(String, String)>,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Alter {
    pub(super) fn run(self) -> Result<(), CliError> {
        let configs = self.configs();
        if configs.is_empty() && self.partitions.is_none() {
            return Err(CliError::usage("nothing to change")
                .hint("give --set, --unset, --append, --subtract or --partitions"));
        }
        let mut client = Client::connect(&self.connect)?;
        let mut rows = Vec::new();
        let result = if self.dry_run { "would be changed" } else { "changed" };
        if !configs.is_empty() {
            let keys: Vec<String> = configs.iter().map(|c| c.name.to_string()).collect();
            self.alter_configs(&mut client, configs)?;
            rows.extend(
                keys.iter().map(|key| json!({ "name": self.name, "what": key, "result": result })),
            );
        }
        if let Some(count) = self.partitions {
            self.grow(&mut client, count)?;
            rows.push(json!({ "name": self.name, "what": "partitions", "result": result }));
        }
        Output::new(self.output.output).rows(&Rows { columns: &["name", "what", "result"], rows })
    }

    fn configs(&self) -> Vec<AlterableConfig> {
        let pairs = |operation: i8, pairs: &[(String, String)]| -> Vec<AlterableConfig> {
            let one = |(key, value): &(String, String)| {
                AlterableConfig::default()
                    .with_name(text(key))
                    .with_config_operation(operation)
                    .with_value(Some(text(value)))
            };
            pairs.iter().map(one).collect()
        };
        let unset = |key: &String| {
            AlterableConfig::default()
                .with_name(text(key))
                .with_config_operation(DELETE)
                .with_value(None)
        };
        let mut configs = pairs(SET, &self.set);
        configs.extend(self.unset.iter().map(unset));
        configs.extend(pairs(APPEND, &self.append));
        configs.extend(pairs(SUBTRACT, &self.subtract));
        configs
    }

    fn alter_configs(
        &self,
        client: &mut Client,
        configs: Vec<AlterableConfig>,
    ) -> Result<(), CliError> {
        let resource = AlterConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text(&self.name))
            .with_configs(configs);
        let request = IncrementalAlterConfigsRequest::default()
            .with_resources(vec![resource])
            .with_validate_only(self.dry_run);
        let answer = client.call(ApiKey::IncrementalAlterConfigs, (0, 1), &request)?;
        match answer.responses.iter().find(|response| response.error_code != 0) {
            None => Ok(()),
            Some(refusal) => {
                Err(self.refused(refusal.error_code, refusal.error_message.as_deref()))
            }
        }
    }

    fn grow(&self, client: &mut Client, count: i32) -> Result<(), CliError> {
        let topic = CreatePartitionsTopic::default()
            .with_name(topic_name(&self.name))
            .with_count(count)
            .with_assignments(None);
        let request = CreatePartitionsRequest::default()
            .with_topics(vec![topic])
            .with_timeout_ms(client.timeout_ms())
            .with_validate_only(self.dry_run);
        let answer = client.call(ApiKey::CreatePartitions, (0, 3), &request)?;
        match answer.results.iter().find(|result| result.error_code != 0) {
            None => Ok(()),
            Some(refusal) => {
                Err(self.refused(refusal.error_code, refusal.error_message.as_deref()))
            }
        }
    }

    fn refused(&self, code: i16, message: Option<&str>) -> CliError {
        CliError::refused(&format!("topic \"{}\"", self.name), code, message)
    }
}
