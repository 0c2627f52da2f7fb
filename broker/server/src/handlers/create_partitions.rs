//! CreatePartitions: topics grow.

use broker_controller::{
    CommandError,
    commands::create_partitions::{CreatePartitions, GrowTopic},
};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse,
    create_partitions_request::CreatePartitionsTopic,
    create_partitions_response::CreatePartitionsTopicResult,
};

use super::wire_names::{message, topic_name};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Resource},
};

/// The first version whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599).
const STRICT_QUOTA_SINCE: i16 = 3;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<CreatePartitionsRequest>,
) -> CreatePartitionsResponse {
    let (allowed, refused): (Vec<_>, Vec<_>) = request
        .request()
        .topics
        .iter()
        .partition(|topic| request.allows(Resource::Topic(&topic.name)));
    let command = CreatePartitions {
        topics: allowed.iter().map(|topic| grow_topic(topic)).collect(),
        validate_only: request.request().validate_only,
    };
    let names: Vec<String> = command.topics.iter().map(|topic| topic.name.clone()).collect();
    let outcome = match blocking::submit_within(&context, STRICT_QUOTA_SINCE, command).await {
        Ok(outcome) => outcome,
        Err(error) => names.into_iter().map(|name| (name, Err(error.clone()))).collect(),
    };

    let unauthorized =
        CommandError::new(ErrorCode::TopicAuthorizationFailed, "Topic authorization failed.");
    let refused = refused.iter().map(|topic| (topic.name.to_string(), Err(unauthorized.clone())));
    let results = outcome
        .into_iter()
        .chain(refused)
        .map(|(name, outcome)| result(&name, &outcome, |code| context.error(code)));
    CreatePartitionsResponse::default().with_results(results.collect())
}

fn grow_topic(topic: &CreatePartitionsTopic) -> GrowTopic {
    let assignments = topic.assignments.as_ref().map(|assignments| {
        let brokers = assignments.iter().map(|assignment| &assignment.broker_ids);
        brokers.map(|ids| ids.iter().map(|id| id.0).collect()).collect()
    });
    GrowTopic { name: topic.name.to_string(), count: topic.count, assignments }
}

fn result(
    name: &str,
    outcome: &Result<(), CommandError>,
    error: impl Fn(ErrorCode) -> i16,
) -> CreatePartitionsTopicResult {
    let answer = CreatePartitionsTopicResult::default().with_name(topic_name(name));
    match outcome {
        Ok(()) => answer,
        // Of a topic that is not there, Kafka says the code alone.
        Err(refusal) if refusal.code == ErrorCode::UnknownTopicOrPartition => {
            answer.with_error_code(error(refusal.code)).with_error_message(None)
        }
        Err(refusal) => {
            answer.with_error_code(error(refusal.code)).with_error_message(message(refusal))
        }
    }
}

#[cfg(test)]
mod tests;
