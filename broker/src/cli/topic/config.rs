//! `topic config …`: the configuration of one topic.

use clap::{Args, Subcommand};
use protocol_types::ApiKey;
use protocol_wire::messages::IncrementalAlterConfigsRequest;
use protocol_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use serde_json::{Value, json};

use super::alter::{DELETE, SET, TOPIC};
use super::describe::configs;
use super::key_value;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, text};
use crate::cli::error::{CliError, Code};
use crate::cli::output::{Format, Output, Rows};

/// What to do with a topic's configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the values that were set, with where each comes from.
    #[command(visible_alias = "list")]
    Ls(List),
    /// Print values, one a line.
    Get(Get),
    /// Set values.
    Set(Set),
    /// Go back to the broker's values.
    Unset(Unset),
}

/// Show the values that were set, with where each comes from.
#[derive(Debug, Args)]
pub struct List {
    topic: String,
    /// Every key.
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Print values, one a line.
#[derive(Debug, Args)]
pub struct Get {
    topic: String,
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Set values.
#[derive(Debug, Args)]
pub struct Set {
    topic: String,
    #[arg(required = true, value_name = "KEY=VALUE", value_parser = key_value)]
    values: Vec<(String, String)>,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Go back to the broker's values.
#[derive(Debug, Args)]
pub struct Unset {
    topic: String,
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl ConfigCommand {
    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Ls(command) => command.output.output,
            Self::Get(command) => command.output.output,
            Self::Set(command) => command.output.output,
            Self::Unset(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        let output = Output::new(self.format());
        match self {
            Self::Ls(list) => {
                let mut client = Client::connect(&list.connect)?;
                let rows = configs(&mut client, &list.topic, list.all)?;
                output.rows(&Rows { columns: &["key", "value", "source"], rows })
            }
            Self::Get(get) => get.run(output),
            Self::Set(set) => {
                let values = set.values.into_iter().map(|(key, value)| (key, Some(value)));
                let values: Vec<_> = values.collect();
                alter(&set.connect, &set.topic, &values, set.dry_run, output)
            }
            Self::Unset(unset) => {
                let keys: Vec<_> = unset.keys.into_iter().map(|key| (key, None)).collect();
                alter(&unset.connect, &unset.topic, &keys, unset.dry_run, output)
            }
        }
    }
}

impl Get {
    fn run(self, output: Output) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let all = configs(&mut client, &self.topic, true)?;
        let key_of = |row: &Value| row.get("key").and_then(Value::as_str).unwrap_or("").to_owned();
        let mut rows = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let Some(row) = all.iter().find(|row| key_of(row) == *key) else {
                let message = format!("topics have no key \"{key}\"");
                let error = CliError::new(Code::InvalidConfig, message);
                let names: Vec<String> = all.iter().map(key_of).collect();
                return Err(match config::closest(key, names.iter().map(String::as_str)) {
                    Some(close) => error.hint(format!("did you mean \"{close}\"?")),
                    None => error,
                });
            };
            rows.push(row.clone());
        }
        if self.output.output != Format::Table {
            return output.rows(&Rows { columns: &[], rows });
        }
        let value = |row: &Value| row.get("value").and_then(Value::as_str).unwrap_or("").to_owned();
        output.lines(rows.iter().map(value))
    }
}

/// Sets keys with a value, and takes the others back.
fn alter(
    connect: &ConnectArgs,
    topic: &str,
    values: &[(String, Option<String>)],
    dry_run: bool,
    output: Output,
) -> Result<(), CliError> {
    let mut client = Client::connect(connect)?;
    let one = |(key, value): &(String, Option<String>)| {
        AlterableConfig::default()
            .with_name(text(key))
            .with_config_operation(if value.is_some() { SET } else { DELETE })
            .with_value(value.as_deref().map(text))
    };
    let resource = AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(topic))
        .with_configs(values.iter().map(one).collect());
    let request = IncrementalAlterConfigsRequest::default()
        .with_resources(vec![resource])
        .with_validate_only(dry_run);
    let before = configs(&mut client, topic, true)?;
    let answer = client.call(ApiKey::IncrementalAlterConfigs, (0, 1), &request)?;
    if let Some(refusal) = answer.responses.iter().find(|response| response.error_code != 0) {
        let what = format!("topic \"{topic}\"");
        return Err(CliError::refused(&what, refusal.error_code, refusal.error_message.as_deref()));
    }
    let after = if dry_run { Vec::new() } else { configs(&mut client, topic, true)? };
    let find = |all: &[Value], key: &str| {
        let row = all.iter().find(|row| row.get("key").and_then(Value::as_str) == Some(key));
        row.and_then(|row| row.get("value").cloned()).unwrap_or_default()
    };
    let rows = values
        .iter()
        .map(|(key, value)| {
            let to = if dry_run { json!(value) } else { find(&after, key) };
            let result = if dry_run { "would be changed" } else { "changed" };
            json!({ "key": key, "from": find(&before, key), "to": to, "result": result })
        })
        .collect();
    output.rows(&Rows { columns: &["key", "from", "to", "result"], rows })
}
