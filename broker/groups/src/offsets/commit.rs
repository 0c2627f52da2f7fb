//! OffsetCommit: who may commit is the group's word; what is committed becomes records.

use broker_coordinator::{Now, Record};
use protocol_types::{ErrorCode, Timestamp, TopicId};

use super::{Commit, CommitPartition, CommitReply, Committed};
use crate::config::GroupConfig;
use crate::consumer;
use crate::group::{Group, Groups};
use crate::records::offset_commit;

/// Decides a commit and adds its records. The group of a commit from outside comes to be when the
/// first of them is replayed.
pub(crate) fn commit(
    groups: &mut Groups,
    config: &GroupConfig,
    now: Now,
    request: Commit,
    records: &mut Vec<Record>,
) -> CommitReply {
    validate(groups, now, &request)?;
    let expires_at = request.retention_ms.map(|millis| {
        Timestamp(now.wall.0.saturating_add(i64::try_from(millis).unwrap_or(i64::MAX)))
    });
    let group = &*request.group;
    let topics = request.topics.into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(|(index, partition)| {
            if is_too_long(&partition.metadata, config) {
                return (index, ErrorCode::OffsetMetadataTooLarge);
            }
            let committed = committed(partition, now.wall, expires_at);
            records.push(offset_commit::record(group, &topic, index, &committed));
            (index, ErrorCode::None)
        });
        let partitions = partitions.collect();
        (topic, partitions)
    });
    Ok(topics.collect())
}

fn validate(groups: &mut Groups, now: Now, request: &Commit) -> Result<(), ErrorCode> {
    let Some(group) = groups.get_mut(&request.group) else {
        return match request.generation {
            None => Ok(()),
            Some(_) if request.knows_group_not_found => Err(ErrorCode::GroupIdNotFound),
            Some(_) => Err(ErrorCode::IllegalGeneration),
        };
    };
    group.validate_commit(now, &request.member, request.instance.as_deref(), request.generation)?;
    match group {
        Group::Classic(_) => Ok(()),
        Group::Consumer(group) => validate_epochs(group, request),
    }
}

/// A member whose epoch is behind may still commit for what it has had since then; as in Kafka one
/// partition that it may not commit for refuses the whole request.
fn validate_epochs(group: &consumer::Group, request: &Commit) -> Result<(), ErrorCode> {
    let member = &*request.member;
    if !request.knows_group_not_found && group.speaks_consumer_protocol(member) {
        return Err(ErrorCode::UnsupportedVersion);
    }
    let epoch = request.generation.map(|epoch| i32::try_from(epoch).unwrap_or(i32::MAX));
    for (_, partitions) in &request.topics {
        for (index, partition) in partitions {
            let topic = partition.topic_id.unwrap_or(TopicId::ZERO);
            group.validate_partition(member, epoch, topic, *index)?;
        }
    }
    Ok(())
}

/// Kafka counts UTF-16 units.
fn is_too_long(metadata: &str, config: &GroupConfig) -> bool {
    let limit = config.offset_metadata_max as usize;
    metadata.len() > limit && metadata.encode_utf16().count() > limit
}

fn committed(
    partition: CommitPartition,
    committed_at: Timestamp,
    expires_at: Option<Timestamp>,
) -> Committed {
    let CommitPartition { offset, leader_epoch, metadata, topic_id } = partition;
    Committed { offset, leader_epoch, metadata, committed_at, expires_at, topic_id }
}
