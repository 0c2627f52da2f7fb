//! AlterConfigs and IncrementalAlterConfigs: the values of topics, of one broker, or of all brokers.
//!
//! A kind of resource is a file below and an arm of [`alter`]; each decides by its own rules, on the
//! values as they would be afterwards. A resource is changed whole or not at all.

mod broker;
mod client_metrics;
mod group;
mod target;
mod topic;

use std::collections::BTreeSet;

use broker_metadata::Record;

use super::{Command, Decision, Facts, duplicates, topic_name};
use crate::error::CommandError;

#[cfg(test)]
mod tests;

/// What a request names; the number of an unknown type is kept for the message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigResource {
    Topic(String),
    /// The empty name stands for all brokers.
    Broker(String),
    Group(String),
    /// A subscription to clients' metrics.
    ClientMetrics(String),
    Other(i8, String),
}

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    Set,
    Delete,
    /// Adds to a list.
    Append,
    /// Takes from a list.
    Subtract,
    /// A number Kafka has not given out.
    Unknown(i8),
}

/// One key's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alteration {
    pub name: String,
    pub operation: Operation,
    pub value: Option<String>,
}

/// What becomes of the keys that a request does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// They stay.
    Incremental,
    /// They go back to their defaults.
    Replace,
}

/// Changes single keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterConfigs {
    pub resources: Vec<(ConfigResource, Vec<Alteration>)>,
    pub validate_only: bool,
}

/// Values by name, as a client gave them.
pub type Values = Vec<(String, Option<String>)>;

/// Gives resources these values and no others: Kafka's older AlterConfigs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceConfigs {
    pub resources: Vec<(ConfigResource, Values)>,
    pub validate_only: bool,
}

/// One result per resource, in the order of the request.
pub type Outcome = Vec<(ConfigResource, Result<(), CommandError>)>;

impl Command for AlterConfigs {
    type Outcome = Outcome;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Outcome>, CommandError> {
        Ok(decide(self.resources, self.validate_only, Mode::Incremental, facts))
    }
}

impl Command for ReplaceConfigs {
    type Outcome = Outcome;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Outcome>, CommandError> {
        let set = |(name, value)| Alteration { name, operation: Operation::Set, value };
        let resources = self.resources.into_iter();
        let resources =
            resources.map(|(resource, values)| (resource, values.into_iter().map(set).collect()));
        Ok(decide(resources.collect(), self.validate_only, Mode::Replace, facts))
    }
}

fn decide(
    resources: Vec<(ConfigResource, Vec<Alteration>)>,
    validate_only: bool,
    mode: Mode,
    facts: &Facts<'_>,
) -> Decision<Outcome> {
    let mut seen = BTreeSet::new();
    let repeated: BTreeSet<ConfigResource> = resources
        .iter()
        .filter(|(resource, _)| !seen.insert(resource))
        .map(|(resource, _)| resource.clone())
        .collect();
    let mut records = Vec::new();
    let mut outcome = Vec::new();
    for (resource, alterations) in resources {
        let result = if repeated.contains(&resource) {
            Err(CommandError::invalid_request("Each resource must appear at most once."))
        } else {
            alter(&resource, &alterations, mode, facts).map(|new| records.extend(new))
        };
        outcome.push((resource, result));
    }
    if validate_only {
        records.clear();
    }
    Decision { records, outcome }
}

fn alter(
    resource: &ConfigResource,
    alterations: &[Alteration],
    mode: Mode,
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    check_form(alterations)?;
    match resource {
        ConfigResource::Topic(name) => topic::alter(name, alterations, mode, facts),
        ConfigResource::Broker(name) => broker::alter(name, alterations, mode, facts),
        ConfigResource::Group(name) => group::alter(name, alterations, mode, facts),
        ConfigResource::ClientMetrics(name) => {
            client_metrics::alter(name, alterations, mode, facts)
        }
        ConfigResource::Other(kind, _) => {
            Err(CommandError::invalid_request(format!("Unknown resource type {kind}")))
        }
    }
}

/// What is checked of any resource's alterations before their meaning.
///
/// # Errors
/// A key named twice, a value that is missing, or an operation that does not exist.
pub fn check_form(alterations: &[Alteration]) -> Result<(), CommandError> {
    if !duplicates(alterations.iter().map(|a| a.name.as_str())).is_empty() {
        return Err(CommandError::invalid_request("Error due to duplicate config keys"));
    }
    let absent: Vec<&str> = alterations
        .iter()
        .filter(|a| a.operation != Operation::Delete && a.value.is_none())
        .map(|a| a.name.as_str())
        .collect();
    if !absent.is_empty() {
        let names = absent.join(", ");
        return Err(CommandError::invalid_request(format!(
            "Null value not supported for : {names}"
        )));
    }
    for alteration in alterations {
        if let Operation::Unknown(number) = alteration.operation {
            let message = format!("Unknown operations type {number}");
            return Err(CommandError::invalid_request(message));
        }
    }
    Ok(())
}
