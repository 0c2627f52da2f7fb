//! OffsetCommitKey (kinds 0 and 1) and OffsetCommitValue (versions 0 to 4).
//!
//! Written as Kafka 4.3 does: kind 1; version 1 where the commit names its own expiry, else 4 with
//! the topic's id as a tagged field.

use std::sync::Arc;

use broker_coordinator::{Record, ReplayError};
use protocol_types::{LeaderEpoch, PartitionIndex, Timestamp, TopicId};

use super::codec::{Form, Reader, Writer};
use crate::offsets::Committed;

#[cfg(test)]
mod tests;

/// The kinds of the key: 0 was written before Kafka 0.9 and means the same.
pub const KINDS: [i16; 2] = [0, 1];
const VERSION_MAX: i16 = 4;
const TOPIC_ID_TAG: u32 = 0;
const KEY: &str = "OffsetCommitKey";
const VALUE: &str = "OffsetCommitValue";

/// Whose offset it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetKey {
    pub group: Arc<str>,
    pub topic: Arc<str>,
    pub partition: PartitionIndex,
}

/// The record of a committed offset.
#[must_use]
pub fn record(group: &str, topic: &str, partition: PartitionIndex, value: &Committed) -> Record {
    Record { key: key(group, topic, partition), value: Some(encode_value(value)) }
}

/// The record of an offset that is gone.
#[must_use]
pub fn tombstone(group: &str, topic: &str, partition: PartitionIndex) -> Record {
    Record { key: key(group, topic, partition), value: None }
}

/// # Errors
/// It is malformed.
pub fn decode_key(record: &Record) -> Result<OffsetKey, ReplayError> {
    let (_, mut reader) = Reader::new(KEY, &record.key, |_| Form::Fixed)?;
    let (group, topic) = (reader.string()?, reader.string()?);
    let partition = reader.i32()?;
    let partition = u32::try_from(partition)
        .map_err(|_| reader.error(format!("partition {partition} is negative")))?;
    Ok(OffsetKey { group, topic, partition: PartitionIndex(partition) })
}

/// # Errors
/// It is malformed, or of a newer version.
pub fn decode_value(value: &[u8]) -> Result<Committed, ReplayError> {
    let form = |version| if version >= 4 { Form::Flexible } else { Form::Fixed };
    let (version, mut reader) = Reader::new(VALUE, value, form)?;
    if !(0..=VERSION_MAX).contains(&version) {
        return Err(reader.error(format!("version {version} is newer than {VERSION_MAX}")));
    }
    let offset = reader.i64()?;
    let leader_epoch = if version >= 3 { reader.i32()? } else { -1 };
    let metadata = reader.string()?;
    let committed_at = Timestamp(reader.i64()?);
    let expires_at = if version == 1 { reader.i64()? } else { -1 };
    let mut topic_id = None;
    reader.tags(|tag, mut field| {
        if tag != TOPIC_ID_TAG {
            return Ok(());
        }
        topic_id = Some(field.uuid()?).filter(|id| *id != TopicId::ZERO);
        field.end()
    })?;
    Ok(Committed {
        offset,
        leader_epoch: LeaderEpoch::from_wire(leader_epoch),
        metadata,
        committed_at,
        expires_at: (expires_at >= 0).then_some(Timestamp(expires_at)),
        topic_id,
    })
}

fn key(group: &str, topic: &str, partition: PartitionIndex) -> bytes::Bytes {
    let mut writer = Writer::new(1, Form::Fixed);
    writer.string(group);
    writer.string(topic);
    writer.i32(partition.0.cast_signed());
    writer.finish()
}

fn encode_value(value: &Committed) -> bytes::Bytes {
    let (version, form) = match value.expires_at {
        Some(_) => (1, Form::Fixed),
        None => (4, Form::Flexible),
    };
    let mut writer = Writer::new(version, form);
    writer.i64(value.offset);
    if version >= 3 {
        writer.i32(value.leader_epoch.map_or(-1, LeaderEpoch::to_wire));
    }
    writer.string(&value.metadata);
    writer.i64(value.committed_at.0);
    if let Some(expires_at) = value.expires_at {
        writer.i64(expires_at.0);
    }
    match value.topic_id {
        Some(topic_id) => writer.one_tag(TOPIC_ID_TAG, |tag| tag.uuid(topic_id)),
        None => writer.no_tags(),
    }
    writer.finish()
}
