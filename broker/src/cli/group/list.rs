//! `group ls`: asks every broker for the groups it coordinates.

use clap::Args;
use protocol_types::ApiKey;
use protocol_wire::messages::ListGroupsRequest;
use serde_json::{Value, json};

use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs};
use crate::cli::error::CliError;
use crate::cli::output::{Output, Rows};

/// List groups.
#[derive(Debug, Args)]
pub struct List {
    /// Only groups whose name contains this.
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// Only groups in these states, by comma (Empty, Stable, Assigning, …).
    #[arg(long, value_delimiter = ',', value_name = "STATE")]
    state: Vec<String>,
    /// Only groups of these types, by comma (classic, consumer).
    #[arg(long = "type", value_delimiter = ',', value_name = "TYPE")]
    kind: Vec<String>,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl List {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let part = self.part.unwrap_or_default();
        let mut rows = Vec::new();
        for group in groups(&mut client)? {
            let wanted = |wanted: &[String], is: &str| {
                wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(is))
            };
            if group.name.contains(&part)
                && wanted(&self.state, &group.state)
                && wanted(&self.kind, &group.kind)
            {
                rows.push(group.to_json());
            }
        }
        let columns = &["group", "type", "state", "protocol_type"];
        Output::new(self.output.output).rows(&Rows { columns, rows })
    }
}

/// A group as its coordinator lists it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    kind: String,
    state: String,
    protocol_type: String,
    coordinator: i32,
}

impl Listed {
    fn to_json(&self) -> Value {
        json!({
            "group": self.name,
            "type": self.kind,
            "state": self.state,
            "protocol_type": self.protocol_type,
            "coordinator": self.coordinator,
        })
    }
}

/// All groups of the cluster, by name.
pub(super) fn groups(client: &mut Client) -> Result<Vec<Listed>, CliError> {
    let metadata = client.metadata(Some(&[]), false)?;
    let deadline = client.deadline();
    let mut found = Vec::new();
    for broker in metadata.brokers.iter().map(|broker| broker.node_id.0) {
        let answer = loop {
            let request = ListGroupsRequest::default();
            let answer = client.call_broker(broker, ApiKey::ListGroups, (0, 5), &request)?;
            let loading = protocol_types::ErrorCode::CoordinatorLoadInProgress.to_wire();
            if answer.error_code != loading {
                break answer;
            }
            client.pause(deadline, "the list of groups")?;
        };
        if answer.error_code != 0 {
            let what = format!("groups of broker {broker}");
            return Err(CliError::refused(&what, answer.error_code, None));
        }
        let or = |text: &str, otherwise: &str| {
            if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
        };
        found.extend(answer.groups.iter().map(|group| Listed {
            name: group.group_id.0.to_string(),
            // What older brokers leave out.
            kind: or(&group.group_type, "classic"),
            state: or(&group.group_state, "-"),
            protocol_type: group.protocol_type.to_string(),
            coordinator: broker,
        }));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The names given, or those of all groups.
pub(super) fn chosen(
    client: &mut Client,
    names: &[String],
    all: bool,
) -> Result<Vec<String>, CliError> {
    if all {
        return Ok(groups(client)?.into_iter().map(|group| group.name).collect());
    }
    if names.is_empty() {
        return Err(CliError::usage("no group is named").hint("give names, or --all"));
    }
    Ok(names.to_vec())
}
