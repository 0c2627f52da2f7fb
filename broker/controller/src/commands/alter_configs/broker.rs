//! The rules for settings of this broker, or of all brokers.

use std::collections::BTreeMap;
use std::sync::Arc;

use broker_metadata::{Record, Resource};
use config::{
    Dynamic, Kind, broker_key, broker_keys, check_group_bounds, closest, parse_advertised,
    parse_ip_overrides,
};
use protocol_types::{BrokerId, ErrorCode};

use super::target::{Keys, Target};
use super::{Alteration, Facts, Mode};
use crate::error::CommandError;

pub(super) fn alter(
    name: &str,
    alterations: &[Alteration],
    mode: Mode,
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    let target = find(name, facts)?;
    check_names(alterations, matches!(target.resource, Resource::Broker(_)))?;
    let (after, records) = target.apply(alterations, mode, &BrokerKeys)?;
    for (name, value) in &after {
        check_value(name, value, facts)?;
    }
    // Others are not held up by what an older start left behind.
    if alterations.iter().any(|alteration| alteration.name.starts_with("group.")) {
        check_group_relations(&target.resource, after, facts)?;
    }
    Ok(records)
}

/// The settings of groups as they will be, with those of the layers below and above.
fn check_group_relations(
    resource: &Resource,
    after: BTreeMap<String, String>,
    facts: &Facts<'_>,
) -> Result<(), CommandError> {
    let mut layers = facts.image.layers().clone();
    if *resource == Resource::AllBrokers {
        layers.cluster = Arc::new(after);
    } else {
        layers.broker = Arc::new(after);
    }
    check_group_bounds(|name| layers.text(name))
        .map_err(|contradiction| CommandError::invalid_request(contradiction.error.0))
}

struct BrokerKeys;

impl Keys for BrokerKeys {
    fn is_list(&self, name: &str) -> bool {
        broker_key(name).is_some_and(|key| key.kind == Kind::List)
    }

    fn default(&self, name: &str) -> Option<String> {
        broker_key(name).and_then(|key| key.default).map(str::to_owned)
    }
}

fn find<'a>(name: &str, facts: &Facts<'a>) -> Result<Target<'a>, CommandError> {
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

fn check_names(alterations: &[Alteration], per_broker: bool) -> Result<(), CommandError> {
    if let Some(unknown) = alterations.iter().find(|a| broker_key(&a.name).is_none()) {
        let near = closest(&unknown.name, broker_keys().iter().map(|key| key.name));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(CommandError::new(
            ErrorCode::InvalidConfig,
            format!("Unknown broker config name: {}{hint}", unknown.name),
        ));
    }
    let named = |dynamic: Dynamic| {
        let keys = alterations.iter().filter_map(|alteration| broker_key(&alteration.name));
        keys.filter(|key| key.dynamic == dynamic).map(|key| key.name).collect::<Vec<_>>()
    };
    let fixed = named(Dynamic::ReadOnly);
    if !fixed.is_empty() {
        return Err(CommandError::invalid_request(format!(
            "Cannot update these configs dynamically: [{}]",
            fixed.join(", ")
        )));
    }
    let own = named(Dynamic::PerBroker);
    if !per_broker && !own.is_empty() {
        return Err(CommandError::invalid_request(format!(
            "Cannot update these configs at default cluster level, broker id must be specified: \
             [{}]",
            own.join(", ")
        )));
    }
    Ok(())
}

/// Kafka answers INVALID_REQUEST for a broker's bad value (KAFKA-13609), and clients know it.
fn check_value(name: &str, value: &str, facts: &Facts<'_>) -> Result<(), CommandError> {
    let Some(key) = broker_key(name) else { return Ok(()) };
    key.check(value).map_err(|error| CommandError::invalid_request(error.0))?;
    if name == "max.connections.per.ip.overrides" {
        parse_ip_overrides(value).map_err(|error| CommandError::invalid_request(error.0))?;
    }
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
