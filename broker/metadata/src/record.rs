//! Metadata records: the versioned facts that all metadata is made of.
//!
//! Each record is a kind (u16), a version (u8) and a body, little-endian, documented in
//! `docs/formats/metadata.md`. A kind or version this build does not know is refused by number:
//! skipping an unknown fact would fork the image.

mod codec;
mod decode;
mod encode;

use std::sync::Arc;

use protocol_types::{BrokerId, LocalId, PartitionIndex, TopicId};

use crate::ClusterId;
use crate::quota::{QuotaEntity, QuotaValue};

pub(crate) use codec::Reader;

#[cfg(test)]
mod tests;

/// What a configuration value belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Topic(TopicId),
    Broker(BrokerId),
    /// All brokers: Kafka's resource BROKER with an empty name.
    AllBrokers,
    /// A group, by name; it need not exist for its values to.
    Group(Arc<str>),
    /// A subscription to clients' metrics (KIP-714); it exists while it has a value.
    ClientMetrics(Arc<str>),
}

/// One partition as it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRecord {
    pub local_id: LocalId,
    /// The first one leads. Never empty.
    pub replicas: Vec<BrokerId>,
}

/// One fact. Applied in order by [`crate::Image::apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The first record of every log.
    ClusterCreated {
        cluster: ClusterId,
    },
    /// A feature was finalised at a level.
    FeatureLevel {
        name: Arc<str>,
        level: i16,
    },
    /// A broker started on its storage; the incarnation is its leader epoch until it stops.
    BrokerBoot {
        broker: BrokerId,
        incarnation: u32,
        storage: [u8; 16],
        at_ms: i64,
    },
    /// A topic exists, without partitions yet; its partitions and values follow.
    TopicCreated {
        topic: TopicId,
        name: Arc<str>,
        at_ms: i64,
    },
    /// Partitions `first..first + partitions.len()` exist.
    PartitionsAdded {
        topic: TopicId,
        first: PartitionIndex,
        partitions: Vec<PartitionRecord>,
    },
    /// A topic and its partitions and values are gone.
    TopicDeleted {
        topic: TopicId,
    },
    ConfigSet {
        resource: Resource,
        name: String,
        value: String,
    },
    ConfigRemoved {
        resource: Resource,
        name: String,
    },
    /// A broker may hand out the producer ids `first..first + count`.
    ProducerIdBlock {
        broker: BrokerId,
        first: u64,
        count: u32,
    },
    /// Snapshots only: the next local id, so that ids of deleted partitions are not given again.
    LocalIdFloor {
        next: LocalId,
    },
    /// A client quota; without a value it is removed. An entity exists while it has a quota.
    ClientQuota {
        entity: QuotaEntity,
        key: Arc<str>,
        value: Option<QuotaValue>,
    },
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("metadata record kind {kind} is unknown to this version; start a newer ringtide")]
    UnknownKind { kind: u16 },
    #[error(
        "metadata record kind {kind} has version {version}, newer than {known} known to this \
         version; start a newer ringtide"
    )]
    UnknownVersion { kind: u16, version: u8, known: u8 },
    #[error("metadata record kind {kind} is malformed: {what}")]
    Malformed { kind: u16, what: &'static str },
    #[error("metadata record ends within its head")]
    Truncated,
}
