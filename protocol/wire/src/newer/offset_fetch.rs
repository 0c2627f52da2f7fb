//! OffsetFetch 10: as 9, with ids in place of the topics' names.

use bytes::{BufMut, BytesMut};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{GroupId, OffsetFetchRequest};

use super::put::{put_array, put_tags};
use super::reader::Reader;
use crate::error::{EncodeError, Malformed};
use crate::writer::put_string;

pub(super) fn decode(mut reader: Reader<'_>) -> Result<OffsetFetchRequest, Malformed> {
    Ok(OffsetFetchRequest::default()
        .with_groups(reader.array("Groups", group)?)
        .with_require_stable(reader.boolean("RequireStable")?)
        .with_unknown_tagged_fields(reader.tags()?))
}

fn group(reader: &mut Reader<'_>) -> Result<OffsetFetchRequestGroup, Malformed> {
    Ok(OffsetFetchRequestGroup::default()
        .with_group_id(GroupId(reader.string("GroupId")?))
        .with_member_id(reader.nullable_string("MemberId")?)
        .with_member_epoch(reader.i32("MemberEpoch")?)
        .with_topics(reader.nullable_array("Topics", topic)?)
        .with_unknown_tagged_fields(reader.tags()?))
}

fn topic(reader: &mut Reader<'_>) -> Result<OffsetFetchRequestTopics, Malformed> {
    const INDEXES: &str = "PartitionIndexes";
    Ok(OffsetFetchRequestTopics::default()
        .with_topic_id(reader.uuid("TopicId")?)
        .with_partition_indexes(reader.array(INDEXES, |reader| reader.i32(INDEXES))?)
        .with_unknown_tagged_fields(reader.tags()?))
}

pub(super) fn encode(out: &mut BytesMut, request: &OffsetFetchRequest) -> Result<(), EncodeError> {
    put_array(out, Some(&request.groups), put_group)?;
    out.put_u8(u8::from(request.require_stable));
    put_tags(out, &request.unknown_tagged_fields)
}

fn put_group(out: &mut BytesMut, group: &OffsetFetchRequestGroup) -> Result<(), EncodeError> {
    put_string(out, true, Some(&group.group_id))?;
    put_string(out, true, group.member_id.as_deref())?;
    out.put_i32(group.member_epoch);
    put_array(out, group.topics.as_deref(), |out, topic| {
        out.put_slice(topic.topic_id.as_bytes());
        put_array(out, Some(&topic.partition_indexes), |out, index| {
            out.put_i32(*index);
            Ok(())
        })?;
        put_tags(out, &topic.unknown_tagged_fields)
    })?;
    put_tags(out, &group.unknown_tagged_fields)
}
