//! GroupMetadataKey (kind 2) and GroupMetadataValue (versions 0 to 4): groups of the classic
//! protocol.
//!
//! Written as version 3, as Kafka 4.3 does.

use std::sync::Arc;

use broker_coordinator::{Record, ReplayError};
use bytes::Bytes;
use protocol_types::Timestamp;

use super::codec::{Form, Reader, Writer};

#[cfg(test)]
mod tests;

/// The kind of the key.
pub const KIND: i16 = 2;
const VERSION: i16 = 3;
const VERSION_MAX: i16 = 4;
const KEY: &str = "GroupMetadataKey";
const VALUE: &str = "GroupMetadataValue";

/// A classic group as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMetadata {
    /// Empty for a group that no member ever joined.
    pub protocol_type: Arc<str>,
    pub generation: i32,
    pub protocol: Option<Arc<str>>,
    pub leader: Option<Arc<str>>,
    /// When it came into its state; `None` where an old writer left it out.
    pub state_since: Option<Timestamp>,
    pub members: Vec<MemberMetadata>,
}

/// A member of a classic group as it is stored. Times are milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberMetadata {
    pub member_id: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    /// The session timeout where an old writer left it out.
    pub rebalance_timeout_ms: i32,
    pub session_timeout_ms: i32,
    pub subscription: Bytes,
    pub assignment: Bytes,
}

/// The record of a group.
#[must_use]
pub fn record(group: &str, value: &GroupMetadata) -> Record {
    Record { key: key(group), value: Some(encode_value(value)) }
}

/// The record of a group that is gone.
#[must_use]
pub fn tombstone(group: &str) -> Record {
    Record { key: key(group), value: None }
}

/// The group's name.
///
/// # Errors
/// It is malformed.
pub fn decode_key(record: &Record) -> Result<Arc<str>, ReplayError> {
    let (_, mut reader) = Reader::new(KEY, &record.key, |_| Form::Fixed)?;
    reader.string()
}

/// # Errors
/// It is malformed, or of a newer version.
pub fn decode_value(value: &[u8]) -> Result<GroupMetadata, ReplayError> {
    let form = |version| if version >= 4 { Form::Flexible } else { Form::Fixed };
    let (version, mut reader) = Reader::new(VALUE, value, form)?;
    if !(0..=VERSION_MAX).contains(&version) {
        return Err(reader.error(format!("version {version} is newer than {VERSION_MAX}")));
    }
    let protocol_type = reader.string()?;
    let generation = reader.i32()?;
    let protocol = reader.nullable_string()?;
    let leader = reader.nullable_string()?;
    let state_since = if version >= 2 { reader.i64()? } else { -1 };
    let members = (0..reader.count()?)
        .map(|_| decode_member(&mut reader, version))
        .collect::<Result<_, _>>()?;
    reader.skip_tags()?;
    let state_since = (state_since >= 0).then_some(Timestamp(state_since));
    Ok(GroupMetadata { protocol_type, generation, protocol, leader, state_since, members })
}

fn decode_member(reader: &mut Reader<'_>, version: i16) -> Result<MemberMetadata, ReplayError> {
    let member_id = reader.string()?;
    let instance_id = if version >= 3 { reader.nullable_string()? } else { None };
    let client_id = reader.string()?;
    let client_host = reader.string()?;
    let rebalance_timeout_ms = if version >= 1 { reader.i32()? } else { -1 };
    let session_timeout_ms = reader.i32()?;
    let subscription = reader.byte_array()?;
    let assignment = reader.byte_array()?;
    reader.skip_tags()?;
    let absent = rebalance_timeout_ms < 0;
    Ok(MemberMetadata {
        member_id,
        instance_id,
        client_id,
        client_host,
        rebalance_timeout_ms: if absent { session_timeout_ms } else { rebalance_timeout_ms },
        session_timeout_ms,
        subscription,
        assignment,
    })
}

fn key(group: &str) -> Bytes {
    let mut writer = Writer::new(KIND, Form::Fixed);
    writer.string(group);
    writer.finish()
}

fn encode_value(value: &GroupMetadata) -> Bytes {
    let mut writer = Writer::new(VERSION, Form::Fixed);
    writer.string(&value.protocol_type);
    writer.i32(value.generation);
    writer.nullable_string(value.protocol.as_deref());
    writer.nullable_string(value.leader.as_deref());
    writer.i64(value.state_since.map_or(-1, |since| since.0));
    writer.count(value.members.len());
    for member in &value.members {
        writer.string(&member.member_id);
        writer.nullable_string(member.instance_id.as_deref());
        writer.string(&member.client_id);
        writer.string(&member.client_host);
        writer.i32(member.rebalance_timeout_ms);
        writer.i32(member.session_timeout_ms);
        writer.byte_array(&member.subscription);
        writer.byte_array(&member.assignment);
    }
    writer.finish()
}
