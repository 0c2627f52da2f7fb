//! DeleteRecords: raises the log start of partitions.

use std::sync::Arc;

use broker_partitions::{Ack, DeleteRefusal, Partition, Partitions};
use protocol_types::{ErrorCode, Offset, PartitionIndex, topic_name};
use protocol_wire::messages::{
    DeleteRecordsRequest, DeleteRecordsResponse,
    delete_records_request::DeleteRecordsTopic,
    delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult},
};

use crate::{
    blocking, error_code,
    request::RequestContext,
    security::{Authorized, Resource},
};

/// "Up to the high watermark".
const HIGH_WATERMARK: i64 = -1;
/// The low watermark of a partition that answers an error.
const NO_LOW_WATERMARK: i64 = -1;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DeleteRecordsRequest>,
) -> DeleteRecordsResponse {
    let mut acks = Vec::new();
    let topics: Vec<_> = request
        .request()
        .topics
        .iter()
        .map(|topic| {
            let allowed = request.allows(Resource::Topic(&topic.name));
            delete(topic, allowed, &context, &mut acks)
        })
        .collect();
    // A log start is told to the client only once it is durable. It is raised even if the broker
    // stops before: the client then sees its connection close.
    if let Some(last) = acks.into_iter().max_by_key(|ack| ack.lsn) {
        let partitions = Arc::clone(&context.broker.partitions);
        let durable = blocking::run(move || partitions.wait_durable(last)).await;
        if !matches!(durable, Ok(Ok(()))) {
            return not_durable(topics, &context);
        }
    }
    DeleteRecordsResponse::default().with_topics(topics)
}

fn delete(
    topic: &DeleteRecordsTopic,
    allowed: bool,
    context: &RequestContext,
    acks: &mut Vec<Ack>,
) -> DeleteRecordsTopicResult {
    let partitions = &context.broker.partitions;
    let hosted = partitions.topic(&topic.name);
    let is_internal = topic_name::is_kafka_internal(&topic.name);
    let results = topic.partitions.iter().map(|asked| {
        let result = if allowed {
            let index = u32::try_from(asked.partition_index).ok().map(PartitionIndex);
            let partition = hosted.as_ref().zip(index).and_then(|(topic, i)| topic.partition(i));
            match partition {
                None => Err(ErrorCode::UnknownTopicOrPartition),
                // Whatever its policy: a coordinator's records are not a client's to delete.
                Some(_) if is_internal => Err(ErrorCode::InvalidTopicException),
                Some(partition) => raise(partitions, &partition, asked.offset),
            }
        } else {
            Err(ErrorCode::TopicAuthorizationFailed)
        };
        let answer =
            DeleteRecordsPartitionResult::default().with_partition_index(asked.partition_index);
        match result {
            Ok((log_start, ack)) => {
                acks.push(ack);
                answer.with_low_watermark(log_start.to_wire())
            }
            Err(code) => {
                answer.with_low_watermark(NO_LOW_WATERMARK).with_error_code(context.error(code))
            }
        }
    });
    DeleteRecordsTopicResult::default()
        .with_name(topic.name.clone())
        .with_partitions(results.collect())
}

fn raise(
    partitions: &Partitions,
    partition: &Arc<Partition>,
    asked: i64,
) -> Result<(Offset, Ack), ErrorCode> {
    let to = match asked {
        HIGH_WATERMARK => None,
        offset => Some(Offset::from_wire(offset).ok_or(ErrorCode::OffsetOutOfRange)?),
    };
    let code = |refusal: DeleteRefusal| error_code::delete_refusal(&refusal);
    partitions.delete_records(partition, to).map_err(code)
}

/// The log could not be synced; the process is about to end.
fn not_durable(
    topics: Vec<DeleteRecordsTopicResult>,
    context: &RequestContext,
) -> DeleteRecordsResponse {
    let mut topics = topics;
    for partition in topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
        partition.error_code = context.error(ErrorCode::KafkaStorageError);
        partition.low_watermark = NO_LOW_WATERMARK;
    }
    DeleteRecordsResponse::default().with_topics(topics)
}
