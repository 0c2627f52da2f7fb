//! AlterPartitionReassignments: on one broker every valid move is to where the partition is.

use broker_controller::{CommandError, commands::reassign};
use broker_metadata::Image;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
    alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic},
    alter_partition_reassignments_response::{
        ReassignablePartitionResponse, ReassignableTopicResponse,
    },
};

use super::wire_names::{message, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// First version that says whether the number of replicas may change.
const FIRST_FACTOR: i16 = 1;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<AlterPartitionReassignmentsRequest>,
) -> AlterPartitionReassignmentsResponse {
    let asked = request.request();
    let whole = if !request.allows(Resource::Cluster) {
        let why = "Cluster authorization failed.";
        Some(CommandError::new(ErrorCode::ClusterAuthorizationFailed, why))
    } else {
        (asked.timeout_ms <= 0).then(|| CommandError::new(ErrorCode::RequestTimedOut, ""))
    };
    let image = context.broker.image();
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let judged = match &whole {
                Some(error) => Err(error.clone()),
                None => judge(&image, topic, partition),
            };
            let answer = ReassignablePartitionResponse::default()
                .with_partition_index(partition.partition_index)
                .with_error_message(None);
            match judged {
                Ok(()) => answer,
                Err(error) => answer
                    .with_error_code(context.error(error.code))
                    .with_error_message(message(&error).filter(|why| !why.is_empty())),
            }
        });
        ReassignableTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    // Kafka's message of a request without partitions is empty, and none otherwise.
    let said = asked.topics.is_empty().then(|| text(""));
    let answer = AlterPartitionReassignmentsResponse::default()
        .with_responses(topics.collect())
        .with_error_message(said);
    let answer = match &whole {
        Some(error) => answer.with_error_code(context.error(error.code)),
        None => answer,
    };
    if context.version < FIRST_FACTOR {
        return answer;
    }
    answer.with_allow_replication_factor_change(asked.allow_replication_factor_change)
}

fn judge(
    image: &Image,
    topic: &ReassignableTopic,
    partition: &ReassignablePartition,
) -> Result<(), CommandError> {
    let replicas: Option<Vec<i32>> =
        partition.replicas.as_ref().map(|replicas| replicas.iter().map(|id| id.0).collect());
    reassign::check(image, &topic.name, partition.partition_index, replicas.as_deref())
}
