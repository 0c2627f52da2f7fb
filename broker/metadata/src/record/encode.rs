//! Record to bytes, always in the newest version.

use super::codec::{put_len, put_string};
use super::{Record, Resource};
use crate::quota::{EntityType, QuotaEntity};

impl Record {
    /// The kind's number on disk; never given again.
    pub(super) const fn kind(&self) -> u16 {
        match self {
            Self::ClusterCreated { .. } => 1,
            Self::FeatureLevel { .. } => 2,
            Self::BrokerBoot { .. } => 3,
            Self::TopicCreated { .. } => 4,
            Self::PartitionsAdded { .. } => 5,
            Self::TopicDeleted { .. } => 6,
            Self::ConfigSet { .. } => 7,
            Self::ConfigRemoved { .. } => 8,
            Self::ProducerIdBlock { .. } => 9,
            Self::LocalIdFloor { .. } => 10,
            Self::ClientQuota { .. } => 11,
        }
    }

    /// Appends this record's encoding to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        const VERSION: u8 = 0;
        out.extend_from_slice(&self.kind().to_le_bytes());
        out.push(VERSION);
        match self {
            Self::ClusterCreated { cluster } => out.extend_from_slice(&cluster.0),
            Self::FeatureLevel { name, level } => {
                put_string(out, name);
                out.extend_from_slice(&level.to_le_bytes());
            }
            Self::BrokerBoot { broker, incarnation, storage, at_ms } => {
                out.extend_from_slice(&broker.0.to_le_bytes());
                out.extend_from_slice(&incarnation.to_le_bytes());
                out.extend_from_slice(storage);
                out.extend_from_slice(&at_ms.to_le_bytes());
            }
            Self::TopicCreated { topic, name, at_ms } => {
                out.extend_from_slice(&topic.0);
                put_string(out, name);
                out.extend_from_slice(&at_ms.to_le_bytes());
            }
            Self::PartitionsAdded { topic, first, partitions } => {
                out.extend_from_slice(&topic.0);
                out.extend_from_slice(&first.0.to_le_bytes());
                put_len(out, partitions.len());
                for partition in partitions {
                    out.extend_from_slice(&partition.local_id.0.to_le_bytes());
                    put_len(out, partition.replicas.len());
                    for replica in &partition.replicas {
                        out.extend_from_slice(&replica.0.to_le_bytes());
                    }
                }
            }
            Self::TopicDeleted { topic } => out.extend_from_slice(&topic.0),
            Self::ConfigSet { resource, name, value } => {
                put_resource(out, resource);
                put_string(out, name);
                put_string(out, value);
            }
            Self::ConfigRemoved { resource, name } => {
                put_resource(out, resource);
                put_string(out, name);
            }
            Self::ProducerIdBlock { broker, first, count } => {
                out.extend_from_slice(&broker.0.to_le_bytes());
                out.extend_from_slice(&first.to_le_bytes());
                out.extend_from_slice(&count.to_le_bytes());
            }
            Self::LocalIdFloor { next } => out.extend_from_slice(&next.0.to_le_bytes()),
            Self::ClientQuota { entity, key, value } => {
                put_entity(out, entity);
                put_string(out, key);
                out.push(u8::from(value.is_some()));
                if let Some(value) = value {
                    out.extend_from_slice(&value.0.to_bits().to_le_bytes());
                }
            }
        }
    }
}

fn put_resource(out: &mut Vec<u8>, resource: &Resource) {
    match resource {
        Resource::Topic(topic) => {
            out.push(1);
            out.extend_from_slice(&topic.0);
        }
        Resource::Broker(broker) => {
            out.push(2);
            out.extend_from_slice(&broker.0.to_le_bytes());
        }
        Resource::AllBrokers => out.push(3),
        Resource::Group(name) => {
            out.push(4);
            put_string(out, name);
        }
        Resource::ClientMetrics(name) => {
            out.push(5);
            put_string(out, name);
        }
    }
}

fn put_entity(out: &mut Vec<u8>, entity: &QuotaEntity) {
    out.push(u8::try_from(entity.parts().count()).unwrap_or(u8::MAX));
    for (kind, name) in entity.parts() {
        out.push(entity_type(kind));
        out.push(u8::from(name.name().is_some()));
        if let Some(name) = name.name() {
            put_string(out, name);
        }
    }
}

const fn entity_type(kind: EntityType) -> u8 {
    match kind {
        EntityType::User => 1,
        EntityType::ClientId => 2,
        EntityType::Ip => 3,
    }
}
