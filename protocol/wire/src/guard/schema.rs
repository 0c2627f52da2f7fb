//! Schemas of the served requests, written from Kafka's message definitions
//! (`clients/src/main/resources/common/message/*.json`, release 4.3.1).
//!
//! A table holds what decides where bytes end: types, version ranges, nullability, tags. Names are
//! Kafka's. An array carries the size of one decoded element, for the memory estimate.

mod acls;
mod admin;
mod cluster;
mod configs;
mod consumer_groups;
mod data;
mod groups;
mod offsets;
mod quotas;
mod telemetry;
mod topics;

use protocol_types::ApiKey;

/// A field of a request or of a structure in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) tag: Option<u32>,
    from: i16,
    until: i16,
    nullable_from: i16,
}

/// How a value's bytes are found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// So many bytes.
    Fixed(u8),
    /// 16-bit length, or compact.
    String,
    /// 32-bit length, or compact; records are bytes too.
    Bytes,
    /// 32-bit count, or compact.
    Array(&'static Element),
    Struct(&'static [Field]),
}

/// What an array holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) kind: Kind,
    /// Bytes one decoded element takes in its vector.
    pub(super) memory: u64,
}

impl Element {
    /// Elements that the message crate decodes to `T`.
    const fn of<T>(kind: Kind) -> Self {
        Self { kind, memory: size_of::<T>() as u64 }
    }
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, tag: None, from: 0, until: i16::MAX, nullable_from: i16::MAX }
    }

    /// First version that has the field.
    const fn from(self, version: i16) -> Self {
        Self { from: version, ..self }
    }

    /// Last version that has the field.
    const fn until(self, version: i16) -> Self {
        Self { until: version, ..self }
    }

    /// First version in which the field may be null.
    const fn nullable(self, version: i16) -> Self {
        Self { nullable_from: version, ..self }
    }

    /// The field is tagged and so may be absent.
    const fn tagged(self, tag: u32) -> Self {
        Self { tag: Some(tag), ..self }
    }

    pub(super) const fn is_in(&self, version: i16) -> bool {
        self.from <= version && version <= self.until
    }

    /// Whether the field stands in its place among the untagged ones.
    pub(super) const fn is_plain_in(&self, version: i16) -> bool {
        self.tag.is_none() && self.is_in(version)
    }

    pub(super) const fn is_nullable_in(&self, version: i16) -> bool {
        version >= self.nullable_from
    }

    fn size_min(&self, version: i16, flexible: bool) -> u64 {
        if matches!(self.kind, Kind::Struct(_)) && self.is_nullable_in(version) {
            return 1;
        }
        self.kind.size_min(version, flexible)
    }
}

impl Kind {
    /// Fewest bytes a value can take, at least 1.
    pub(super) fn size_min(self, version: i16, flexible: bool) -> u64 {
        match self {
            Self::Fixed(len) => len.into(),
            Self::String => {
                if flexible {
                    1
                } else {
                    2
                }
            }
            Self::Bytes | Self::Array(_) => {
                if flexible {
                    1
                } else {
                    4
                }
            }
            Self::Struct(fields) => {
                let plain = fields.iter().filter(|field| field.is_plain_in(version));
                let fields: u64 = plain.map(|field| field.size_min(version, flexible)).sum();
                (fields + u64::from(flexible)).max(1)
            }
        }
    }
}

const fn boolean(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(1))
}

const fn int8(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(1))
}

const fn int16(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(2))
}

const fn int32(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(4))
}

const fn int64(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(8))
}

const fn float64(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(8))
}

const fn uuid(name: &'static str) -> Field {
    Field::new(name, Kind::Fixed(16))
}

const fn string(name: &'static str) -> Field {
    Field::new(name, Kind::String)
}

const fn bytes(name: &'static str) -> Field {
    Field::new(name, Kind::Bytes)
}

const fn records(name: &'static str) -> Field {
    Field::new(name, Kind::Bytes)
}

const fn structure(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, Kind::Struct(fields))
}

const fn array(name: &'static str, element: &'static Element) -> Field {
    Field::new(name, Kind::Array(element))
}

const INT32_ELEMENT: &Element = &Element::of::<i32>(Kind::Fixed(4));
const STRING_ELEMENT: &Element = &Element::of::<kafka_protocol::protocol::StrBytes>(Kind::String);

static REQUESTS: &[(ApiKey, &[Field])] = &[
    (ApiKey::Produce, data::PRODUCE),
    (ApiKey::Fetch, data::FETCH),
    (ApiKey::ListOffsets, data::LIST_OFFSETS),
    (ApiKey::Metadata, cluster::METADATA),
    (ApiKey::OffsetCommit, offsets::OFFSET_COMMIT),
    (ApiKey::OffsetFetch, offsets::OFFSET_FETCH),
    (ApiKey::FindCoordinator, offsets::FIND_COORDINATOR),
    (ApiKey::JoinGroup, groups::JOIN_GROUP),
    (ApiKey::Heartbeat, groups::HEARTBEAT),
    (ApiKey::LeaveGroup, groups::LEAVE_GROUP),
    (ApiKey::SyncGroup, groups::SYNC_GROUP),
    (ApiKey::DescribeGroups, groups::DESCRIBE_GROUPS),
    (ApiKey::ListGroups, groups::LIST_GROUPS),
    (ApiKey::SaslHandshake, acls::SASL_HANDSHAKE),
    (ApiKey::ApiVersions, cluster::API_VERSIONS),
    (ApiKey::CreateTopics, topics::CREATE_TOPICS),
    (ApiKey::DeleteTopics, topics::DELETE_TOPICS),
    (ApiKey::DeleteRecords, data::DELETE_RECORDS),
    (ApiKey::InitProducerId, data::INIT_PRODUCER_ID),
    (ApiKey::OffsetForLeaderEpoch, data::OFFSET_FOR_LEADER_EPOCH),
    (ApiKey::DescribeAcls, acls::DESCRIBE_ACLS),
    (ApiKey::CreateAcls, acls::CREATE_ACLS),
    (ApiKey::DeleteAcls, acls::DELETE_ACLS),
    (ApiKey::DescribeConfigs, configs::DESCRIBE_CONFIGS),
    (ApiKey::AlterConfigs, configs::ALTER_CONFIGS),
    (ApiKey::AlterReplicaLogDirs, admin::ALTER_REPLICA_LOG_DIRS),
    (ApiKey::DescribeLogDirs, admin::DESCRIBE_LOG_DIRS),
    (ApiKey::SaslAuthenticate, acls::SASL_AUTHENTICATE),
    (ApiKey::CreatePartitions, topics::CREATE_PARTITIONS),
    (ApiKey::CreateDelegationToken, acls::CREATE_DELEGATION_TOKEN),
    (ApiKey::RenewDelegationToken, acls::RENEW_DELEGATION_TOKEN),
    (ApiKey::ExpireDelegationToken, acls::EXPIRE_DELEGATION_TOKEN),
    (ApiKey::DescribeDelegationToken, acls::DESCRIBE_DELEGATION_TOKEN),
    (ApiKey::DeleteGroups, groups::DELETE_GROUPS),
    (ApiKey::ElectLeaders, admin::ELECT_LEADERS),
    (ApiKey::IncrementalAlterConfigs, configs::INCREMENTAL_ALTER_CONFIGS),
    (ApiKey::AlterPartitionReassignments, admin::ALTER_PARTITION_REASSIGNMENTS),
    (ApiKey::ListPartitionReassignments, admin::LIST_PARTITION_REASSIGNMENTS),
    (ApiKey::OffsetDelete, offsets::OFFSET_DELETE),
    (ApiKey::DescribeClientQuotas, quotas::DESCRIBE_CLIENT_QUOTAS),
    (ApiKey::AlterClientQuotas, quotas::ALTER_CLIENT_QUOTAS),
    (ApiKey::DescribeUserScramCredentials, admin::DESCRIBE_USER_SCRAM_CREDENTIALS),
    (ApiKey::DescribeQuorum, admin::DESCRIBE_QUORUM),
    (ApiKey::UpdateFeatures, consumer_groups::UPDATE_FEATURES),
    (ApiKey::DescribeCluster, cluster::DESCRIBE_CLUSTER),
    (ApiKey::DescribeProducers, admin::DESCRIBE_PRODUCERS),
    (ApiKey::UnregisterBroker, admin::UNREGISTER_BROKER),
    (ApiKey::ConsumerGroupHeartbeat, consumer_groups::CONSUMER_GROUP_HEARTBEAT),
    (ApiKey::ConsumerGroupDescribe, consumer_groups::CONSUMER_GROUP_DESCRIBE),
    (ApiKey::GetTelemetrySubscriptions, telemetry::GET_TELEMETRY_SUBSCRIPTIONS),
    (ApiKey::PushTelemetry, telemetry::PUSH_TELEMETRY),
    (ApiKey::ListConfigResources, configs::LIST_CONFIG_RESOURCES),
    (ApiKey::DescribeTopicPartitions, cluster::DESCRIBE_TOPIC_PARTITIONS),
];

/// The fields of a request.
pub(super) fn request(api: ApiKey) -> Option<&'static [Field]> {
    REQUESTS.iter().find(|(key, _)| *key == api).map(|(_, fields)| *fields)
}
