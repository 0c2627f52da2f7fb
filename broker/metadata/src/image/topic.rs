//! Topics and partitions within an image.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{BrokerLayers, TopicConfig, TopicLimits};
use protocol_types::{BrokerId, LocalId, PartitionIndex, TopicId, TopicPartition, topic_name};

use super::ApplyError;

/// One topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicImage {
    pub id: TopicId,
    pub name: Arc<str>,
    /// Milliseconds since the epoch.
    pub created_at_ms: i64,
    /// By partition index, without gaps.
    pub partitions: Arc<[PartitionImage]>,
    /// The topic's own values, as text.
    pub overrides: Arc<BTreeMap<String, String>>,
    /// The effective values, typed: own > broker > default.
    pub config: Arc<TopicConfig>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionImage {
    /// The number that names this partition in the ring; never given again.
    pub local_id: LocalId,
    /// The first one leads; never empty. Shared between partitions with the same replicas.
    pub replicas: Arc<[BrokerId]>,
}

impl PartitionImage {
    /// The broker that leads this partition.
    #[must_use]
    pub fn leader(&self) -> BrokerId {
        let leader = self.replicas.first();
        leader.copied().unwrap_or_else(|| unreachable!("a partition without replicas is refused"))
    }
}

impl TopicImage {
    #[must_use]
    pub fn partition(&self, index: PartitionIndex) -> Option<&PartitionImage> {
        self.partitions.get(usize::try_from(index.0).ok()?)
    }

    /// How many partitions the topic has.
    #[must_use]
    pub fn partition_count(&self) -> u32 {
        u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)
    }

    /// Every partition with its identity, in the order of its index.
    pub fn iter(&self) -> impl Iterator<Item = (TopicPartition, &PartitionImage)> {
        (0..).zip(self.partitions.iter()).map(|(index, partition)| {
            (TopicPartition { topic: self.id, partition: PartitionIndex(index) }, partition)
        })
    }

    /// Whether Kafka calls the topic internal.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        topic_name::is_kafka_internal(&self.name)
    }
}

/// The effective configuration of a topic named `name`. A ring made smaller than a stored
/// `max.message.bytes` allows caps it.
pub(super) fn resolve(
    name: &str,
    overrides: &BTreeMap<String, String>,
    layers: &BrokerLayers,
    limits: TopicLimits,
) -> Result<TopicConfig, ApplyError> {
    let mut config = TopicConfig::resolve(name, overrides, layers)?;
    let limit = u32::try_from(limits.max_message_bytes).unwrap_or(u32::MAX);
    config.max_message_bytes = config.max_message_bytes.min(limit);
    Ok(config)
}
