//! `ringtide cluster describe`: brokers, and what the cluster holds.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use protocol_types::ApiKey;
use protocol_wire::messages::ApiVersionsRequest;
use serde_json::{Value, json};

use super::OutputArgs;
use super::client::{Client, ConnectArgs};
use super::error::CliError;
use super::output::{Format, Output, Rows};

/// What to do with the cluster.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Show the cluster's identity, brokers, features and numbers.
    Describe(Describe),
}

/// Show the cluster's identity, brokers, features and numbers.
#[derive(Debug, Args)]
pub struct Describe {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl ClusterCommand {
    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Describe(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        match self {
            Self::Describe(command) => command.run(),
        }
    }
}

impl Describe {
    fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let cluster = look(&mut client)?;
        let output = Output::new(self.output.output);
        if self.output.output != Format::Table {
            return output.rows(&Rows { columns: &[], rows: vec![cluster] });
        }
        let list = |key: &str| -> Vec<Value> {
            cluster.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let columns = &["cluster_id", "controller", "topics", "partitions"];
        output.rows(&Rows { columns, rows: vec![cluster.clone()] })?;
        let columns = &["broker", "address", "rack", "leads"];
        output.rows(&Rows { columns, rows: list("brokers") })?;
        let features = list("features");
        if features.is_empty() {
            return Ok(());
        }
        output.rows(&Rows { columns: &["feature", "level"], rows: features })
    }
}

/// Everything as one object.
fn look(client: &mut Client) -> Result<Value, CliError> {
    let metadata = client.metadata(None, false)?;
    let mut leads: BTreeMap<i32, u64> = BTreeMap::new();
    for partition in metadata.topics.iter().flat_map(|topic| &topic.partitions) {
        *leads.entry(partition.leader_id.0).or_default() += 1;
    }
    let mut brokers: Vec<_> = metadata.brokers.iter().collect();
    brokers.sort_by_key(|broker| broker.node_id.0);
    let brokers: Vec<Value> = brokers
        .into_iter()
        .map(|broker| {
            let id = broker.node_id.0;
            json!({
                "broker": id,
                "address": format!("{}:{}", broker.host, broker.port),
                "rack": broker.rack.as_deref(),
                "leads": leads.get(&id).copied().unwrap_or_default(),
            })
        })
        .collect();
    Ok(json!({
        "cluster_id": metadata.cluster_id.as_deref(),
        "controller": metadata.controller_id.0,
        "topics": metadata.topics.len(),
        "partitions": metadata.topics.iter().map(|topic| topic.partitions.len()).sum::<usize>(),
        "brokers": brokers,
        "features": features(client)?,
    }))
}

/// The feature levels in force (KIP-584).
fn features(client: &mut Client) -> Result<Vec<Value>, CliError> {
    let request = ApiVersionsRequest::default()
        .with_client_software_name(super::client::text("ringtide"))
        .with_client_software_version(super::client::text(env!("CARGO_PKG_VERSION")));
    let answer = client.call(ApiKey::ApiVersions, (0, 4), &request)?;
    let features = answer.finalized_features.iter();
    Ok(features
        .map(|feature| {
            json!({ "feature": feature.name.as_str(), "level": feature.max_version_level })
        })
        .collect())
}
