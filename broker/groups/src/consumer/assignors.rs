//! Server-side assignors: who shall own which partition.
//!
//! Pure functions of the members' subscriptions, the topics' sizes and the assignment so far. Every
//! partition of a subscribed topic gets exactly one member, which is subscribed to it. The same
//! input yields the same assignment; nothing here depends on time, chance or hashing order.

mod range;
mod uniform;

use std::collections::{BTreeMap, BTreeSet};

use protocol_types::{PartitionIndex, TopicId};

use super::partitions::Partitions;

#[cfg(test)]
mod tests;

/// An assignor, by Kafka's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Evenly over all topics, moving as little as possible.
    Uniform,
    /// Per topic a run of partitions for each member; co-partitioned where topics are equally big.
    Range,
}

/// What an assignor knows of a member.
#[derive(Clone, Debug)]
pub struct MemberSpec<'a> {
    pub id: &'a str,
    pub instance: Option<&'a str>,
    /// The topics it is subscribed to, those alone that exist.
    pub topics: BTreeSet<TopicId>,
    /// What it shall own by the assignment so far.
    pub assigned: Option<&'a Partitions>,
}

/// What an assignor decides from.
#[derive(Clone, Debug, Default)]
pub struct GroupSpec<'a> {
    /// In the order of their ids.
    pub members: Vec<MemberSpec<'a>>,
    /// How many partitions each subscribed topic has.
    pub topics: BTreeMap<TopicId, u32>,
}

impl Assignor {
    /// Every assignor there is; the first is Kafka's default.
    pub const ALL: [Self; 2] = [Self::Uniform, Self::Range];

    /// Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Range => "range",
        }
    }

    /// The assignor of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assignor| assignor.name() == name)
    }

    /// One set per member, in the order of `spec.members`.
    #[must_use]
    pub fn assign(self, spec: &GroupSpec<'_>) -> Vec<Partitions> {
        match self {
            Self::Uniform => uniform::assign(spec),
            Self::Range => range::assign(spec),
        }
    }
}

impl GroupSpec<'_> {
    fn partition_count(&self, topic: TopicId) -> u32 {
        self.topics.get(&topic).copied().unwrap_or(0)
    }

    /// Every partition of a topic.
    fn partitions(&self, topic: TopicId) -> impl Iterator<Item = PartitionIndex> + use<> {
        (0..self.partition_count(topic)).map(PartitionIndex)
    }

    /// The members subscribed to each topic, by their place in the list.
    fn subscribers(&self) -> BTreeMap<TopicId, Vec<usize>> {
        let mut subscribers: BTreeMap<TopicId, Vec<usize>> = BTreeMap::new();
        for (at, member) in self.members.iter().enumerate() {
            for topic in &member.topics {
                subscribers.entry(*topic).or_default().push(at);
            }
        }
        subscribers
    }
}
