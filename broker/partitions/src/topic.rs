//! A hosted topic: its partitions and its effective configuration.

use std::sync::Arc;

use arc_swap::ArcSwap;
use config::TopicConfig;
use protocol_types::{PartitionIndex, TopicId};

use crate::{partition::Partition, traffic::TopicTraffic};

/// A topic as this broker hosts it. Its configuration and its number of partitions change in
/// place; its identity never does.
#[derive(Debug)]
pub struct Topic {
    id: TopicId,
    name: Arc<str>,
    config: Arc<ArcSwap<TopicConfig>>,
    partitions: ArcSwap<Vec<Arc<Partition>>>,
    traffic: Arc<TopicTraffic>,
}

impl Topic {
    pub(crate) fn new(id: TopicId, name: Arc<str>, config: Arc<ArcSwap<TopicConfig>>) -> Self {
        Self { id, name, config, partitions: ArcSwap::default(), traffic: Arc::default() }
    }

    #[must_use]
    pub fn id(&self) -> TopicId {
        self.id
    }

    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The configuration in force now.
    #[must_use]
    pub fn config(&self) -> Arc<TopicConfig> {
        self.config.load_full()
    }

    /// The partition with this number, if the topic has so many.
    #[must_use]
    pub fn partition(&self, index: PartitionIndex) -> Option<Arc<Partition>> {
        self.partitions.load().get(index.0 as usize).cloned()
    }

    /// All partitions in the order of their numbers.
    #[must_use]
    pub fn partitions(&self) -> Arc<Vec<Arc<Partition>>> {
        self.partitions.load_full()
    }

    /// What was produced to it and fetched from it since this broker hosts it.
    #[must_use]
    pub const fn traffic(&self) -> &Arc<TopicTraffic> {
        &self.traffic
    }

    pub(crate) fn set_config(&self, config: Arc<TopicConfig>) {
        self.config.store(config);
    }

    pub(crate) fn shared_config(&self) -> &Arc<ArcSwap<TopicConfig>> {
        &self.config
    }

    pub(crate) fn set_partitions(&self, partitions: Vec<Arc<Partition>>) {
        self.partitions.store(Arc::new(partitions));
    }
}
