//! IncrementalAlterConfigs on topics, one broker, or all brokers.

use std::collections::{BTreeMap, BTreeSet};

use broker_metadata::{Record, Resource};
use config::{Dynamic, broker_key, closest, parse_advertised, topic_key, validate_topic};
use protocol_types::{BrokerId, ErrorCode, TopicId};

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

/// The command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterConfigs {
    pub resources: Vec<(ConfigResource, Vec<Alteration>)>,
    pub validate_only: bool,
}

/// One result per resource, in the order of the request.
pub type Outcome = Vec<(ConfigResource, Result<(), CommandError>)>;

/// Where the values of a resource stand now.
struct Target<'a> {
    resource: Resource,
    values: &'a BTreeMap<String, String>,
}

impl Command for AlterConfigs {
    type Outcome = Outcome;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Outcome>, CommandError> {
        let mut seen = BTreeSet::new();
        let repeated: BTreeSet<ConfigResource> = self
            .resources
            .iter()
            .filter(|(resource, _)| !seen.insert(resource))
            .map(|(resource, _)| resource.clone())
            .collect();
        let mut records = Vec::new();
        let mut outcome = Vec::new();
        for (resource, alterations) in self.resources {
            let result = if repeated.contains(&resource) {
                Err(CommandError::invalid_request("Each resource must appear at most once."))
            } else {
                alter(&resource, &alterations, facts).map(|new| records.extend(new))
            };
            outcome.push((resource, result));
        }
        if self.validate_only {
            records.clear();
        }
        Ok(Decision { records, outcome })
    }
}

fn alter(
    resource: &ConfigResource,
    alterations: &[Alteration],
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    check_form(alterations)?;
    match resource {
        ConfigResource::Topic(name) => alter_topic(name, alterations, facts),
        ConfigResource::Broker(name) => alter_broker(name, alterations, facts),
        ConfigResource::Other(kind, _) => {
            Err(CommandError::invalid_request(format!("Unknown resource type {kind}")))
        }
    }
}

fn check_form(alterations: &[Alteration]) -> Result<(), CommandError> {
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

fn alter_topic(
    name: &str,
    alterations: &[Alteration],
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    if name.is_empty() {
        return Err(CommandError::invalid_request("Default topic resources are not allowed."));
    }
    topic_name::validate(name)?;
    let found = facts.image.topic(name);
    let none = BTreeMap::new();
    let values = found.map_or(&none, |topic| &*topic.overrides);
    let id = found.map_or(TopicId::ZERO, |topic| topic.id);
    let target = Target { resource: Resource::Topic(id), values };
    let is_list = |key: &str| topic_key(key).is_some_and(|key| key.kind == config::Kind::List);
    let default = |key: &str| topic_key(key).map(|key| key.default.to_owned());
    let (after, records) = target.apply(alterations, &is_list, &default)?;
    validate_topic(&after, facts.image.layers(), facts.config.topic_limits())?;
    // As in Kafka, a bad value is reported before a missing topic.
    if found.is_none() {
        return Err(CommandError::new(
            ErrorCode::UnknownTopicOrPartition,
            format!("The topic '{name}' does not exist."),
        ));
    }
    Ok(records)
}

fn alter_broker(
    name: &str,
    alterations: &[Alteration],
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    let target = broker_target(name, facts)?;
    let per_broker = matches!(target.resource, Resource::Broker(_));
    for alteration in alterations {
        check_broker_key(&alteration.name, per_broker)?;
    }
    let is_list = |key: &str| broker_key(key).is_some_and(|key| key.kind == config::Kind::List);
    let default = |key: &str| broker_key(key).and_then(|key| key.default).map(str::to_owned);
    let (after, records) = target.apply(alterations, &is_list, &default)?;
    for (name, value) in &after {
        check_broker_value(name, value, facts)?;
    }
    Ok(records)
}

fn broker_target<'a>(name: &str, facts: &Facts<'a>) -> Result<Target<'a>, CommandError> {
    let layers = facts.image.layers();
    if name.is_empty() {
        return Ok(Target { resource: Resource::AllBrokers, values: &layers.cluster });
    }
    let node = facts.image.node();
    let id: i32 = name.parse().map_err(|_| {
        CommandError::invalid_request(format!("Node id must be an integer, but it is: {name}"))
    })?;
    if u32::try_from(id).ok().map(BrokerId) != Some(node) {
        return Err(CommandError::invalid_request(format!(
            "Unexpected broker id, expected {}, but received {name}",
            node.0
        )));
    }
    Ok(Target { resource: Resource::Broker(node), values: &layers.broker })
}

fn check_broker_key(name: &str, per_broker: bool) -> Result<(), CommandError> {
    let Some(key) = broker_key(name) else {
        let known = config::broker_keys().iter().map(|key| key.name);
        let hint = closest(name, known).map(|near| format!("; did you mean {near}?"));
        return Err(CommandError::new(
            ErrorCode::InvalidConfig,
            format!("Unknown broker config name: {name}{}", hint.unwrap_or_default()),
        ));
    };
    match key.dynamic {
        Dynamic::ReadOnly => Err(CommandError::invalid_request(format!(
            "Cannot update these configs dynamically: [{name}]"
        ))),
        Dynamic::PerBroker if !per_broker => Err(CommandError::invalid_request(format!(
            "Cannot update these configs at default cluster level, broker id must be specified: \
             [{name}]"
        ))),
        Dynamic::PerBroker | Dynamic::ClusterWide => Ok(()),
    }
}

/// Kafka answers INVALID_REQUEST for a broker's bad value (KAFKA-13609), and clients know it.
fn check_broker_value(name: &str, value: &str, facts: &Facts<'_>) -> Result<(), CommandError> {
    let Some(key) = broker_key(name) else { return Ok(()) };
    key.check(value).map_err(|error| CommandError::invalid_request(error.0))?;
    if name == "advertised.listeners" {
        parse_advertised(value, &facts.config.listeners)
            .map_err(|error| CommandError::invalid_request(error.to_string()))?;
    }
    let limit = facts.config.topic_limits().max_message_bytes;
    if name == "message.max.bytes" && value.trim().parse::<u64>().is_ok_and(|bytes| bytes > limit) {
        return Err(CommandError::invalid_request(format!(
            "Invalid value {value} for configuration {name}: Value must be no more than {limit}, \
             an eighth of the ring"
        )));
    }
    Ok(())
}

impl Target<'_> {
    /// The values after the alterations, and the records that make them so. A broker's values are
    /// written even where they do not change: setting one again makes it take effect again.
    fn apply(
        &self,
        alterations: &[Alteration],
        is_list: &dyn Fn(&str) -> bool,
        default: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(BTreeMap<String, String>, Vec<Record>), CommandError> {
        let mut after = self.values.clone();
        let mut records = Vec::new();
        for Alteration { name, operation, value } in alterations {
            let given = value.as_deref().unwrap_or_default();
            let before = self.values.get(name).cloned();
            let new = match operation {
                Operation::Set => Some(given.to_owned()),
                Operation::Delete | Operation::Unknown(_) => None,
                Operation::Append | Operation::Subtract => {
                    if !is_list(name) {
                        return Err(self.not_a_list(name, operation));
                    }
                    let current = before.clone().or_else(|| default(name)).unwrap_or_default();
                    Some(edit_list(&current, operation, given))
                }
            };
            if new == before && matches!(self.resource, Resource::Topic(_)) {
                continue;
            }
            let (resource, name) = (self.resource.clone(), name.clone());
            records.push(match new {
                Some(value) => {
                    after.insert(name.clone(), value.clone());
                    Record::ConfigSet { resource, name, value }
                }
                None => {
                    after.remove(&name);
                    Record::ConfigRemoved { resource, name }
                }
            });
        }
        Ok((after, records))
    }
}

impl Target<'_> {
    /// Kafka has a wording each for topics and brokers.
    fn not_a_list(&self, name: &str, operation: &Operation) -> CommandError {
        let append = *operation == Operation::Append;
        let message = if matches!(self.resource, Resource::Topic(_)) {
            let verb = if append { "APPEND" } else { "SUBTRACT" };
            format!("Can't {verb} to key {name} because its type is not LIST.")
        } else {
            let verb = if append { "append" } else { "subtract" };
            format!("Config value {verb} is not allowed for config key: {name}")
        };
        CommandError::new(ErrorCode::InvalidConfig, message)
    }
}

fn edit_list(current: &str, operation: &Operation, given: &str) -> String {
    let mut items: Vec<&str> = current.split(',').filter(|item| !item.is_empty()).collect();
    for item in given.split(',') {
        if *operation == Operation::Subtract {
            items.retain(|other| *other != item);
        } else if !items.contains(&item) {
            items.push(item);
        }
    }
    items.join(",")
}
