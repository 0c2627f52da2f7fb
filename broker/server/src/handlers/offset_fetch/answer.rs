//! What was found, in the terms of the wire and of its versions.

use std::sync::Arc;

use broker_groups::offsets::Committed;
use protocol_types::{ErrorCode, LeaderEpoch, TopicId};
use protocol_wire::messages::{
    GroupId, OffsetFetchResponse,
    offset_fetch_response::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
        OffsetFetchResponseTopic, OffsetFetchResponseTopics,
    },
};

use super::Asked;
use crate::{
    handlers::wire_names::{text, topic_name, uuid},
    request::RequestContext,
};

/// From this version on the answer carries an error for the whole group.
const FIRST_GROUP_ERROR: i16 = 2;
/// From this version on an answer names the leader epoch.
const FIRST_LEADER_EPOCH: i16 = 5;

/// One partition's answer.
pub(super) type Entry = (i32, Result<Option<Committed>, ErrorCode>);

/// One topic's answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Empty where the topic was asked for by an id that no topic has.
    pub(super) name: Arc<str>,
    /// From version 10 on, in the name's place.
    pub(super) id: Option<TopicId>,
    pub(super) partitions: Vec<Entry>,
}

/// The topics of one group's answer, in the order of the request.
pub(super) type Answer = Result<Vec<Found>, ErrorCode>;

pub(super) fn group_answer(
    context: &RequestContext,
    id: &GroupId,
    answer: Answer,
) -> OffsetFetchResponseGroup {
    let group = OffsetFetchResponseGroup::default().with_group_id(id.clone());
    let topics = match answer {
        Err(code) => return group.with_error_code(context.error(code)),
        Ok(topics) => topics,
    };
    let topics = topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().map(|(index, entry)| {
            let entry = Fields::of(context, entry);
            OffsetFetchResponsePartitions::default()
                .with_partition_index(index)
                .with_committed_offset(entry.offset)
                .with_committed_leader_epoch(entry.leader_epoch)
                .with_metadata(Some(text(&entry.metadata)))
                .with_error_code(entry.error)
        });
        let answer = OffsetFetchResponseTopics::default().with_partitions(partitions.collect());
        match topic.id {
            Some(id) => answer.with_topic_id(uuid(id)),
            None => answer.with_name(topic_name(&topic.name)),
        }
    });
    group.with_topics(topics.collect())
}

/// The answer of versions for one group.
pub(super) fn single(
    context: &RequestContext,
    asked: &Asked<'_>,
    answer: Answer,
) -> OffsetFetchResponse {
    let response = OffsetFetchResponse::default();
    let topics = match answer {
        Ok(topics) => topics,
        Err(code) if context.version >= FIRST_GROUP_ERROR => {
            return response.with_error_code(context.error(code));
        }
        Err(code) => refused(asked, code),
    };
    let topics = topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().map(|(index, entry)| {
            let entry = Fields::of(context, entry);
            let answer = OffsetFetchResponsePartition::default()
                .with_partition_index(index)
                .with_committed_offset(entry.offset)
                .with_metadata(Some(text(&entry.metadata)))
                .with_error_code(entry.error);
            if context.version >= FIRST_LEADER_EPOCH {
                return answer.with_committed_leader_epoch(entry.leader_epoch);
            }
            answer
        });
        OffsetFetchResponseTopic::default()
            .with_name(topic_name(&topic.name))
            .with_partitions(partitions.collect())
    });
    response.with_topics(topics.collect())
}

/// Every partition is told what is wrong with the group.
pub(super) fn refused(asked: &Asked<'_>, code: ErrorCode) -> Vec<Found> {
    let topics = asked.topics.iter().flatten().map(|topic| Found {
        name: topic.name.map_or_else(Arc::default, Arc::from),
        id: topic.id,
        partitions: topic.partitions.iter().map(|index| (*index, Err(code))).collect(),
    });
    topics.collect()
}

/// A partition's answer in the wire's terms.
struct Fields {
    offset: i64,
    leader_epoch: i32,
    metadata: Arc<str>,
    error: i16,
}

impl Fields {
    fn of(context: &RequestContext, entry: Result<Option<Committed>, ErrorCode>) -> Self {
        let none = Self { offset: -1, leader_epoch: -1, metadata: Arc::default(), error: 0 };
        match entry {
            Ok(None) => none,
            Ok(Some(committed)) => Self {
                offset: committed.offset,
                leader_epoch: committed.leader_epoch.map_or(-1, LeaderEpoch::to_wire),
                metadata: committed.metadata,
                error: 0,
            },
            Err(code) => Self { error: context.error(code), ..none },
        }
    }
}
