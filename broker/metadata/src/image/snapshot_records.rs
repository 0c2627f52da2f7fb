//! The image as the shortest run of records that replays to it.

use std::sync::Arc;

use protocol_types::PartitionIndex;

use super::{Image, TopicImage};
use crate::record::{PartitionRecord, Record, Resource};

impl Image {
    /// Records that replay to this image from an empty one.
    #[must_use]
    pub fn to_records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        if let Some(cluster) = self.cluster {
            records.push(Record::ClusterCreated { cluster });
        }
        records.extend(
            self.features
                .iter()
                .map(|(name, level)| Record::FeatureLevel { name: name.clone(), level: *level }),
        );
        for (id, broker) in self.brokers.iter() {
            records.push(Record::BrokerBoot {
                broker: *id,
                incarnation: broker.incarnation,
                storage: broker.storage,
                at_ms: broker.booted_at_ms,
            });
            records.extend(sets(&Resource::Broker(*id), &broker.configs));
        }
        records.extend(sets(&Resource::AllBrokers, &self.layers.cluster));
        for (entity, quotas) in self.quotas.iter() {
            records.extend(quotas.iter().map(|(key, value)| Record::ClientQuota {
                entity: entity.clone(),
                key: Arc::clone(key),
                value: Some(*value),
            }));
        }
        for (name, values) in self.groups.iter() {
            records.extend(sets(&Resource::Group(Arc::clone(name)), values));
        }
        for (name, values) in self.client_metrics.iter() {
            records.extend(sets(&Resource::ClientMetrics(Arc::clone(name)), values));
        }
        // Local ids grow along the log, so topics are written in the order of their first one; a
        // topic that grew later has higher ids too, and its partitions are written apart.
        records.extend(self.topics_by_name().iter().flat_map(|topic| head(topic)));
        records.extend(self.partition_runs());
        records.push(Record::LocalIdFloor { next: self.next_local_id });
        if self.next_producer_id > 0 {
            records.push(Record::ProducerIdBlock {
                broker: self.node,
                first: self.next_producer_id,
                count: 0,
            });
        }
        records
    }

    /// Partitions in the order of their local ids, as runs of one topic.
    fn partition_runs(&self) -> Vec<Record> {
        let mut partitions: Vec<_> = self.topics().flat_map(|topic| topic.iter()).collect();
        partitions.sort_by_key(|(_, partition)| partition.local_id);
        let mut runs: Vec<Record> = Vec::new();
        for (identity, partition) in partitions {
            let entry = PartitionRecord {
                local_id: partition.local_id,
                replicas: partition.replicas.to_vec(),
            };
            if let Some(Record::PartitionsAdded { topic, partitions, .. }) = runs.last_mut()
                && *topic == identity.topic
            {
                partitions.push(entry);
                continue;
            }
            runs.push(Record::PartitionsAdded {
                topic: identity.topic,
                first: PartitionIndex(identity.partition.0),
                partitions: vec![entry],
            });
        }
        runs
    }
}

fn head(topic: &TopicImage) -> Vec<Record> {
    let mut records = vec![Record::TopicCreated {
        topic: topic.id,
        name: topic.name.clone(),
        at_ms: topic.created_at_ms,
    }];
    records.extend(sets(&Resource::Topic(topic.id), &topic.overrides));
    records
}

fn sets<'a>(
    resource: &'a Resource,
    values: &'a std::collections::BTreeMap<String, String>,
) -> impl Iterator<Item = Record> + 'a {
    values.iter().map(move |(name, value)| Record::ConfigSet {
        resource: resource.clone(),
        name: name.clone(),
        value: value.clone(),
    })
}
