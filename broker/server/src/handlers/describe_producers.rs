//! DescribeProducers: the idempotent producers that partitions remember.

use broker_controller::{CommandError, commands::topic_name as names};
use broker_partitions::ActiveProducer;
use protocol_types::{ErrorCode, PartitionIndex};
use protocol_wire::messages::{
    DescribeProducersRequest, DescribeProducersResponse, ProducerId,
    describe_producers_request::TopicRequest,
    describe_producers_response::{PartitionResponse, ProducerState, TopicResponse},
};

use super::{room::Room, wire_names::message};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// No transaction, and so no coordinator, has written.
const NONE: i32 = -1;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeProducersRequest>,
) -> DescribeProducersResponse {
    let mut room = Room::of(&context);
    let topics = request.request().topics.iter().map(|asked| {
        let refused = refusal(&context, asked, request.allows(Resource::Topic(&asked.name)));
        let partitions = asked.partition_indexes.iter().map(|&index| {
            let described = match &refused {
                Some(refusal) => Err(refusal.clone()),
                None => room.check().and_then(|()| producers(&context, &asked.name, index)),
            };
            let answer = PartitionResponse::default().with_partition_index(index);
            let answer = match described {
                Ok(active) => answer.with_error_message(None).with_active_producers(active),
                Err(error) => answer
                    .with_error_code(context.error(error.code))
                    .with_error_message(message(&error).filter(|why| !why.is_empty())),
            };
            room.take(&answer);
            answer
        });
        TopicResponse::default().with_name(asked.name.clone()).with_partitions(partitions.collect())
    });
    DescribeProducersResponse::default().with_topics(topics.collect())
}

fn producers(
    context: &RequestContext,
    topic: &str,
    index: i32,
) -> Result<Vec<ProducerState>, CommandError> {
    let partitions = &context.broker.partitions;
    let number = u32::try_from(index).ok().map(PartitionIndex);
    let found = partitions.topic(topic).zip(number).and_then(|(topic, n)| topic.partition(n));
    let found = found.ok_or_else(|| CommandError::new(ErrorCode::UnknownTopicOrPartition, ""))?;
    Ok(partitions.active_producers(&found).iter().map(state).collect())
}

/// What is wrong with the topic as a whole.
fn refusal(context: &RequestContext, asked: &TopicRequest, allowed: bool) -> Option<CommandError> {
    if let Err(invalid) = names::validate(&asked.name) {
        return Some(invalid);
    }
    if !allowed {
        let code = ErrorCode::TopicAuthorizationFailed;
        return Some(CommandError::new(code, "Topic authorization failed."));
    }
    let unknown = context.broker.image().topic(&asked.name).is_none();
    unknown.then(|| {
        let why = "This server does not host this topic-partition.";
        CommandError::new(ErrorCode::UnknownTopicOrPartition, why)
    })
}

fn state(producer: &ActiveProducer) -> ProducerState {
    ProducerState::default()
        .with_producer_id(ProducerId(producer.id.to_wire()))
        .with_producer_epoch(producer.epoch.0.into())
        .with_last_sequence(producer.last_sequence.map_or(NONE, |sequence| sequence.0))
        .with_last_timestamp(producer.last_timestamp.0)
        .with_coordinator_epoch(NONE)
        .with_current_txn_start_offset(NONE.into())
}
