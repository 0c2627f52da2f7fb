//! Which topics and partitions this broker hosts, by name, by id and by local id.

use std::sync::Arc;

use broker_env::HashMap;
use parking_lot::RwLock;
use protocol_types::{LocalId, TopicId};

use crate::partition::Partition;
use crate::topic::Topic;

/// See the module documentation. Lookups are short and never held across other work.
#[derive(Debug, Default)]
pub(crate) struct Hosted {
    topics: RwLock<Topics>,
    /// Indexed by local id; ids are never reused, so gone partitions leave holes.
    partitions: RwLock<Vec<Option<Arc<Partition>>>>,
}

#[derive(Debug, Default)]
struct Topics {
    by_name: HashMap<Arc<str>, Arc<Topic>>,
    by_id: HashMap<TopicId, Arc<Topic>>,
}

impl Hosted {
    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic>> {
        self.topics.read().by_name.get(name).cloned()
    }

    pub(crate) fn topic_by_id(&self, id: TopicId) -> Option<Arc<Topic>> {
        self.topics.read().by_id.get(&id).cloned()
    }

    pub(crate) fn partition(&self, local: LocalId) -> Option<Arc<Partition>> {
        self.partitions.read().get(local.0 as usize).cloned().flatten()
    }

    /// Calls `visit` with each partition of `locals` that is hosted.
    pub(crate) fn visit(&self, locals: &[LocalId], mut visit: impl FnMut(&Partition)) {
        let partitions = self.partitions.read();
        for local in locals {
            if let Some(Some(partition)) = partitions.get(local.0 as usize) {
                visit(partition);
            }
        }
    }

    /// Every hosted partition, by rising local id.
    pub(crate) fn all(&self) -> Vec<Arc<Partition>> {
        self.partitions.read().iter().flatten().cloned().collect()
    }

    pub(crate) fn add_topic(&self, topic: Arc<Topic>) {
        let mut topics = self.topics.write();
        topics.by_name.insert(Arc::clone(topic.name()), Arc::clone(&topic));
        topics.by_id.insert(topic.id(), topic);
    }

    pub(crate) fn add_partitions<'a>(&self, added: impl Iterator<Item = &'a Arc<Partition>>) {
        let mut partitions = self.partitions.write();
        for partition in added {
            let at = partition.local_id().0 as usize;
            if partitions.len() <= at {
                partitions.resize(at + 1, None);
            }
            let Some(slot) = partitions.get_mut(at) else { continue };
            assert!(slot.is_none(), "a local id stands for one partition");
            *slot = Some(Arc::clone(partition));
        }
    }

    /// Forgets a topic and its partitions.
    pub(crate) fn remove_topic(&self, id: TopicId) -> Option<Arc<Topic>> {
        let topic = {
            let mut topics = self.topics.write();
            let topic = topics.by_id.remove(&id)?;
            if topics.by_name.get(topic.name()).is_some_and(|named| named.id() == id) {
                topics.by_name.remove(topic.name());
            }
            topic
        };
        let mut partitions = self.partitions.write();
        for partition in topic.partitions().iter() {
            if let Some(slot) = partitions.get_mut(partition.local_id().0 as usize) {
                *slot = None;
            }
        }
        Some(topic)
    }
}
