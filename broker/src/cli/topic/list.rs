//! `topic ls`.

use clap::Args;
use protocol_types::UuidText;
use serde_json::json;

use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs};
use crate::cli::error::CliError;
use crate::cli::output::{Output, Rows};

/// List topics.
#[derive(Debug, Args)]
pub struct List {
    /// Only topics whose name contains this.
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// Internal topics too.
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl List {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let answer = client.metadata(None, false)?;
        let part = self.part.unwrap_or_default();
        let mut topics: Vec<_> = answer
            .topics
            .iter()
            .filter(|topic| self.all || !topic.is_internal)
            .filter_map(|topic| Some((topic.name.as_ref()?.0.as_str(), topic)))
            .filter(|(name, _)| name.contains(&part))
            .collect();
        topics.sort_by_key(|(name, _)| *name);
        let rows = topics
            .iter()
            .map(|(name, topic)| {
                json!({
                    "name": name,
                    "partitions": topic.partitions.len(),
                    "replication_factor":
                        topic.partitions.first().map_or(0, |p| p.replica_nodes.len()),
                    "topic_id": UuidText(topic.topic_id.into_bytes()).to_string(),
                    "internal": topic.is_internal,
                })
            })
            .collect();
        let columns = &["name", "partitions", "replication_factor", "topic_id"];
        Output::new(self.output.output).rows(&Rows { columns, rows })
    }
}
