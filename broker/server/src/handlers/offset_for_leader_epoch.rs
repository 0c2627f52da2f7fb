//! OffsetForLeaderEpoch: where an epoch ends, so that a client detects a tail it lost (KIP-320).

use broker_partitions::Partitions;
use protocol_types::{ErrorCode, LeaderEpoch, PartitionIndex};
use protocol_wire::messages::{
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    offset_for_leader_epoch_request::OffsetForLeaderPartition,
    offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult},
};

use crate::{
    error_code,
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<OffsetForLeaderEpochRequest>,
) -> OffsetForLeaderEpochResponse {
    let follower = request.session().allows(Operation::ClusterAction, Resource::Cluster);
    let topics = request.request().topics.iter().map(|topic| {
        let allowed = follower || request.allows(Resource::Topic(&topic.topic));
        let ends = topic.partitions.iter().map(|asked| {
            // Undefined is (−1, −1), which the message's defaults say (trap 58).
            let answer = EpochEndOffset::default().with_partition(asked.partition);
            let end = if allowed {
                end_offset(&context.broker.partitions, &topic.topic, asked)
            } else {
                Err(ErrorCode::TopicAuthorizationFailed)
            };
            match end {
                Ok(None) => answer,
                Ok(Some((epoch, end))) => answer.with_leader_epoch(epoch).with_end_offset(end),
                Err(code) => answer.with_error_code(context.error(code)),
            }
        });
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(ends.collect())
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}

fn end_offset(
    partitions: &Partitions,
    topic: &str,
    asked: &OffsetForLeaderPartition,
) -> Result<Option<(i32, i64)>, ErrorCode> {
    let index = u32::try_from(asked.partition).ok().map(PartitionIndex);
    let partition = partitions
        .topic(topic)
        .zip(index)
        .and_then(|(topic, index)| topic.partition(index))
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let current = LeaderEpoch::from_wire(asked.current_leader_epoch);
    let code = |refusal| error_code::read_refusal(&refusal);
    let Some(epoch) = LeaderEpoch::from_wire(asked.leader_epoch) else {
        partitions.check_epoch(&partition, current).map_err(code)?;
        return Ok(None);
    };
    let end = partitions.end_offset_for(&partition, current, epoch).map_err(code)?;
    Ok(end.map(|(epoch, offset)| (epoch.to_wire(), offset.to_wire())))
}
