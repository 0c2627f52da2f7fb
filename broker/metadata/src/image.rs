//! The image: all metadata as of one record, immutable once published.
//!
//! Cloning copies pointers; applying a record to a clone copies only what it touches, so that ten
//! thousand topics cost neither a clone nor a change much. Effective topic configurations are
//! resolved here, once per change, and shared by all topics without values of their own.

mod apply;
mod changes;
mod snapshot_records;
mod topic;

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{
    BrokerConfig, BrokerLayers, GroupTimes, Listener, TopicConfig, TopicLimits, parse_advertised,
};
use protocol_types::{
    BrokerId, LeaderEpoch, LocalId, PartitionIndex, ProducerId, TopicId, topic_name,
};

use crate::ClusterId;
use crate::quota::{QuotaEntity, QuotaValue};
use crate::sharded::Sharded;

pub use apply::ApplyError;
pub use topic::{PartitionImage, TopicImage};

#[cfg(test)]
mod tests;

/// One broker as the cluster knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerImage {
    /// Counts this broker's starts, from 1; the leader epoch of the partitions it leads.
    pub incarnation: u32,
    /// Identity of its storage.
    pub storage: [u8; 16],
    /// When it last started, milliseconds since the epoch.
    pub booted_at_ms: i64,
    /// Its dynamic values, by Kafka's broker-level name.
    pub configs: Arc<BTreeMap<String, String>>,
}

/// The quotas of one entity, by Kafka's key.
pub type Quotas = BTreeMap<Arc<str>, QuotaValue>;

/// Groups, or subscriptions to clients' metrics, by name, each with its values.
pub type Subscriptions = BTreeMap<Arc<str>, Arc<BTreeMap<String, String>>>;

/// See the module documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    cluster: Option<ClusterId>,
    features: Arc<BTreeMap<Arc<str>, i16>>,
    features_epoch: FeaturesEpoch,
    brokers: Arc<BTreeMap<BrokerId, BrokerImage>>,
    quotas: Arc<BTreeMap<QuotaEntity, Quotas>>,
    /// Values of groups, by the group's name.
    groups: Arc<Subscriptions>,
    client_metrics: Arc<Subscriptions>,
    by_name: Sharded<Arc<str>, Arc<TopicImage>>,
    by_id: Sharded<TopicId, Arc<TopicImage>>,
    /// Names with '.' as '_', to the topics they belong to (only names that have either).
    collisions: Sharded<Arc<str>, Arc<Vec<Arc<str>>>>,
    partition_count: u64,
    next_local_id: LocalId,
    next_producer_id: u64,
    /// Whose image this is; its dynamic values and given values shape the topics' configurations.
    node: BrokerId,
    layers: BrokerLayers,
    limits: TopicLimits,
    defaults: SharedDefaults,
}

/// Counts changes of features. It is no part of what the metadata says: a snapshot of the same facts
/// is the same image, so all counts are equal.
#[derive(Clone, Copy, Debug)]
struct FeaturesEpoch(i64);

impl PartialEq for FeaturesEpoch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Configurations of topics without values of their own.
#[derive(Clone, Debug, PartialEq)]
struct SharedDefaults {
    user: Arc<TopicConfig>,
    internal: Arc<TopicConfig>,
}

impl Image {
    /// The image before any record, for the broker configured by `config`.
    ///
    /// # Errors
    /// The broker's values of topic keys do not parse (a loaded configuration's always do).
    pub fn empty(config: &BrokerConfig) -> Result<Self, ApplyError> {
        let layers = config.layers();
        let limits = config.topic_limits();
        Ok(Self {
            cluster: None,
            features: Arc::default(),
            features_epoch: FeaturesEpoch(0),
            brokers: Arc::default(),
            quotas: Arc::default(),
            groups: Arc::default(),
            client_metrics: Arc::default(),
            by_name: Sharded::default(),
            by_id: Sharded::default(),
            collisions: Sharded::default(),
            partition_count: 0,
            next_local_id: LocalId(0),
            next_producer_id: 0,
            node: config.node_id,
            defaults: SharedDefaults::resolve(&layers, limits)?,
            layers,
            limits,
        })
    }

    /// The cluster's identity; `None` before the first boot.
    #[must_use]
    pub const fn cluster(&self) -> Option<ClusterId> {
        self.cluster
    }

    /// This broker.
    #[must_use]
    pub const fn node(&self) -> BrokerId {
        self.node
    }

    /// Finalised features and their levels.
    pub fn features(&self) -> impl Iterator<Item = (&str, i16)> {
        self.features.iter().map(|(name, level)| (&**name, *level))
    }

    /// Every broker, in the order of its id.
    pub fn brokers(&self) -> impl Iterator<Item = (BrokerId, &BrokerImage)> {
        self.brokers.iter().map(|(id, broker)| (*id, broker))
    }

    #[must_use]
    pub fn broker(&self, id: BrokerId) -> Option<&BrokerImage> {
        self.brokers.get(&id)
    }

    /// Every entity that has quotas, with them.
    #[must_use]
    pub fn quotas(&self) -> &BTreeMap<QuotaEntity, Quotas> {
        &self.quotas
    }

    /// Subscriptions to clients' metrics, each with its values.
    #[must_use]
    pub fn client_metrics(&self) -> &Subscriptions {
        &self.client_metrics
    }

    /// The values set for a group, by Kafka's name; `None` if there are none.
    #[must_use]
    pub fn group_config(&self, group: &str) -> Option<&Arc<BTreeMap<String, String>>> {
        self.groups.get(group)
    }

    /// The times in effect for a group of the consumer protocol.
    #[must_use]
    pub fn group_times(&self, group: &str) -> GroupTimes {
        let none = BTreeMap::new();
        GroupTimes::resolve(self.groups.get(group).map_or(&none, |own| &**own), &self.layers)
    }

    /// Every group that has values, with them.
    #[must_use]
    pub fn group_configs(&self) -> &Subscriptions {
        &self.groups
    }

    /// Grows with every change of a finalised feature, also over restarts: the broker's starts
    /// count for more than changes since.
    #[must_use]
    pub const fn features_epoch(&self) -> i64 {
        self.features_epoch.0
    }

    /// The finalised level of a feature; 0 where it is not finalised.
    #[must_use]
    pub fn feature(&self, name: &str) -> i16 {
        self.features.get(name).copied().unwrap_or(0)
    }

    /// The incarnation of this broker; 0 before its first boot.
    #[must_use]
    pub fn incarnation(&self) -> u32 {
        self.brokers.get(&self.node).map_or(0, |broker| broker.incarnation)
    }

    /// The term of a partition's leader.
    #[must_use]
    pub fn leader_epoch(&self, partition: &PartitionImage) -> LeaderEpoch {
        let leader = self.brokers.get(&partition.leader());
        LeaderEpoch(leader.map_or(0, |broker| broker.incarnation))
    }

    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicImage>> {
        self.by_name.get(name)
    }

    #[must_use]
    pub fn topic_by_id(&self, id: TopicId) -> Option<&Arc<TopicImage>> {
        self.by_id.get(&id)
    }

    #[must_use]
    pub fn partition(&self, topic: TopicId, index: PartitionIndex) -> Option<&PartitionImage> {
        self.by_id.get(&topic)?.partition(index)
    }

    /// Every topic, in no order a caller may rely on.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        self.by_id.values()
    }

    /// Every topic, in the order of its name.
    #[must_use]
    pub fn topics_by_name(&self) -> Vec<Arc<TopicImage>> {
        let mut topics: Vec<_> = self.topics().cloned().collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        topics
    }

    #[must_use]
    pub const fn topic_count(&self) -> usize {
        self.by_id.len()
    }

    #[must_use]
    pub const fn partition_count(&self) -> u64 {
        self.partition_count
    }

    /// A topic whose name differs from `name` in '.' and '_' only; metric names would collide.
    #[must_use]
    pub fn colliding_topic(&self, name: &str) -> Option<&Arc<str>> {
        self.collisions.get(&*apply::unify(name)?)?.first()
    }

    /// The id the next partition gets.
    #[must_use]
    pub const fn next_local_id(&self) -> LocalId {
        self.next_local_id
    }

    /// The first producer id of the next block.
    #[must_use]
    pub const fn next_producer_id(&self) -> ProducerId {
        ProducerId(self.next_producer_id)
    }

    /// The layers of broker-level values as they are now, for DescribeConfigs and validation.
    #[must_use]
    pub const fn layers(&self) -> &BrokerLayers {
        &self.layers
    }

    /// The listeners `configured` at start, with the addresses that were set at run time.
    #[must_use]
    pub fn listeners(&self, configured: &[Listener]) -> Vec<Listener> {
        let mut listeners = configured.to_vec();
        let changed = self.layers.broker.get("advertised.listeners");
        let changed = changed.and_then(|text| parse_advertised(text, configured).ok());
        for (name, address) in changed.unwrap_or_default() {
            for listener in listeners.iter_mut().filter(|listener| listener.name == name) {
                listener.advertised = address.clone();
                listener.advertised_given = true;
            }
        }
        listeners
    }
}

impl SharedDefaults {
    fn resolve(layers: &BrokerLayers, limits: TopicLimits) -> Result<Self, ApplyError> {
        let none = BTreeMap::new();
        Ok(Self {
            user: Arc::new(topic::resolve("", &none, layers, limits)?),
            internal: Arc::new(topic::resolve("__", &none, layers, limits)?),
        })
    }

    fn of(&self, topic: &str) -> &Arc<TopicConfig> {
        if topic_name::is_reserved(topic) { &self.internal } else { &self.user }
    }
}
