//! ElectLeaders: every partition is led by its only replica, which is the preferred one, so no
//! election is ever needed (trap 107).

use broker_metadata::Image;
use protocol_types::{ErrorCode, PartitionIndex};
use protocol_wire::messages::{
    ElectLeadersRequest, ElectLeadersResponse,
    elect_leaders_request::TopicPartitions,
    elect_leaders_response::{PartitionResult, ReplicaElectionResult},
};

use super::wire_names::{told, topic_name};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// First version with an error of the request as a whole.
const FIRST_ERROR: i16 = 1;
const NOT_NEEDED: &str = "Leader election not needed for topic partition.";

/// Why a partition gets no election: code and message.
type Refusal = (ErrorCode, Option<String>);

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ElectLeadersRequest>,
) -> ElectLeadersResponse {
    let asked = request.request();
    let image = context.broker.image();
    let whole = whole(asked, request.allows(Resource::Cluster));
    let judge = |topic: &str, partition: i32| {
        whole.clone().unwrap_or_else(|| refusal(&image, topic, partition))
    };
    let results = match &asked.topic_partitions {
        // Who asks for all is told only what would have needed an election: nothing.
        None => image
            .topics_by_name()
            .iter()
            .filter(|_| whole.is_none())
            .map(|topic| ReplicaElectionResult::default().with_topic(topic_name(&topic.name)))
            .collect(),
        Some(topics) => topics.iter().map(|topic| result(topic, &judge, &context)).collect(),
    };
    let answer = ElectLeadersResponse::default().with_replica_election_results(results);
    match &whole {
        Some((code, _)) if context.version >= FIRST_ERROR => {
            answer.with_error_code(context.error(*code))
        }
        Some(_) | None => answer,
    }
}

/// What refuses every partition.
fn whole(asked: &ElectLeadersRequest, allowed: bool) -> Option<Refusal> {
    const PREFERRED: i8 = 0;
    const UNCLEAN: i8 = 1;
    if !allowed {
        return Some((ErrorCode::ClusterAuthorizationFailed, None));
    }
    if !matches!(asked.election_type, PREFERRED | UNCLEAN) {
        let why = format!("Unknown election type {}", asked.election_type);
        return Some((ErrorCode::InvalidRequest, Some(why)));
    }
    (asked.timeout_ms <= 0).then_some((ErrorCode::RequestTimedOut, None))
}

fn result(
    topic: &TopicPartitions,
    judge: &dyn Fn(&str, i32) -> Refusal,
    context: &RequestContext,
) -> ReplicaElectionResult {
    let partitions = topic.partitions.iter().map(|&partition| {
        let (code, why) = judge(&topic.topic, partition);
        PartitionResult::default()
            .with_partition_id(partition)
            .with_error_code(context.error(code))
            .with_error_message(why.as_deref().map(told))
    });
    ReplicaElectionResult::default()
        .with_topic(topic.topic.clone())
        .with_partition_result(partitions.collect())
}

fn refusal(image: &Image, topic: &str, partition: i32) -> Refusal {
    let unknown = |what: String| (ErrorCode::UnknownTopicOrPartition, Some(what));
    let Some(found) = image.topic(topic) else {
        return unknown(format!("No such topic as {topic}"));
    };
    let index = u32::try_from(partition).ok().map(PartitionIndex);
    if index.and_then(|index| found.partition(index)).is_none() {
        return unknown(format!("No such partition as {topic}-{partition}"));
    }
    (ErrorCode::ElectionNotNeeded, Some(NOT_NEEDED.to_owned()))
}

#[cfg(test)]
mod tests;
