//! ConsumerGroupHeartbeat: a member of a consumer group joins, lives and leaves (KIP-848).

use std::sync::Arc;

use broker_controller::features::GROUP_VERSION;
use broker_groups::consumer::{Beat, Heartbeat, Partitions, Refusal};
use protocol_types::{ErrorCode, TopicId};
use protocol_wire::messages::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, StrBytes,
    consumer_group_heartbeat_response::{Assignment, TopicPartitions},
};
use uuid::Uuid;

use super::wire_names::{partition_index, text, told, uuid};
use crate::{
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// From this version on members name themselves.
const FIRST_SELF_NAMED: i16 = 1;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ConsumerGroupHeartbeatRequest>,
) -> ConsumerGroupHeartbeatResponse {
    let refused = |refusal: &Refusal| {
        let message = Some(refusal.message.as_str()).filter(|message| !message.is_empty());
        ConsumerGroupHeartbeatResponse::default()
            .with_error_code(context.error(refusal.code))
            .with_error_message(message.map(told))
    };
    if let Some(code) = refusal(&context, &request) {
        return refused(&Refusal::new(code, ""));
    }
    let heartbeat = heartbeat(&context, request.request());
    let group = Arc::clone(&heartbeat.group);
    match context.broker.ask_group(&group, Box::new(heartbeat)).await {
        Ok(Ok(beat)) => response(&beat),
        Ok(Err(refusal)) => refused(&refusal),
        Err(code) => refused(&Refusal::new(code, "")),
    }
}

/// What stands against the request before its group is asked.
fn refusal(
    context: &RequestContext,
    request: &Authorized<ConsumerGroupHeartbeatRequest>,
) -> Option<ErrorCode> {
    let wire = request.request();
    let describes =
        |name: &str| request.session().allows(Operation::Describe, Resource::Topic(name));
    if context.broker.image().feature(GROUP_VERSION) < 1 {
        Some(ErrorCode::UnsupportedVersion)
    } else if !request.allows(Resource::Group(&wire.group_id)) {
        Some(ErrorCode::GroupAuthorizationFailed)
    } else if !wire.subscribed_topic_names.iter().flatten().all(|name| describes(name)) {
        Some(ErrorCode::TopicAuthorizationFailed)
    } else {
        None
    }
}

fn heartbeat(context: &RequestContext, wire: &ConsumerGroupHeartbeatRequest) -> Heartbeat {
    let owned = |text: &Option<StrBytes>| text.as_ref().map(ToString::to_string);
    let owned_partitions = wire.topic_partitions.as_ref().map(|topics| {
        let partitions = topics.iter().flat_map(|topic| {
            let id = TopicId(topic.topic_id.into_bytes());
            let known = topic.partitions.iter().filter_map(|index| partition_index(*index));
            known.map(move |index| (id, index))
        });
        partitions.collect::<Partitions>()
    });
    let topics = wire.subscribed_topic_names.as_ref();
    Heartbeat {
        group: Arc::from(&**wire.group_id),
        member: wire.member_id.to_string(),
        epoch: wire.member_epoch,
        instance: owned(&wire.instance_id),
        rack: owned(&wire.rack_id),
        rebalance_timeout_ms: Some(wire.rebalance_timeout_ms).filter(|millis| *millis != -1),
        topics: topics.map(|names| names.iter().map(|name| name.to_string()).collect()),
        regex: owned(&wire.subscribed_topic_regex),
        assignor: owned(&wire.server_assignor),
        owned: owned_partitions,
        client_id: context.client_id.to_string(),
        client_host: format!("/{}", context.client_host),
        names_itself: context.version >= FIRST_SELF_NAMED,
        unique: Uuid::new_v4().to_string(),
    }
}

fn response(beat: &Beat) -> ConsumerGroupHeartbeatResponse {
    let assignment = beat.assignment.as_ref().map(|partitions| {
        let topics = partitions.topics().map(|(id, set)| {
            TopicPartitions::default()
                .with_topic_id(uuid(id))
                .with_partitions(set.iter().map(|index| index.0.cast_signed()).collect())
        });
        Assignment::default().with_topic_partitions(topics.collect())
    });
    ConsumerGroupHeartbeatResponse::default()
        .with_member_id(Some(text(&beat.member)))
        .with_member_epoch(beat.epoch)
        .with_heartbeat_interval_ms(i32::try_from(beat.interval_ms).unwrap_or(i32::MAX))
        .with_assignment(assignment)
}
