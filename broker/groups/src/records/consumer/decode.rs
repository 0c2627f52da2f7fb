//! From records to facts: every version Kafka has written.

use broker_coordinator::{Record, ReplayError};
use bytes::Bytes;
use protocol_types::PartitionIndex;

use super::{CURRENT, Fact, GROUP, MEMBER, PARTITION_METADATA, REGEX, Read, TARGET, TARGET_EPOCH};
use crate::consumer::member::{ClassicMember, Current, MemberState, Subscription};
use crate::consumer::partitions::{OwnedPartitions, Partitions};
use crate::consumer::regex::ResolvedRegex;
use crate::records::flexible::Reader;

/// Whether records of this kind are of consumer groups.
pub(crate) const fn is_kind(kind: i16) -> bool {
    matches!(kind, GROUP..=CURRENT | REGEX)
}

/// Reads a record whose kind [`is_kind`].
///
/// # Errors
/// Its key or value is malformed.
pub(crate) fn decode(record: &Record) -> Result<Read, ReplayError> {
    let mut key = Reader::new(&record.key);
    let kind = key.i16().unwrap_or_default();
    let what = name(kind);
    let malformed = |why: &str| ReplayError { what, why: why.to_owned() };
    let group = key.key_string().ok_or_else(|| malformed("its key is cut"))?;
    let fact = fact(kind, &mut key, record.value.as_deref())
        .ok_or_else(|| malformed("a field is cut or invalid"))?;
    Ok(Read { group, fact })
}

const fn name(kind: i16) -> &'static str {
    match kind {
        GROUP => "ConsumerGroupMetadata",
        PARTITION_METADATA => "ConsumerGroupPartitionMetadata",
        MEMBER => "ConsumerGroupMemberMetadata",
        TARGET_EPOCH => "ConsumerGroupTargetAssignmentMetadata",
        TARGET => "ConsumerGroupTargetAssignmentMember",
        CURRENT => "ConsumerGroupCurrentMemberAssignment",
        REGEX => "ConsumerGroupRegularExpression",
        _ => "a record that is not of a consumer group",
    }
}

fn fact(kind: i16, key: &mut Reader<'_>, value: Option<&[u8]>) -> Option<Fact> {
    Some(match kind {
        GROUP => Fact::Group(read(value, number_and_tag)?),
        PARTITION_METADATA => Fact::PartitionMetadata,
        MEMBER => Fact::Member(key.key_string()?, read(value, subscription)?),
        TARGET_EPOCH => Fact::TargetEpoch(read(value, number_and_tag)?),
        TARGET => Fact::Target(key.key_string()?, read(value, target)?),
        CURRENT => Fact::Current(key.key_string()?, read(value, current)?),
        REGEX => Fact::Regex(key.key_string()?, read(value, regex)?),
        _ => return None,
    })
}

/// `None` if malformed, a tombstone if there is no value.
#[expect(clippy::option_option, reason = "malformed, a tombstone, or a value")]
fn read<T>(
    value: Option<&[u8]>,
    fields: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Option<Option<T>> {
    let Some(value) = value else { return Some(None) };
    let mut reader = Reader::new(value);
    // Later versions only add tagged fields, as long as Kafka keeps its word.
    reader.i16().filter(|version| *version >= 0)?;
    fields(&mut reader).map(Some)
}

/// An int32, and an int64 with tag 0 that may be absent.
fn number_and_tag(reader: &mut Reader<'_>) -> Option<(i32, i64)> {
    let number = reader.i32()?;
    let mut tagged = 0;
    reader.tags(|tag, mut value| {
        if tag == 0 {
            tagged = value.i64()?;
        }
        Some(())
    })?;
    Some((number, tagged))
}

fn subscription(reader: &mut Reader<'_>) -> Option<Subscription> {
    let mut subscription = Subscription {
        instance: reader.nullable_string()?,
        rack: reader.nullable_string()?,
        client_id: reader.string()?,
        client_host: reader.string()?,
        topics: reader.list(Reader::string)?.into_iter().collect(),
        regex: reader.nullable_string()?.filter(|regex| !regex.is_empty()),
        rebalance_timeout_ms: reader.i32()?,
        assignor: reader.nullable_string()?,
        classic: None,
    };
    reader.tags(|tag, mut value| {
        if tag == 0 {
            subscription.classic = classic(&mut value)?;
        }
        Some(())
    })?;
    Some(subscription)
}

#[expect(clippy::option_option, reason = "malformed, null, or there")]
fn classic(reader: &mut Reader<'_>) -> Option<Option<ClassicMember>> {
    if reader.i8()? < 0 {
        return Some(None);
    }
    let session_timeout_ms = reader.i32()?;
    let protocols = reader.list(|reader| {
        let protocol = (reader.string()?, Bytes::copy_from_slice(reader.bytes()?));
        reader.skip_tags()?;
        Some(protocol)
    })?;
    Some(Some(ClassicMember { session_timeout_ms, protocols }))
}

fn partition(reader: &mut Reader<'_>) -> Option<PartitionIndex> {
    u32::try_from(reader.i32()?).ok().map(PartitionIndex)
}

fn target(reader: &mut Reader<'_>) -> Option<Partitions> {
    let mut partitions = Partitions::default();
    reader.list(|reader| {
        let topic = reader.uuid()?;
        for index in reader.list(partition)? {
            partitions.insert(topic, index);
        }
        reader.skip_tags()
    })?;
    reader.skip_tags()?;
    Some(partitions)
}

fn current(reader: &mut Reader<'_>) -> Option<Current> {
    let (epoch, previous_epoch) = (reader.i32()?, reader.i32()?);
    let state = MemberState::from_record(reader.i8()?);
    // Without epochs (before 4.3) a partition counts as assigned at the member's epoch.
    let assigned = owned(reader, epoch.max(0))?;
    let revoking = owned(reader, epoch.max(0))?;
    reader.skip_tags()?;
    Some(Current { epoch, previous_epoch, state, assigned, revoking })
}

fn owned(reader: &mut Reader<'_>, epoch: i32) -> Option<OwnedPartitions> {
    let mut owned = OwnedPartitions::default();
    reader.list(|reader| {
        let topic = reader.uuid()?;
        let partitions = reader.list(partition)?;
        let mut epochs = Vec::new();
        reader.tags(|tag, mut value| {
            if tag == 0 {
                epochs = value.list(Reader::i32)?;
            }
            Some(())
        })?;
        for (at, partition) in partitions.into_iter().enumerate() {
            owned.insert(topic, partition, epochs.get(at).copied().unwrap_or(epoch));
        }
        Some(())
    })?;
    Some(owned)
}

fn regex(reader: &mut Reader<'_>) -> Option<ResolvedRegex> {
    let resolved = ResolvedRegex {
        topics: reader.list(Reader::string)?.into_iter().collect(),
        version: reader.i64()?,
        at_ms: reader.i64()?,
    };
    reader.skip_tags()?;
    Some(resolved)
}
