//! Sets of partitions by topic: what a member shall own, owns, or must give up.
//!
//! No set holds a topic without partitions, so that two sets of the same partitions are equal.
//! Iteration is in the order of topic id and partition, so that everything decided from them is
//! the same on every run.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use protocol_types::{PartitionIndex, TopicId, to_usize};

use crate::records::RECORD_BYTES_MAX;

#[cfg(test)]
mod tests;

/// What a topic and a partition of it take in the larger of the two records they stand in (kind 8),
/// at most.
const TOPIC_BYTES: usize = 24;
const PARTITION_BYTES: usize = 8;

/// Bytes of a record beside the partitions: the ids of group and member.
const HEAD_BYTES: usize = 64 << 10;

/// Partitions, by topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partitions(BTreeMap<TopicId, BTreeSet<PartitionIndex>>);

/// Partitions a member owns, each with the member epoch at which it was assigned (KIP-1251).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedPartitions(BTreeMap<TopicId, BTreeMap<PartitionIndex, i32>>);

impl Partitions {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many partitions, over all topics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    #[must_use]
    pub fn contains(&self, topic: TopicId, partition: PartitionIndex) -> bool {
        self.0.get(&topic).is_some_and(|partitions| partitions.contains(&partition))
    }

    /// Whether the partition was not there yet.
    pub fn insert(&mut self, topic: TopicId, partition: PartitionIndex) -> bool {
        self.0.entry(topic).or_default().insert(partition)
    }

    /// Whether the partition was there.
    pub fn remove(&mut self, topic: TopicId, partition: PartitionIndex) -> bool {
        let Entry::Occupied(mut entry) = self.0.entry(topic) else { return false };
        let removed = entry.get_mut().remove(&partition);
        if entry.get().is_empty() {
            entry.remove();
        }
        removed
    }

    /// Every partition, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TopicId, PartitionIndex)> {
        self.0.iter().flat_map(|(topic, set)| set.iter().map(|partition| (*topic, *partition)))
    }

    /// Every topic with its partitions, in order; no topic comes without partitions.
    pub fn topics(&self) -> impl ExactSizeIterator<Item = (TopicId, &BTreeSet<PartitionIndex>)> {
        self.0.iter().map(|(topic, partitions)| (*topic, partitions))
    }
}

impl Partitions {
    /// Keeps as many, from the first on, as the records of a member hold. Whether those are all.
    pub(super) fn fit_record(&mut self) -> bool {
        self.fit(to_usize(RECORD_BYTES_MAX) - HEAD_BYTES)
    }

    fn fit(&mut self, bytes_max: usize) -> bool {
        let mut left = bytes_max;
        let mut all = true;
        self.0.retain(|_, set| {
            left = left.saturating_sub(TOPIC_BYTES);
            let room = left / PARTITION_BYTES;
            if set.len() > room {
                all = false;
                *set = set.iter().take(room).copied().collect();
            }
            left -= set.len() * PARTITION_BYTES;
            !set.is_empty()
        });
        all
    }
}

impl FromIterator<(TopicId, PartitionIndex)> for Partitions {
    fn from_iter<I: IntoIterator<Item = (TopicId, PartitionIndex)>>(partitions: I) -> Self {
        let mut set = Self::default();
        for (topic, partition) in partitions {
            set.insert(topic, partition);
        }
        set
    }
}

impl OwnedPartitions {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The epoch at which a partition was assigned; `None` if it is not in the set.
    #[must_use]
    pub fn epoch(&self, topic: TopicId, partition: PartitionIndex) -> Option<i32> {
        self.0.get(&topic)?.get(&partition).copied()
    }

    #[must_use]
    pub fn contains(&self, topic: TopicId, partition: PartitionIndex) -> bool {
        self.epoch(topic, partition).is_some()
    }

    pub fn insert(&mut self, topic: TopicId, partition: PartitionIndex, epoch: i32) {
        self.0.entry(topic).or_default().insert(partition, epoch);
    }

    /// Every partition with its epoch, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TopicId, PartitionIndex, i32)> {
        self.0.iter().flat_map(|(topic, partitions)| {
            partitions.iter().map(|(partition, epoch)| (*topic, *partition, *epoch))
        })
    }

    /// Every topic with its partitions and their epochs, in order.
    pub fn topics(
        &self,
    ) -> impl ExactSizeIterator<Item = (TopicId, &BTreeMap<PartitionIndex, i32>)> {
        self.0.iter().map(|(topic, partitions)| (*topic, partitions))
    }

    /// The partitions alone.
    #[must_use]
    pub fn partitions(&self) -> Partitions {
        self.iter().map(|(topic, partition, _)| (topic, partition)).collect()
    }
}

impl FromIterator<(TopicId, PartitionIndex, i32)> for OwnedPartitions {
    fn from_iter<I: IntoIterator<Item = (TopicId, PartitionIndex, i32)>>(partitions: I) -> Self {
        let mut set = Self::default();
        for (topic, partition, epoch) in partitions {
            set.insert(topic, partition, epoch);
        }
        set
    }
}
