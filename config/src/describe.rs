//! DescribeConfigs: each key's value, where it comes from, and the chain of values behind it.

use std::collections::BTreeMap;

use crate::broker::{BrokerConfig, BrokerKey, BrokerLayers, Dynamic, broker_key, broker_keys};
use crate::group::{GroupKey, group_keys};
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
    DynamicClientMetrics = 7,
    DynamicGroup = 8,
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
    let described = broker_keys().iter().map(|key| (key, describe_broker_key(key, config, layers)));
    let listed = described.filter(|(key, entry)| key.always_listed || !entry.synonyms.is_empty());
    listed.map(|(_, entry)| entry).collect()
}

/// Every key of a group, in the order of its name. A group need not exist to have values.
#[must_use]
pub fn describe_group(own: &BTreeMap<String, String>, layers: &BrokerLayers) -> Vec<ConfigEntry> {
    group_keys().iter().map(|key| describe_group_key(key, own, layers)).collect()
}

fn describe_group_key(
    key: &'static GroupKey,
    own: &BTreeMap<String, String>,
    layers: &BrokerLayers,
) -> ConfigEntry {
    let default = || Synonym {
        name: key.name,
        value: Some(key.default.to_owned()),
        source: ConfigSource::Default,
    };
    let inherited = key.broker.map(|name| chain(&[name], layers));
    // Without a setting of the broker behind it, a key stands for itself.
    let mut synonyms = inherited.unwrap_or_else(|| vec![default()]);
    if let Some(value) = own.get(key.name) {
        let value = Some(value.trim().to_owned());
        synonyms.insert(0, Synonym { name: key.name, value, source: ConfigSource::DynamicGroup });
    }
    ConfigEntry {
        name: key.name,
        value: Some(key.value(own, layers).trim().to_owned()),
        source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
        kind: key.kind,
        read_only: false,
        sensitive: false,
        synonyms,
        documentation: key.effect.documentation(key.doc),
    }
}

fn describe_topic_key(
    key: &'static TopicKey,
    overrides: &BTreeMap<String, String>,
    layers: &BrokerLayers,
) -> ConfigEntry {
    let own = overrides.get(key.name).map(|text| shown(key, text));
    let names: Vec<&'static str> = key.synonyms.iter().map(|(name, _)| *name).collect();
    let mut synonyms = chain(&names, layers);
    if let Some(value) = &own {
        let source = ConfigSource::DynamicTopic;
        synonyms.insert(0, Synonym { name: key.name, value: Some(value.clone()), source });
    }
    let inherited = || layers.value_for(key).map(|text| shown(key, &text));
    ConfigEntry {
        name: key.name,
        value: own.or_else(inherited).or_else(|| Some(key.default.to_owned())),
        source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
        kind: key.kind,
        read_only: false,
        sensitive: false,
        synonyms,
        documentation: key.documentation(),
    }
}

/// A stored value as it is understood: " compact , delete " is "compact,delete".
fn shown(key: &TopicKey, text: &str) -> String {
    key.kind.parse(key.name, text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}

fn describe_broker_key(
    key: &'static BrokerKey,
    config: &BrokerConfig,
    layers: &BrokerLayers,
) -> ConfigEntry {
    let synonyms = chain(&weaker(key.name), layers);
    let strongest = synonyms.first().filter(|synonym| synonym.name == key.name);
    let set = strongest.filter(|synonym| synonym.source != ConfigSource::Default);
    let value = match set {
        Some(synonym) => synonym.value.clone(),
        None => config.derived(key.name).or_else(|| key.default.map(str::to_owned)),
    };
    ConfigEntry {
        name: key.name,
        value,
        source: strongest.map_or(ConfigSource::Default, |synonym| synonym.source),
        kind: key.kind,
        read_only: key.dynamic == Dynamic::ReadOnly,
        sensitive: key.is_sensitive(),
        synonyms,
        documentation: key.documentation(),
    }
}

/// The broker setting and those that stand in for it where it is not set: `log.retention.ms`, then
/// its minutes and hours.
fn weaker(name: &'static str) -> Vec<&'static str> {
    let names = |key: &TopicKey| key.synonyms.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let family = topic_keys().iter().map(names).find(|names| names.contains(&name));
    let family = family.unwrap_or_else(|| vec![name]);
    family.into_iter().skip_while(|other| *other != name).collect()
}

/// The values behind `names`, strongest first. As in Kafka, a default under another name than the
/// first does not begin a chain: `retention.ms` at its default has an empty one.
fn chain(names: &[&'static str], layers: &BrokerLayers) -> Vec<Synonym> {
    let mut chain = Vec::new();
    for (source, values) in layers.sources() {
        for name in names {
            if let Some(value) = values.get(*name) {
                chain.push(Synonym { name, value: Some(value.clone()), source });
            }
        }
    }
    for (index, name) in names.iter().enumerate() {
        let default = broker_key(name).and_then(|key| key.default);
        if let Some(default) = default.filter(|_| index == 0 || !chain.is_empty()) {
            let value = Some(default.to_owned());
            chain.push(Synonym { name, value, source: ConfigSource::Default });
        }
    }
    chain
}
