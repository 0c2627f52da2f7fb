//! From records to facts: every version Kafka has written.

use broker_coordinator::{Record, ReplayError};
use protocol_types::PartitionIndex;

use super::{CURRENT, Fact, GROUP, MEMBER, PARTITION_METADATA, REGEX, Read, TARGET, TARGET_EPOCH};
use crate::consumer::member::{ClassicMember, Current, MemberState, Subscription};
use crate::consumer::partitions::{OwnedPartitions, Partitions};
use crate::consumer::regex::ResolvedRegex;
use crate::records::{
    self,
    codec::{Form, Reader},
};

/// Whether records of this kind are of consumer groups.
pub(crate) const fn is_kind(kind: i16) -> bool {
    matches!(kind, GROUP..=CURRENT | REGEX)
}

/// Reads a record whose kind [`is_kind`].
///
/// # Errors
/// Its key or value is malformed.
pub(crate) fn decode(record: &Record) -> Result<Read, ReplayError> {
    let what = name(records::kind(record).unwrap_or_default());
    let (kind, mut key) = Reader::new(what, &record.key, |_| Form::Fixed)?;
    let group = key.string()?;
    let fact = fact(kind, &mut key, record.value.as_deref())?;
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

fn fact(kind: i16, key: &mut Reader<'_>, value: Option<&[u8]>) -> Result<Fact, ReplayError> {
    let what = name(kind);
    Ok(match kind {
        GROUP => Fact::Group(read(what, value, number_and_tag)?),
        PARTITION_METADATA => Fact::PartitionMetadata,
        MEMBER => Fact::Member(key.string()?, read(what, value, subscription)?),
        TARGET_EPOCH => Fact::TargetEpoch(read(what, value, number_and_tag)?),
        TARGET => Fact::Target(key.string()?, read(what, value, target)?),
        CURRENT => Fact::Current(key.string()?, read(what, value, current)?),
        REGEX => Fact::Regex(key.string()?, read(what, value, regex)?),
        _ => return Err(key.error("it is of another kind")),
    })
}

/// A tombstone if there is no value.
fn read<T>(
    what: &'static str,
    value: Option<&[u8]>,
    fields: impl FnOnce(&mut Reader<'_>) -> Result<T, ReplayError>,
) -> Result<Option<T>, ReplayError> {
    let Some(value) = value else { return Ok(None) };
    let (version, mut reader) = Reader::new(what, value, |_| Form::Flexible)?;
    // Later versions only add tagged fields, as long as Kafka keeps its word.
    if version < 0 {
        return Err(reader.error(format!("version {version} is negative")));
    }
    fields(&mut reader).map(Some)
}

/// An int32, and an int64 with tag 0 that may be absent.
fn number_and_tag(reader: &mut Reader<'_>) -> Result<(i32, i64), ReplayError> {
    let number = reader.i32()?;
    let mut tagged = 0;
    reader.tags(|tag, mut value| {
        if tag == 0 {
            tagged = value.i64()?;
        }
        Ok(())
    })?;
    Ok((number, tagged))
}

fn subscription(reader: &mut Reader<'_>) -> Result<Subscription, ReplayError> {
    let mut subscription = Subscription {
        instance: reader.nullable_string()?,
        rack: reader.nullable_string()?,
        client_id: reader.string()?,
        client_host: reader.string()?,
        topics: reader.list(Reader::string)?.into_iter().collect(),
        regex: reader.nullable_string()?.filter(|regex: &String| !regex.is_empty()),
        rebalance_timeout_ms: reader.i32()?,
        assignor: reader.nullable_string()?,
        classic: None,
    };
    reader.tags(|tag, mut value| {
        if tag == 0 {
            subscription.classic = classic(&mut value)?;
        }
        Ok(())
    })?;
    Ok(subscription)
}

fn classic(reader: &mut Reader<'_>) -> Result<Option<ClassicMember>, ReplayError> {
    if reader.i8()? < 0 {
        return Ok(None);
    }
    let session_timeout_ms = reader.i32()?;
    let protocols = reader.list(|reader| {
        let protocol = (reader.string()?, reader.byte_array()?);
        reader.skip_tags()?;
        Ok(protocol)
    })?;
    Ok(Some(ClassicMember { session_timeout_ms, protocols }))
}

fn partition(reader: &mut Reader<'_>) -> Result<PartitionIndex, ReplayError> {
    let index = u32::try_from(reader.i32()?);
    index.map(PartitionIndex).map_err(|_| reader.error("a partition is negative"))
}

fn target(reader: &mut Reader<'_>) -> Result<Partitions, ReplayError> {
    let mut partitions = Partitions::default();
    reader.list(|reader| {
        let topic = reader.uuid()?;
        for index in reader.list(partition)? {
            partitions.insert(topic, index);
        }
        reader.skip_tags()
    })?;
    reader.skip_tags()?;
    Ok(partitions)
}

fn current(reader: &mut Reader<'_>) -> Result<Current, ReplayError> {
    let (epoch, previous_epoch) = (reader.i32()?, reader.i32()?);
    let state = MemberState::from_record(reader.i8()?);
    // Without epochs (before 4.3) a partition counts as assigned at the member's epoch.
    let assigned = owned(reader, epoch.max(0))?;
    let revoking = owned(reader, epoch.max(0))?;
    reader.skip_tags()?;
    Ok(Current { epoch, previous_epoch, state, assigned, revoking })
}

fn owned(reader: &mut Reader<'_>, epoch: i32) -> Result<OwnedPartitions, ReplayError> {
    let mut owned = OwnedPartitions::default();
    reader.list(|reader| {
        let topic = reader.uuid()?;
        let partitions = reader.list(partition)?;
        let mut epochs = Vec::new();
        reader.tags(|tag, mut value| {
            if tag == 0 {
                epochs = value.list(Reader::i32)?;
            }
            Ok(())
        })?;
        for (at, partition) in partitions.into_iter().enumerate() {
            owned.insert(topic, partition, epochs.get(at).copied().unwrap_or(epoch));
        }
        Ok(())
    })?;
    Ok(owned)
}

fn regex(reader: &mut Reader<'_>) -> Result<ResolvedRegex, ReplayError> {
    let resolved = ResolvedRegex {
        topics: reader.list(Reader::string)?.into_iter().collect(),
        version: reader.i64()?,
        at_ms: reader.i64()?,
    };
    reader.skip_tags()?;
    Ok(resolved)
}
