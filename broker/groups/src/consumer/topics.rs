//! What groups need to know of topics, and the hash that tells whether it changed.

use std::collections::BTreeSet;
use std::hash::Hasher;

use broker_metadata::Image;
use protocol_types::TopicId;
use twox_hash::XxHash3_64;

/// One topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'a> {
    pub id: TopicId,
    pub name: &'a str,
    pub partitions: u32,
}

/// The topics that exist.
pub trait Topics {
    fn by_name(&self, name: &str) -> Option<Topic<'_>>;
    fn by_id(&self, id: TopicId) -> Option<Topic<'_>>;
    /// Every name, in no particular order.
    fn visit_names(&self, visit: &mut dyn FnMut(&str));
}

impl Topics for Image {
    fn by_name(&self, name: &str) -> Option<Topic<'_>> {
        let topic = self.topic(name)?;
        Some(Topic { id: topic.id, name: &topic.name, partitions: topic.partition_count() })
    }

    fn by_id(&self, id: TopicId) -> Option<Topic<'_>> {
        let topic = self.topic_by_id(id)?;
        Some(Topic { id: topic.id, name: &topic.name, partitions: topic.partition_count() })
    }

    fn visit_names(&self, visit: &mut dyn FnMut(&str)) {
        for topic in self.topics() {
            visit(&topic.name);
        }
    }
}

/// The ids of those of `names` that exist.
pub(super) fn ids(topics: &dyn Topics, names: &BTreeSet<String>) -> BTreeSet<TopicId> {
    names.iter().filter_map(|name| topics.by_name(name)).map(|topic| topic.id).collect()
}

/// A hash of identity, name and size of those of `names` that exist; 0 if none does. As in Kafka
/// it stands in the group's record, so that a change is noticed after a restart too.
pub(super) fn hash(topics: &dyn Topics, names: &BTreeSet<String>) -> i64 {
    let mut hasher = XxHash3_64::new();
    let mut any = false;
    for topic in names.iter().filter_map(|name| topics.by_name(name)) {
        any = true;
        hasher.write(&topic.id.0);
        hasher.write(&(topic.name.len() as u64).to_le_bytes());
        hasher.write(topic.name.as_bytes());
        hasher.write(&topic.partitions.to_le_bytes());
    }
    if any { hasher.finish().cast_signed() } else { 0 }
}
