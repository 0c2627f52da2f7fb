//! One subscription: which metrics, how often, from which clients.
//!
//! Keys, bounds and messages are Apache Kafka's. Patterns are Java's there and Rust's here: what
//! both understand means the same, and what Rust's cannot (look-around, back references) is refused.

use std::collections::BTreeMap;

use regex::Regex;

use crate::client::Client;

#[cfg(test)]
mod tests;

/// One key of the resource CLIENT_METRICS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionKey {
    pub name: &'static str,
    /// A list by comma; otherwise a number.
    pub is_list: bool,
    pub default: &'static str,
    pub doc: &'static str,
}

/// Every key, in the order of its name.
pub const KEYS: &[SubscriptionKey] = &[
    SubscriptionKey {
        name: "interval.ms",
        is_list: false,
        default: "300000",
        doc: "Push interval in milliseconds",
    },
    SubscriptionKey { name: "match", is_list: true, default: "", doc: "Client match pattern list" },
    SubscriptionKey {
        name: "metrics",
        is_list: true,
        default: "",
        doc: "Subscription metrics list",
    },
];

pub(crate) const INTERVAL_MS_DEFAULT: u32 = 300_000;
const INTERVAL_MS_MIN: i32 = 100;
const INTERVAL_MS_MAX: i32 = 3_600_000;
/// What a pattern may compile to, in bytes.
const PATTERN_BYTES_MAX: usize = 64 << 10;

/// Why values cannot be a subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubscription {
    #[error("Unknown client metrics configuration: {0}")]
    UnknownKey(String),
    #[error("Invalid value {0} for configuration interval.ms: Not a number of type INT")]
    NotANumber(String),
    #[error("Invalid value {0} for interval.ms, interval must be between 100 and 3600000 (1 hour)")]
    Interval(i32),
    #[error("Illegal client matching pattern: {0}")]
    Pattern(String),
}

/// What of a client a pattern is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Param {
    InstanceId,
    ClientId,
    SoftwareName,
    SoftwareVersion,
    SourceAddress,
    SourcePort,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Prefixes of metrics; `*` is all of them.
    pub(crate) metrics: Vec<String>,
    pub(crate) interval_ms: u32,
    patterns: BTreeMap<Param, Regex>,
}

impl Subscription {
    /// From the values of the resource.
    ///
    /// # Errors
    /// With Kafka's words.
    pub fn parse(values: &BTreeMap<String, String>) -> Result<Self, InvalidSubscription> {
        if let Some(unknown) = values.keys().find(|name| KEYS.iter().all(|key| key.name != **name))
        {
            return Err(InvalidSubscription::UnknownKey(unknown.clone()));
        }
        let list = |name: &str| values.get(name).map(String::as_str).unwrap_or_default();
        Ok(Self {
            metrics: split(list("metrics")).map(str::to_owned).collect(),
            interval_ms: interval(values.get("interval.ms"))?,
            patterns: split(list("match")).map(pattern).collect::<Result<_, _>>()?,
        })
    }

    /// Whether it is about `client`.
    pub(crate) fn matches(&self, client: &Client<'_>) -> bool {
        self.patterns.iter().all(|(param, pattern)| pattern.is_match(&client.text(*param)))
    }
}

impl Client<'_> {
    fn text(&self, param: Param) -> String {
        match param {
            Param::InstanceId => self.instance.to_string(),
            Param::ClientId => self.client_id.to_owned(),
            Param::SoftwareName => self.software_name.to_owned(),
            Param::SoftwareVersion => self.software_version.to_owned(),
            Param::SourceAddress => self.address.to_string(),
            Param::SourcePort => self.port.to_string(),
        }
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn interval(text: Option<&String>) -> Result<u32, InvalidSubscription> {
    let Some(text) = text else { return Ok(INTERVAL_MS_DEFAULT) };
    let number: i32 =
        text.trim().parse().map_err(|_| InvalidSubscription::NotANumber(text.clone()))?;
    if !(INTERVAL_MS_MIN..=INTERVAL_MS_MAX).contains(&number) {
        return Err(InvalidSubscription::Interval(number));
    }
    Ok(number.unsigned_abs())
}

/// `name = pattern`; the pattern must match the whole text.
fn pattern(text: &str) -> Result<(Param, Regex), InvalidSubscription> {
    let illegal = || InvalidSubscription::Pattern(text.to_owned());
    let (name, pattern) = text.split_once('=').ok_or_else(illegal)?;
    if pattern.contains('=') {
        return Err(illegal());
    }
    let param = match name.trim() {
        "client_instance_id" => Param::InstanceId,
        "client_id" => Param::ClientId,
        "client_software_name" => Param::SoftwareName,
        "client_software_version" => Param::SoftwareVersion,
        "client_source_address" => Param::SourceAddress,
        "client_source_port" => Param::SourcePort,
        _ => return Err(illegal()),
    };
    let whole = format!("^(?:{})$", pattern.trim());
    let regex = regex::RegexBuilder::new(&whole).size_limit(PATTERN_BYTES_MAX).build();
    Ok((param, regex.map_err(|_| illegal())?))
}
