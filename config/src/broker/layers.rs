//! Where broker-level values come from, strongest first: this broker's dynamic values, the
//! cluster-wide dynamic ones, the ones given at start. Defaults stand in the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table::broker_key;
use crate::describe::ConfigSource;
use crate::topic::TopicKey;

/// Values by Kafka's broker-level name. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerLayers {
    /// Set by IncrementalAlterConfigs on this broker.
    pub broker: Arc<BTreeMap<String, String>>,
    /// Set by IncrementalAlterConfigs on the resource BROKER with an empty name.
    pub cluster: Arc<BTreeMap<String, String>>,
    /// Given by file, environment or flag at start.
    pub given: Arc<BTreeMap<String, String>>,
}

impl BrokerLayers {
    /// The layers with their sources, strongest first.
    pub(crate) fn sources(&self) -> [(ConfigSource, &BTreeMap<String, String>); 3] {
        [
            (ConfigSource::DynamicBroker, &self.broker),
            (ConfigSource::DynamicDefaultBroker, &self.cluster),
            (ConfigSource::StaticBroker, &self.given),
        ]
    }

    /// The text of a broker setting; `None` where it has neither value nor default.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let set = self.sources().into_iter().find_map(|(_, values)| values.get(name));
        set.map(String::as_str).or_else(|| broker_key(name)?.default)
    }

    /// The number a broker setting holds.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.trim().parse().ok()
    }

    /// The broker-level value of a topic key in the topic key's unit; `None` = the default.
    #[must_use]
    pub fn value_for(&self, key: &TopicKey) -> Option<String> {
        key.synonyms.iter().find_map(|(name, scale)| {
            self.sources()
                .into_iter()
                .find_map(|(_, values)| values.get(*name))
                .map(|v| scale.apply(v))
        })
    }
}
