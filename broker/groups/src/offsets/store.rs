//! The table of committed offsets, by group, topic and partition.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use broker_coordinator::{Record, ReplayError};
use protocol_types::PartitionIndex;

use super::Committed;
use crate::group::GroupId;
use crate::records::offset_commit::{self, OffsetKey};

type Partitions = BTreeMap<PartitionIndex, Committed>;
type Topics = BTreeMap<Arc<str>, Partitions>;

/// See the module documentation. A group or topic without offsets has no entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    groups: BTreeMap<GroupId, Topics>,
    count: u64,
}

impl Offsets {
    /// How many offsets there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[must_use]
    pub fn get(&self, group: &str, topic: &str, partition: PartitionIndex) -> Option<&Committed> {
        self.groups.get(group)?.get(topic)?.get(&partition)
    }

    /// The groups that have offsets, in the order of their names.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.groups.keys()
    }

    /// The offsets of a group, by topic and partition.
    pub fn of_group(
        &self,
        group: &str,
    ) -> impl Iterator<Item = (&Arc<str>, PartitionIndex, &Committed)> {
        self.groups.get(group).into_iter().flatten().flat_map(|(topic, partitions)| {
            partitions.iter().map(move |(partition, committed)| (topic, *partition, committed))
        })
    }

    /// Whether the group has any offset.
    #[must_use]
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// Every offset, by group, topic and partition.
    pub fn iter(&self) -> impl Iterator<Item = (OffsetKey, &Committed)> {
        self.groups.iter().flat_map(|(group, topics)| {
            topics.iter().flat_map(move |(topic, partitions)| {
                partitions.iter().map(move |(partition, committed)| {
                    let (group, topic) = (Arc::clone(group), Arc::clone(topic));
                    (OffsetKey { group, topic, partition: *partition }, committed)
                })
            })
        })
    }

    /// Takes in a record of an offset; answers the group's name.
    pub(crate) fn replay(&mut self, record: &Record) -> Result<OffsetKey, ReplayError> {
        let key = offset_commit::decode_key(record)?;
        match &record.value {
            Some(value) => self.insert(&key, offset_commit::decode_value(value)?),
            None => self.remove(&key),
        }
        Ok(key)
    }

    /// Adds tombstones of all of a group's offsets.
    pub(crate) fn bury_group(&self, group: &str, records: &mut Vec<Record>) {
        let buried = self.of_group(group);
        records.extend(
            buried.map(|(topic, partition, _)| offset_commit::tombstone(group, topic, partition)),
        );
    }

    /// Adds tombstones of all offsets of a topic for which `dead` holds.
    pub(crate) fn bury_topic(
        &self,
        topic: &str,
        mut dead: impl FnMut(&Committed) -> bool,
        records: &mut Vec<Record>,
    ) {
        for (group, topics) in &self.groups {
            for (partition, committed) in topics.get(topic).into_iter().flatten() {
                if dead(committed) {
                    records.push(offset_commit::tombstone(group, topic, *partition));
                }
            }
        }
    }

    /// Visits records from behind `after`, until `visit` has had enough and answers false; then the
    /// key it had last is returned.
    pub(crate) fn live_records(
        &self,
        after: Option<&OffsetKey>,
        visit: &mut dyn FnMut(Record) -> bool,
    ) -> Option<OffsetKey> {
        let groups = match after {
            Some(key) => {
                self.groups.range::<str, _>((Bound::Included(&*key.group), Bound::Unbounded))
            }
            None => self.groups.range::<str, _>(..),
        };
        for (group, topics) in groups {
            let after = after.filter(|key| key.group == *group);
            let topics = match after {
                Some(key) => {
                    topics.range::<str, _>((Bound::Included(&*key.topic), Bound::Unbounded))
                }
                None => topics.range::<str, _>(..),
            };
            for (topic, partitions) in topics {
                let after = after.filter(|key| key.topic == *topic);
                let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.partition));
                for (&partition, committed) in partitions.range((from, Bound::Unbounded)) {
                    let record = offset_commit::record(group, topic, partition, committed);
                    if !visit(record) {
                        let (group, topic) = (Arc::clone(group), Arc::clone(topic));
                        return Some(OffsetKey { group, topic, partition });
                    }
                }
            }
        }
        None
    }

    fn insert(&mut self, key: &OffsetKey, committed: Committed) {
        let OffsetKey { group, topic, partition } = key;
        // The names are copied for new entries alone.
        let topics = entry(&mut self.groups, group);
        let partitions = entry(topics, topic);
        if partitions.insert(*partition, committed).is_none() {
            self.count += 1;
        }
    }

    fn remove(&mut self, key: &OffsetKey) {
        let Some(topics) = self.groups.get_mut(&key.group) else { return };
        let Some(partitions) = topics.get_mut(&key.topic) else { return };
        if partitions.remove(&key.partition).is_some() {
            self.count -= 1;
        }
        if partitions.is_empty() {
            topics.remove(&key.topic);
        }
        if topics.is_empty() {
            self.groups.remove(&key.group);
        }
    }
}

fn entry<'a, V: Default>(map: &'a mut BTreeMap<Arc<str>, V>, key: &Arc<str>) -> &'a mut V {
    map.entry(Arc::clone(key)).or_default()
}
