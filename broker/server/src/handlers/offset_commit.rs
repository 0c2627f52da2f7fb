//! OffsetCommit: a group's positions, for partitions that exist.

use std::sync::Arc;

use broker_groups::offsets::{Commit, CommitPartition};
use broker_metadata::{Image, TopicImage};
use protocol_types::{ErrorCode, LeaderEpoch};
use protocol_wire::messages::{
    OffsetCommitRequest, OffsetCommitResponse,
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic},
};

use super::wire_names::partition_index;
use crate::{
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// From this version on an unknown group is answered as such.
const FIRST_GROUP_NOT_FOUND: i16 = 9;

/// A topic of the request with what is known of each partition: its answer, or none while the
/// group's coordinator has to say.
struct Asked<'a> {
    topic: &'a OffsetCommitRequestTopic,
    answers: Vec<(&'a OffsetCommitRequestPartition, Option<ErrorCode>)>,
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<OffsetCommitRequest>,
) -> OffsetCommitResponse {
    let image = context.broker.image();
    let mut asked: Vec<Asked<'_>> =
        request.request().topics.iter().map(|topic| look_up(&request, &image, topic)).collect();
    let group_allowed = request.allows(Resource::Group(&request.request().group_id));
    let commit = commit(&context, request.request(), &image, &asked);
    let outcome = if !group_allowed {
        Err(ErrorCode::GroupAuthorizationFailed)
    } else if commit.topics.is_empty() {
        Ok(Vec::new())
    } else {
        let group = Arc::clone(&commit.group);
        context.broker.ask_group(&group, commit).await.flatten()
    };
    let mut decided = match &outcome {
        Ok(topics) => topics.iter().flat_map(|(_, partitions)| partitions).map(|(_, code)| *code),
        // Every partition is told what is wrong with the request.
        Err(code) => return refused(&context, &request.request().topics, *code),
    };
    for (_, answer) in asked.iter_mut().flat_map(|topic| &mut topic.answers) {
        if answer.is_none() {
            *answer = decided.next();
        }
    }
    let topics = asked.into_iter().map(|asked| {
        let partitions = asked.answers.into_iter().map(|(partition, code)| {
            let code = code.unwrap_or(ErrorCode::UnknownServerError);
            partition_answer(&context, partition, code)
        });
        OffsetCommitResponseTopic::default()
            .with_name(asked.topic.name.clone())
            .with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

/// What can be said of a topic's partitions without its group.
fn look_up<'a>(
    request: &Authorized<OffsetCommitRequest>,
    image: &Image,
    topic: &'a OffsetCommitRequestTopic,
) -> Asked<'a> {
    let allowed = request.session().allows(Operation::Read, Resource::Topic(&topic.name));
    let known = image.topic(&topic.name);
    let answers = topic.partitions.iter().map(|partition| {
        let exists = known.is_some_and(|known| has(known, partition.partition_index));
        let code = match (allowed, exists) {
            (false, _) => Some(ErrorCode::TopicAuthorizationFailed),
            (true, false) => Some(ErrorCode::UnknownTopicOrPartition),
            (true, true) => None,
        };
        (partition, code)
    });
    Asked { topic, answers: answers.collect() }
}

fn has(topic: &TopicImage, index: i32) -> bool {
    partition_index(index).is_some_and(|index| topic.partition(index).is_some())
}

/// The request to the group: partitions that are not answered yet.
fn commit(
    context: &RequestContext,
    request: &OffsetCommitRequest,
    image: &Image,
    asked: &[Asked<'_>],
) -> Commit {
    let topics = asked.iter().filter_map(|asked| {
        let topic_id = image.topic(&asked.topic.name).map(|topic| topic.id);
        let open = asked.answers.iter().filter(|(_, answer)| answer.is_none());
        let partitions: Vec<_> = open
            .filter_map(|(partition, _)| {
                let index = partition_index(partition.partition_index)?;
                let commit = CommitPartition {
                    offset: partition.committed_offset,
                    leader_epoch: LeaderEpoch::from_wire(partition.committed_leader_epoch),
                    metadata: partition
                        .committed_metadata
                        .as_deref()
                        .filter(|metadata| !metadata.is_empty())
                        .map_or_else(Arc::default, Arc::from),
                    topic_id,
                };
                Some((index, commit))
            })
            .collect();
        (!partitions.is_empty()).then(|| (Arc::from(&**asked.topic.name), partitions))
    });
    Commit {
        group: Arc::from(&**request.group_id),
        member: Arc::from(&*request.member_id),
        instance: request.group_instance_id.as_deref().map(Arc::from),
        generation: u32::try_from(request.generation_id_or_member_epoch).ok(),
        retention_ms: u64::try_from(request.retention_time_ms).ok(),
        knows_group_not_found: context.version >= FIRST_GROUP_NOT_FOUND,
        topics: topics.collect(),
    }
}

fn refused(
    context: &RequestContext,
    topics: &[OffsetCommitRequestTopic],
    code: ErrorCode,
) -> OffsetCommitResponse {
    let topics = topics.iter().map(|topic| {
        let partitions = topic.partitions.iter();
        let partitions = partitions.map(|partition| partition_answer(context, partition, code));
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

fn partition_answer(
    context: &RequestContext,
    partition: &OffsetCommitRequestPartition,
    code: ErrorCode,
) -> OffsetCommitResponsePartition {
    OffsetCommitResponsePartition::default()
        .with_partition_index(partition.partition_index)
        .with_error_code(context.error(code))
}
