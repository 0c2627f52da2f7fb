//! The configuration of groups: Kafka's resource GROUP, laid over the broker's settings.
//!
//! Every key of Kafka 4.3 is known. Those of consumer groups take effect; those of share and
//! streams groups are stored and echoed. Most have a broker setting that stands in where a group
//! sets nothing, and settings that bound what it may set.

mod bounds;
mod table;

use std::collections::BTreeMap;

use crate::broker::BrokerLayers;
use crate::effect::Effect;
use crate::suggest::closest;
use crate::value::{Check, InvalidConfig, Kind, Value};

pub use bounds::{Contradiction, check_group_bounds};
pub use table::group_keys;

#[cfg(test)]
mod tests;

/// One key of a group.
#[derive(Clone, Copy, Debug)]
pub struct GroupKey {
    pub name: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    pub check: Check,
    pub effect: Effect,
    /// The broker setting that supplies the value where the group has none.
    pub broker: Option<&'static str>,
    /// The broker setting a group's value must not be below.
    pub at_least: Option<&'static str>,
    /// The broker setting a group's value must not be above.
    pub at_most: Option<&'static str>,
    pub doc: &'static str,
}

/// What the consumer protocol needs of a group's configuration, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupTimes {
    pub session_timeout_ms: u32,
    pub heartbeat_interval_ms: u32,
    pub assignment_interval_ms: u32,
}

impl GroupTimes {
    /// The values in effect for a group. Values of its own that the broker's bounds no longer allow
    /// count as the nearest that they do.
    #[must_use]
    pub fn resolve(own: &BTreeMap<String, String>, layers: &BrokerLayers) -> Self {
        let value = |name: &str| {
            let key = group_key(name).unwrap_or_else(|| unreachable!("{name} is in the table"));
            let number = key.number(own, layers);
            let default = || key.default.parse().ok();
            let number = number.or_else(default).unwrap_or(0);
            let bound = |name: Option<&'static str>| layers.text(name?)?.trim().parse::<i64>().ok();
            let clamped = if own.contains_key(name) {
                let number = bound(key.at_most).map_or(number, |most| number.min(most));
                bound(key.at_least).map_or(number, |least| number.max(least))
            } else {
                number
            };
            u32::try_from(clamped).unwrap_or(0)
        };
        Self {
            session_timeout_ms: value("consumer.session.timeout.ms"),
            heartbeat_interval_ms: value("consumer.heartbeat.interval.ms"),
            assignment_interval_ms: value("consumer.assignment.interval.ms"),
        }
    }
}

/// Pairs of a session timeout and the heartbeat interval that must be shorter.
const SESSIONS: [(&str, &str); 3] = [
    ("consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"),
    ("share.session.timeout.ms", "share.heartbeat.interval.ms"),
    ("streams.session.timeout.ms", "streams.heartbeat.interval.ms"),
];

/// The key named `name`.
#[must_use]
pub fn group_key(name: &str) -> Option<&'static GroupKey> {
    let keys = group_keys();
    let index = keys.binary_search_by(|key| key.name.cmp(name)).ok()?;
    keys.get(index)
}

impl GroupKey {
    /// The text in effect for a group with these values.
    #[must_use]
    pub fn value(&self, own: &BTreeMap<String, String>, layers: &BrokerLayers) -> String {
        let inherited = || self.broker.and_then(|name| layers.text(name)).map(str::to_owned);
        own.get(self.name).cloned().or_else(inherited).unwrap_or_else(|| self.default.to_owned())
    }

    fn number(&self, own: &BTreeMap<String, String>, layers: &BrokerLayers) -> Option<i64> {
        self.value(own, layers).trim().parse().ok()
    }

    /// The value must be one the broker's settings allow.
    fn check_bounds(&self, number: i64, layers: &BrokerLayers) -> Result<(), InvalidConfig> {
        let bound = |name: Option<&'static str>| {
            let name = name?;
            Some((name, layers.text(name)?.trim().parse::<i64>().ok()?))
        };
        let refuse = |how: &str, name: &str| {
            Err(InvalidConfig(format!("{} must be {how} than or equal to {name}", self.name)))
        };
        match (bound(self.at_least), bound(self.at_most)) {
            (Some((name, least)), _) if number < least => refuse("greater", name),
            (_, Some((name, most))) if number > most => refuse("less", name),
            _ => Ok(()),
        }
    }
}

/// Whether a group may have exactly these values.
///
/// # Errors
/// A name is unknown, or a value is of the wrong type or out of bounds; in Kafka's words.
pub fn validate_group(
    own: &BTreeMap<String, String>,
    layers: &BrokerLayers,
) -> Result<(), InvalidConfig> {
    for name in own.keys() {
        if group_key(name).is_none() {
            let hint = closest(name, group_keys().iter().map(|key| key.name));
            let hint = hint.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(InvalidConfig(format!("Unknown group config name: {name}{hint}")));
        }
    }
    let given = || group_keys().iter().filter_map(|key| Some((key, own.get(key.name)?)));
    for (key, text) in given() {
        let value = key.kind.parse(key.name, text)?;
        key.check.verify(key.name, &value)?;
    }
    for (key, text) in given() {
        if let Ok(Value::Number(number)) = key.kind.parse(key.name, text) {
            key.check_bounds(number, layers)?;
        }
    }
    for (session, heartbeat) in SESSIONS {
        let number = |name| group_key(name).and_then(|key| key.number(own, layers));
        let touched = own.contains_key(session) || own.contains_key(heartbeat);
        if touched && number(session) <= number(heartbeat) {
            return Err(InvalidConfig(format!("{session} must be greater than {heartbeat}")));
        }
    }
    Ok(())
}
