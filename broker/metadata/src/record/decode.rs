//! Bytes to record: every version ever written.

use protocol_types::{BrokerId, LocalId, PartitionIndex};

use super::codec::Reader;
use super::{DecodeError, PartitionRecord, Record, Resource};
use crate::ClusterId;
use crate::quota::{EntityName, EntityType, QuotaEntity, QuotaValue};

/// The newest version of every kind.
const VERSION_KNOWN: u8 = 0;

impl Record {
    /// Reads one record that fills `bytes`.
    ///
    /// # Errors
    /// An unknown kind or version, or a malformed body.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader(bytes);
        let kind = reader.u16().ok_or(DecodeError::Truncated)?;
        let version = reader.u8().ok_or(DecodeError::Truncated)?;
        if !(1..=11).contains(&kind) {
            return Err(DecodeError::UnknownKind { kind });
        }
        if version > VERSION_KNOWN {
            return Err(DecodeError::UnknownVersion { kind, version, known: VERSION_KNOWN });
        }
        let malformed = |what| DecodeError::Malformed { kind, what };
        let record =
            body(kind, &mut reader).ok_or_else(|| malformed("a field is cut or invalid"))?;
        if reader.is_empty() { Ok(record) } else { Err(malformed("bytes follow the last field")) }
    }
}

fn body(kind: u16, reader: &mut Reader<'_>) -> Option<Record> {
    Some(match kind {
        1 => Record::ClusterCreated { cluster: ClusterId(reader.array()?) },
        2 => Record::FeatureLevel { name: reader.shared()?, level: reader.i16()? },
        3 => Record::BrokerBoot {
            broker: BrokerId(reader.u32()?),
            incarnation: reader.u32()?,
            storage: reader.array()?,
            at_ms: reader.i64()?,
        },
        4 => Record::TopicCreated {
            topic: reader.topic()?,
            name: reader.shared()?,
            at_ms: reader.i64()?,
        },
        5 => Record::PartitionsAdded {
            topic: reader.topic()?,
            first: PartitionIndex(reader.u32()?),
            partitions: partitions(reader)?,
        },
        6 => Record::TopicDeleted { topic: reader.topic()? },
        7 => Record::ConfigSet {
            resource: resource(reader)?,
            name: reader.string()?,
            value: reader.string()?,
        },
        8 => Record::ConfigRemoved { resource: resource(reader)?, name: reader.string()? },
        9 => Record::ProducerIdBlock {
            broker: BrokerId(reader.u32()?),
            first: reader.u64()?,
            count: reader.u32()?,
        },
        10 => Record::LocalIdFloor { next: LocalId(reader.u32()?) },
        11 => Record::ClientQuota {
            entity: entity(reader)?,
            key: reader.shared()?,
            value: match reader.u8()? {
                0 => None,
                1 => Some(QuotaValue(f64::from_bits(reader.u64()?))),
                _ => return None,
            },
        },
        _ => return None,
    })
}

/// Counts are not trusted: nothing is allocated ahead of the bytes that must back it.
fn partitions(reader: &mut Reader<'_>) -> Option<Vec<PartitionRecord>> {
    let count = reader.u32()?;
    let mut partitions = Vec::new();
    for _ in 0..count {
        let local_id = LocalId(reader.u32()?);
        let replica_count = reader.u32()?;
        let mut replicas = Vec::new();
        for _ in 0..replica_count {
            replicas.push(BrokerId(reader.u32()?));
        }
        partitions.push(PartitionRecord { local_id, replicas });
    }
    Some(partitions)
}

/// Parts come in the order of their types, each at most once.
fn entity(reader: &mut Reader<'_>) -> Option<QuotaEntity> {
    let mut entity = QuotaEntity::default();
    let mut last = 0;
    for _ in 0..reader.u8()? {
        let kind = reader.u8()?;
        if kind <= last {
            return None;
        }
        last = kind;
        let kind = match kind {
            1 => EntityType::User,
            2 => EntityType::ClientId,
            3 => EntityType::Ip,
            _ => return None,
        };
        let name = match reader.u8()? {
            0 => EntityName::Default,
            1 => EntityName::Named(reader.shared()?),
            _ => return None,
        };
        entity.set(kind, name);
    }
    Some(entity)
}

fn resource(reader: &mut Reader<'_>) -> Option<Resource> {
    Some(match reader.u8()? {
        1 => Resource::Topic(reader.topic()?),
        2 => Resource::Broker(BrokerId(reader.u32()?)),
        3 => Resource::AllBrokers,
        4 => Resource::Group(reader.shared()?),
        5 => Resource::ClientMetrics(reader.shared()?),
        _ => return None,
    })
}
