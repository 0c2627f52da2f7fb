//! Applying records to an image.
//!
//! A record that contradicts the image is an error and never half applied to what others see: the
//! image is copied first. Copies share what did not change. Who decides records makes sure that they
//! fit; an error here is a corrupt log, or a bug.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::InvalidConfig;
use protocol_types::{BrokerId, LocalId, PartitionIndex, TopicId};

use super::changes::Changes;
use super::{BrokerImage, Image, PartitionImage, SharedDefaults, Subscriptions, TopicImage, topic};
use crate::delta::Delta;
use crate::quota::{QuotaEntity, QuotaValue};
use crate::record::{PartitionRecord, Record, Resource};

/// Room for changes of features between two starts of a broker, in the features' epoch.
const FEATURE_CHANGES_BITS: u32 = 16;

/// A record that contradicts the image: the log is corrupt, or of another broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    #[error("metadata record creates cluster, which exists already")]
    ClusterExists,
    #[error("metadata record names topic id {0}, which does not exist")]
    UnknownTopic(TopicId),
    #[error("metadata record creates topic \"{0}\", which exists already")]
    TopicExists(Arc<str>),
    #[error("metadata record adds partitions of topic \"{topic}\" from {first}, but it has {have}")]
    PartitionGap { topic: Arc<str>, first: u32, have: u32 },
    #[error("metadata record gives local id {0} again")]
    LocalIdReused(u32),
    #[error("metadata record adds a partition of topic \"{0}\" without replicas")]
    NoReplicas(Arc<str>),
    #[error("metadata record starts broker {broker} as incarnation {to} after {from}")]
    IncarnationNotNext { broker: u32, from: u32, to: u32 },
    #[error("metadata record hands out producer ids from {first}, but {next} is next")]
    ProducerIdsReused { first: u64, next: u64 },
    #[error("metadata holds a configuration value that cannot be read: {0}")]
    Config(#[from] InvalidConfig),
}

/// Changes the values of something that exists while it has a value.
fn change_named(
    all: &mut Arc<Subscriptions>,
    name: &Arc<str>,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) {
    let all = Arc::make_mut(all);
    let mut values = all.remove(name).unwrap_or_default();
    change(Arc::make_mut(&mut values));
    if !values.is_empty() {
        all.insert(Arc::clone(name), values);
    }
}

/// The name with '.' as '_'; `None` if it has neither, for then nothing collides with it.
pub(super) fn unify(name: &str) -> Option<Arc<str>> {
    name.contains(['.', '_']).then(|| name.replace('.', "_").into())
}

impl Image {
    /// The image after `records`, and what they changed.
    ///
    /// # Errors
    /// A record contradicts the image.
    pub fn apply(&self, records: &[Record]) -> Result<(Self, Delta), ApplyError> {
        let mut next = self.clone();
        let mut changes = Changes::default();
        for record in records {
            next.apply_one(record, &mut changes)?;
        }
        let delta = changes.into_delta(&next);
        Ok((next, delta))
    }

    /// Applies one record in place: replay.
    ///
    /// # Errors
    /// The record contradicts the image, which must not be used any more.
    pub fn replay(&mut self, record: &Record) -> Result<(), ApplyError> {
        self.apply_one(record, &mut Changes::default())
    }

    fn apply_one(&mut self, record: &Record, changes: &mut Changes) -> Result<(), ApplyError> {
        match record {
            Record::ClusterCreated { cluster } => {
                if self.cluster.replace(*cluster).is_some() {
                    return Err(ApplyError::ClusterExists);
                }
            }
            Record::FeatureLevel { name, level } => self.finalise(name, *level),
            Record::BrokerBoot { broker, incarnation, storage, at_ms } => {
                self.boot(*broker, *incarnation, *storage, *at_ms)?;
                changes.booted.push(*broker);
            }
            Record::TopicCreated { topic, name, at_ms } => {
                self.create_topic(*topic, name, *at_ms)?;
                changes.created.insert(*topic);
            }
            Record::PartitionsAdded { topic, first, partitions } => {
                self.add_partitions(*topic, *first, partitions)?;
                changes.grown.entry(*topic).or_insert(first.0);
            }
            Record::TopicDeleted { topic } => {
                let deleted = self.delete_topic(*topic)?;
                changes.forget(&deleted);
            }
            Record::ConfigSet { resource, name, value } => {
                self.configure(resource, changes, |values| {
                    values.insert(name.clone(), value.clone());
                })?;
            }
            Record::ConfigRemoved { resource, name } => {
                self.configure(resource, changes, |values| {
                    values.remove(name);
                })?;
            }
            Record::ProducerIdBlock { first, count, .. } => {
                let next = self.next_producer_id;
                if *first < next {
                    return Err(ApplyError::ProducerIdsReused { first: *first, next });
                }
                self.next_producer_id = first + u64::from(*count);
            }
            Record::LocalIdFloor { next } => {
                self.next_local_id = self.next_local_id.max(*next);
            }
            Record::ClientQuota { entity, key, value } => {
                self.set_quota(entity, key, *value);
                changes.quotas = true;
            }
        }
        Ok(())
    }

    fn boot(
        &mut self,
        broker: BrokerId,
        incarnation: u32,
        storage: [u8; 16],
        at_ms: i64,
    ) -> Result<(), ApplyError> {
        let brokers = Arc::make_mut(&mut self.brokers);
        let before = brokers.get(&broker);
        let from = before.map_or(0, |broker| broker.incarnation);
        // A snapshot holds only the last boot of a broker, so the first one seen may be any.
        if incarnation <= from || (from > 0 && incarnation != from + 1) {
            let (broker, to) = (broker.0, incarnation);
            return Err(ApplyError::IncarnationNotNext { broker, from, to });
        }
        let configs = before.map(|broker| Arc::clone(&broker.configs)).unwrap_or_default();
        let image = BrokerImage { incarnation, storage, booted_at_ms: at_ms, configs };
        brokers.insert(broker, image);
        if broker == self.node {
            // A snapshot does not hold the changes one by one: each start leaves them room.
            self.features_epoch.0 = i64::from(incarnation) << FEATURE_CHANGES_BITS;
        }
        Ok(())
    }

    fn create_topic(
        &mut self,
        id: TopicId,
        name: &Arc<str>,
        created_at_ms: i64,
    ) -> Result<(), ApplyError> {
        if self.by_name.get(&**name).is_some() || self.by_id.get(&id).is_some() {
            return Err(ApplyError::TopicExists(Arc::clone(name)));
        }
        if let Some(unified) = unify(name) {
            let mut names = self.collisions.get(&*unified).cloned().unwrap_or_default();
            let sorted = Arc::make_mut(&mut names);
            let at = sorted.partition_point(|other| other < name);
            sorted.insert(at, Arc::clone(name));
            self.collisions.insert::<str>(unified, names);
        }
        self.put(TopicImage {
            id,
            name: Arc::clone(name),
            created_at_ms,
            partitions: Arc::from([]),
            overrides: Arc::default(),
            config: Arc::clone(self.defaults.of(name)),
        });
        Ok(())
    }

    fn add_partitions(
        &mut self,
        id: TopicId,
        first: PartitionIndex,
        added: &[PartitionRecord],
    ) -> Result<(), ApplyError> {
        let topic = self.by_id.get(&id).ok_or(ApplyError::UnknownTopic(id))?;
        let have = topic.partition_count();
        if first.0 != have {
            let topic = Arc::clone(&topic.name);
            return Err(ApplyError::PartitionGap { topic, first: first.0, have });
        }
        let mut topic = TopicImage::clone(topic);
        let mut partitions = topic.partitions.to_vec();
        for partition in added {
            let replicas = match partitions.last() {
                Some(last) if *last.replicas == *partition.replicas => Arc::clone(&last.replicas),
                _ if partition.replicas.is_empty() => {
                    return Err(ApplyError::NoReplicas(topic.name));
                }
                _ => partition.replicas.as_slice().into(),
            };
            if partition.local_id < self.next_local_id {
                return Err(ApplyError::LocalIdReused(partition.local_id.0));
            }
            self.next_local_id = LocalId(partition.local_id.0 + 1);
            partitions.push(PartitionImage { local_id: partition.local_id, replicas });
        }
        self.partition_count += added.len() as u64;
        topic.partitions = partitions.into();
        self.put(topic);
        Ok(())
    }

    fn delete_topic(&mut self, id: TopicId) -> Result<Arc<TopicImage>, ApplyError> {
        let topic = self.by_id.remove(&id).ok_or(ApplyError::UnknownTopic(id))?;
        self.by_name.remove(&*topic.name);
        self.partition_count -= topic.partitions.len() as u64;
        if let Some(unified) = unify(&topic.name)
            && let Some(names) = self.collisions.get(&*unified)
        {
            let others: Vec<_> =
                names.iter().filter(|name| **name != topic.name).cloned().collect();
            if others.is_empty() {
                self.collisions.remove(&*unified);
            } else {
                self.collisions.insert::<str>(unified, Arc::new(others));
            }
        }
        Ok(topic)
    }

    fn set_quota(&mut self, entity: &QuotaEntity, key: &Arc<str>, value: Option<QuotaValue>) {
        let quotas = Arc::make_mut(&mut self.quotas);
        if let Some(value) = value {
            quotas.entry(entity.clone()).or_default().insert(Arc::clone(key), value);
            return;
        }
        if let Some(of_entity) = quotas.get_mut(entity) {
            of_entity.remove(key);
            if of_entity.is_empty() {
                quotas.remove(entity);
            }
        }
    }

    /// A feature at level 0 is not finalised.
    fn finalise(&mut self, name: &Arc<str>, level: i16) {
        let features = Arc::make_mut(&mut self.features);
        if level == 0 {
            features.remove(name);
        } else {
            features.insert(Arc::clone(name), level);
        }
        self.features_epoch.0 += 1;
    }

    fn configure(
        &mut self,
        resource: &Resource,
        changes: &mut Changes,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<(), ApplyError> {
        match resource {
            Resource::Topic(id) => {
                let topic = self.by_id.get(id).ok_or(ApplyError::UnknownTopic(*id))?;
                let mut topic = TopicImage::clone(topic);
                change(Arc::make_mut(&mut topic.overrides));
                topic.config = self.effective(&topic)?;
                self.put(topic);
                changes.configured.insert(*id);
                return Ok(());
            }
            Resource::Group(name) => {
                change_named(&mut self.groups, name, change);
                changes.group_configs = true;
                return Ok(());
            }
            Resource::ClientMetrics(name) => {
                change_named(&mut self.client_metrics, name, change);
                changes.client_metrics = true;
                return Ok(());
            }
            Resource::AllBrokers => change(Arc::make_mut(&mut self.layers.cluster)),
            Resource::Broker(id) => {
                let brokers = Arc::make_mut(&mut self.brokers);
                let Some(broker) = brokers.get_mut(id) else { return Ok(()) };
                change(Arc::make_mut(&mut broker.configs));
                if *id == self.node {
                    self.layers.broker = Arc::clone(&broker.configs);
                }
            }
        }
        changes.broker_configs = true;
        self.defaults = SharedDefaults::resolve(&self.layers, self.limits)?;
        let topics: Vec<_> = self.topics().cloned().collect();
        for topic in topics {
            let config = self.effective(&topic)?;
            if config != topic.config {
                changes.configured.insert(topic.id);
                self.put(TopicImage { config, ..TopicImage::clone(&topic) });
            }
        }
        Ok(())
    }

    fn effective(&self, topic: &TopicImage) -> Result<Arc<config::TopicConfig>, ApplyError> {
        if topic.overrides.is_empty() {
            return Ok(Arc::clone(self.defaults.of(&topic.name)));
        }
        topic::resolve(&topic.name, &topic.overrides, &self.layers, self.limits).map(Arc::new)
    }

    fn put(&mut self, topic: TopicImage) {
        let topic = Arc::new(topic);
        self.by_name.insert::<str>(Arc::clone(&topic.name), Arc::clone(&topic));
        self.by_id.insert::<TopicId>(topic.id, topic);
    }
}
