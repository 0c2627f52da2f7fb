//! OffsetCommit 10: as 9, with ids in place of the topics' names.

use bytes::{BufMut, BytesMut};
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::{GroupId, OffsetCommitRequest};

use super::put::{put_array, put_tags};
use super::reader::Reader;
use crate::error::{EncodeError, Malformed};
use crate::writer::put_string;

pub(super) fn decode(mut reader: Reader<'_>) -> Result<OffsetCommitRequest, Malformed> {
    Ok(OffsetCommitRequest::default()
        .with_group_id(GroupId(reader.string("GroupId")?))
        .with_generation_id_or_member_epoch(reader.i32("GenerationIdOrMemberEpoch")?)
        .with_member_id(reader.string("MemberId")?)
        .with_group_instance_id(reader.nullable_string("GroupInstanceId")?)
        .with_topics(reader.array("Topics", topic)?)
        .with_unknown_tagged_fields(reader.tags()?))
}

fn topic(reader: &mut Reader<'_>) -> Result<OffsetCommitRequestTopic, Malformed> {
    Ok(OffsetCommitRequestTopic::default()
        .with_topic_id(reader.uuid("TopicId")?)
        .with_partitions(reader.array("Partitions", partition)?)
        .with_unknown_tagged_fields(reader.tags()?))
}

fn partition(reader: &mut Reader<'_>) -> Result<OffsetCommitRequestPartition, Malformed> {
    Ok(OffsetCommitRequestPartition::default()
        .with_partition_index(reader.i32("PartitionIndex")?)
        .with_committed_offset(reader.i64("CommittedOffset")?)
        .with_committed_leader_epoch(reader.i32("CommittedLeaderEpoch")?)
        .with_committed_metadata(reader.nullable_string("CommittedMetadata")?)
        .with_unknown_tagged_fields(reader.tags()?))
}

pub(super) fn encode(out: &mut BytesMut, request: &OffsetCommitRequest) -> Result<(), EncodeError> {
    put_string(out, true, Some(&request.group_id))?;
    out.put_i32(request.generation_id_or_member_epoch);
    put_string(out, true, Some(&request.member_id))?;
    put_string(out, true, request.group_instance_id.as_deref())?;
    put_array(out, Some(&request.topics), |out, topic| {
        out.put_slice(topic.topic_id.as_bytes());
        put_array(out, Some(&topic.partitions), put_partition)?;
        put_tags(out, &topic.unknown_tagged_fields)
    })?;
    put_tags(out, &request.unknown_tagged_fields)
}

fn put_partition(
    out: &mut BytesMut,
    partition: &OffsetCommitRequestPartition,
) -> Result<(), EncodeError> {
    out.put_i32(partition.partition_index);
    out.put_i64(partition.committed_offset);
    out.put_i32(partition.committed_leader_epoch);
    put_string(out, true, partition.committed_metadata.as_deref())?;
    put_tags(out, &partition.unknown_tagged_fields)
}
