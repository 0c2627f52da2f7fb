//! What a shard remembers of hosted topics, so that a batch finds its partition without a lock.
//!
//! The cache is dropped whole whenever the image has changed. Only what exists is remembered:
//! clients cannot fill it with names.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering},
};

use broker_env::HashMap;
use broker_partitions::{Partition, Partitions, Topic, TopicTraffic};
use config::TopicConfig;
use protocol_types::TopicId;

use crate::broker::Broker;

/// A hosted topic as one shard sees it.
#[derive(Debug)]
pub(crate) struct CachedTopic {
    pub(crate) name: Arc<str>,
    pub(crate) partitions: Arc<Vec<Arc<Partition>>>,
    pub(crate) config: Arc<TopicConfig>,
    pub(crate) metrics: Arc<TopicTraffic>,
}

impl CachedTopic {
    fn new(topic: &Topic) -> Self {
        Self {
            name: Arc::clone(topic.name()),
            partitions: topic.partitions(),
            config: topic.config(),
            metrics: Arc::clone(topic.traffic()),
        }
    }

    /// The partition with a number from the wire.
    pub(crate) fn partition(&self, index: i32) -> Option<&Arc<Partition>> {
        usize::try_from(index).ok().and_then(|index| self.partitions.get(index))
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct TopicCache {
    by_name: HashMap<Box<str>, Rc<CachedTopic>>,
    by_id: HashMap<TopicId, Rc<CachedTopic>>,
    image_change: u64,
}

impl TopicCache {
    /// Drops what an older image said. Called once per read, before lookups.
    pub(crate) fn refresh(&mut self, broker: &Broker) {
        let now = broker.image_changes.load(Ordering::Acquire);
        if self.image_change != now {
            self.forget();
            self.image_change = now;
        }
    }

    /// Drops everything: a topic turned out to be gone.
    pub(crate) fn forget(&mut self) {
        self.by_name.clear();
        self.by_id.clear();
    }

    pub(crate) fn topic(&mut self, partitions: &Partitions, name: &str) -> Option<Rc<CachedTopic>> {
        if let Some(topic) = self.by_name.get(name) {
            return Some(Rc::clone(topic));
        }
        let topic = Rc::new(CachedTopic::new(&*partitions.topic(name)?));
        self.by_name.insert(name.into(), Rc::clone(&topic));
        Some(topic)
    }

    /// `name` in memory of its own: the topic's, if there is one.
    pub(crate) fn name(&mut self, partitions: &Partitions, name: &str) -> Arc<str> {
        self.topic(partitions, name)
            .map_or_else(|| Arc::from(name), |topic| Arc::clone(&topic.name))
    }

    /// Never by way of the name: a topic made again has it too, and is another one.
    pub(crate) fn topic_by_id(
        &mut self,
        partitions: &Partitions,
        id: TopicId,
    ) -> Option<Rc<CachedTopic>> {
        if let Some(topic) = self.by_id.get(&id) {
            return Some(Rc::clone(topic));
        }
        let topic = Rc::new(CachedTopic::new(&*partitions.topic_by_id(id)?));
        self.by_id.insert(id, Rc::clone(&topic));
        Some(topic)
    }
}
