//! OffsetCommit: a group's positions, for partitions that exist.

use std::sync::Arc;

use broker_groups::offsets::{Commit, CommitPartition, CommitReply};
use broker_metadata::{Image, TopicImage};
use protocol_types::{ErrorCode, LeaderEpoch};
use protocol_wire::messages::{
    OffsetCommitRequest, OffsetCommitResponse,
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic},
};

use super::{topics_by_id::name_of, wire_names::partition_index};
use crate::{
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// From this version on an unknown group is answered as such.
const FIRST_GROUP_NOT_FOUND: i16 = 9;

/// A topic of the request with what is known of each partition: its answer, or none while the
/// group's coordinator has to say.
#[derive(Debug)]
struct Asked<'a> {
    topic: &'a OffsetCommitRequestTopic,
    /// `None` where its id is that of no topic.
    name: Option<&'a str>,
    answers: Vec<(&'a OffsetCommitRequestPartition, Option<ErrorCode>)>,
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<OffsetCommitRequest>,
) -> OffsetCommitResponse {
    let image = context.broker.image();
    let wire = request.request();
    let mut asked: Vec<Asked<'_>> =
        wire.topics.iter().map(|topic| look_up(&request, context.version, &image, topic)).collect();
    if request.allows(Resource::Group(&wire.group_id)) {
        let commit = commit(context.version, wire, &image, &asked);
        if !commit.topics.is_empty() {
            let group = Arc::clone(&commit.group);
            let outcome = context.broker.ask_group(&group, commit).await.flatten();
            settle(&mut asked, outcome);
        }
    } else {
        // Whoever may not touch the group is told nothing else.
        for (_, answer) in asked.iter_mut().flat_map(|topic| &mut topic.answers) {
            *answer = Some(ErrorCode::GroupAuthorizationFailed);
        }
    }
    response(asked, |code| context.error(code))
}

/// What can be said of a topic's partitions without its group.
fn look_up<'a>(
    request: &Authorized<OffsetCommitRequest>,
    version: i16,
    image: &'a Image,
    topic: &'a OffsetCommitRequestTopic,
) -> Asked<'a> {
    let name = name_of(image, version, &topic.name, topic.topic_id);
    let known = name.and_then(|name| image.topic(name));
    let refusal = match name {
        None => Some(ErrorCode::UnknownTopicId),
        Some(name) if !request.session().allows(Operation::Read, Resource::Topic(name)) => {
            Some(ErrorCode::TopicAuthorizationFailed)
        }
        Some(_) => None,
    };
    let answers = topic.partitions.iter().map(|partition| {
        let exists = known.is_some_and(|known| has(known, partition.partition_index));
        let missing = (!exists).then_some(ErrorCode::UnknownTopicOrPartition);
        (partition, refusal.or(missing))
    });
    Asked { topic, name, answers: answers.collect() }
}

fn has(topic: &TopicImage, index: i32) -> bool {
    partition_index(index).is_some_and(|index| topic.partition(index).is_some())
}

/// The request to the group: partitions that are not answered yet.
fn commit(
    version: i16,
    request: &OffsetCommitRequest,
    image: &Image,
    asked: &[Asked<'_>],
) -> Commit {
    let topics = asked.iter().filter_map(|asked| {
        let name = asked.name?;
        let topic_id = image.topic(name).map(|topic| topic.id);
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
        (!partitions.is_empty()).then(|| (Arc::from(name), partitions))
    });
    Commit {
        group: Arc::from(&**request.group_id),
        member: Arc::from(&*request.member_id),
        instance: request.group_instance_id.as_deref().map(Arc::from),
        generation: u32::try_from(request.generation_id_or_member_epoch).ok(),
        retention_ms: u64::try_from(request.retention_time_ms).ok(),
        knows_group_not_found: version >= FIRST_GROUP_NOT_FOUND,
        topics: topics.collect(),
    }
}

/// Tells the partitions that were open what the group says of each, or of the request. Those that
/// were refused before keep their answers, as in Kafka.
fn settle(asked: &mut [Asked<'_>], outcome: CommitReply) {
    let answers = asked.iter_mut().flat_map(|topic| &mut topic.answers);
    let open = answers.filter_map(|(_, answer)| answer.is_none().then_some(answer));
    match outcome {
        Ok(topics) => {
            let codes = topics.into_iter().flat_map(|(_, partitions)| partitions);
            for (answer, (_, code)) in open.zip(codes) {
                *answer = Some(code);
            }
        }
        Err(code) => open.for_each(|answer| *answer = Some(code)),
    }
}

/// Topics are named as they were in the request; a version carries the name or the id.
fn response(asked: Vec<Asked<'_>>, error: impl Fn(ErrorCode) -> i16) -> OffsetCommitResponse {
    let topics = asked.into_iter().map(|asked| {
        let partitions = asked.answers.into_iter().map(|(partition, code)| {
            let code = code.unwrap_or(ErrorCode::UnknownServerError);
            OffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(error(code))
        });
        OffsetCommitResponseTopic::default()
            .with_name(asked.topic.name.clone())
            .with_topic_id(asked.topic.topic_id)
            .with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

#[cfg(test)]
mod tests;
