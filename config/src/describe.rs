//! DescribeConfigs: each key's value, where it comes from, and the chain of values behind it.

use std::collections::BTreeMap;

use crate::broker::{BrokerConfig, BrokerKey, BrokerLayers, Dynamic, broker_key, broker_keys};
use crate::topic::{TopicKey, topic_keys};
use crate::value::Kind;

#[cfg(test)]
mod tests;

/// Where a value comes from; the discriminant is Kafka's `ConfigSource` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub enum ConfigSource {
    DynamicTopic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
}

impl ConfigSource {
    /// The number of this source in a DescribeConfigs answer.
    #[must_use]
    pub const fn to_wire(self) -> i8 {
        self as i8
    }
}

/// One value in the chain behind a key, strongest first, under the name it was set by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synonym {
    pub name: &'static str,
    pub value: Option<String>,
    pub source: ConfigSource,
}

/// One key of a DescribeConfigs answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    pub name: &'static str,
    pub value: Option<String>,
    pub source: ConfigSource,
    pub kind: Kind,
    pub read_only: bool,
    pub sensitive: bool,
    pub synonyms: Vec<Synonym>,
    pub documentation: String,
}

/// Every key of a topic, in the order of its name.
#[must_use]
pub fn describe_topic(
    overrides: &BTreeMap<String, String>,
    layers: &BrokerLayers,
) -> Vec<ConfigEntry> {
    topic_keys().iter().map(|key| describe_topic_key(key, overrides, layers)).collect()
}

/// Every key of a broker, in the order of its name.
#[must_use]
pub fn describe_broker(config: &BrokerConfig, layers: &BrokerLayers) -> Vec<ConfigEntry> {
    broker_keys().iter().map(|key| describe_broker_key(key, config, layers)).collect()
}

fn describe_topic_key(
    key: &'static TopicKey,
    overrides: &BTreeMap<String, String>,
    layers: &BrokerLayers,
) -> ConfigEntry {
    let mut synonyms = Vec::new();
    if let Some(value) = overrides.get(key.name) {
        let source = ConfigSource::DynamicTopic;
        synonyms.push(Synonym { name: key.name, value: Some(value.clone()), source });
    }
    let names: Vec<&'static str> = key.synonyms.iter().map(|(name, _)| *name).collect();
    push_layers(&names, layers, &mut synonyms);
    // As in Kafka, a default is listed only under the strongest name: `retention.ms` has none.
    push_defaults(names.get(..1).unwrap_or_default(), &mut synonyms);
    let value = overrides.get(key.name).cloned().or_else(|| layers.value_for(key));
    ConfigEntry {
        name: key.name,
        value: Some(value.unwrap_or_else(|| key.default.to_owned())),
        source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
        kind: key.kind,
        read_only: false,
        sensitive: false,
        synonyms,
        documentation: key.documentation(),
    }
}

fn describe_broker_key(
    key: &'static BrokerKey,
    config: &BrokerConfig,
    layers: &BrokerLayers,
) -> ConfigEntry {
    let mut synonyms = Vec::new();
    push_layers(&[key.name], layers, &mut synonyms);
    push_defaults(&[key.name], &mut synonyms);
    let strongest = synonyms.first();
    let dynamic = strongest.filter(|s| s.source != ConfigSource::Default);
    let value = match dynamic {
        Some(synonym) => synonym.value.clone(),
        None => config.derived(key.name).or_else(|| key.default.map(str::to_owned)),
    };
    ConfigEntry {
        name: key.name,
        value,
        source: strongest.map_or(ConfigSource::Default, |synonym| synonym.source),
        kind: key.kind,
        read_only: key.dynamic == Dynamic::ReadOnly,
        sensitive: key.kind == Kind::Password,
        synonyms,
        documentation: key.doc.to_owned(),
    }
}

fn push_layers(names: &[&'static str], layers: &BrokerLayers, into: &mut Vec<Synonym>) {
    for (source, values) in layers.sources() {
        for name in names {
            if let Some(value) = values.get(*name) {
                into.push(Synonym { name, value: Some(value.clone()), source });
            }
        }
    }
}

fn push_defaults(names: &[&'static str], into: &mut Vec<Synonym>) {
    for name in names {
        if let Some(default) = broker_key(name).and_then(|key| key.default) {
            let value = Some(default.to_owned());
            into.push(Synonym { name, value, source: ConfigSource::Default });
        }
    }
}
