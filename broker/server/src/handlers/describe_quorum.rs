//! DescribeQuorum: this broker is the only voter of the metadata, and leads it.

use broker_metadata::Image;
use config::Listener;
use protocol_types::{ErrorCode, Timestamp};
use protocol_wire::messages::{
    DescribeQuorumRequest, DescribeQuorumResponse,
    describe_quorum_request::TopicData as AskedTopic,
    describe_quorum_response::{
        Listener as Endpoint, Node, PartitionData, ReplicaState, TopicData,
    },
};
use uuid::Uuid;

use super::wire_names::{broker_id, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

const METADATA_TOPIC: &str = "__cluster_metadata";
const METADATA_PARTITION: i32 = 0;
/// First version that tells when a voter was last heard of.
const FIRST_TIMES: i16 = 1;
/// First version that tells directories, endpoints and messages.
const FIRST_NODES: i16 = 2;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeQuorumRequest>,
) -> DescribeQuorumResponse {
    let answer = DescribeQuorumResponse::default();
    if !request.allows(Resource::Cluster) {
        let code = context.error(ErrorCode::ClusterAuthorizationFailed);
        return answer.with_error_code(code);
    }
    let asked = request.request().topics.as_slice();
    if !is_metadata(asked) {
        let topics = asked.iter().map(|topic| refused(topic, &context));
        return answer.with_topics(topics.collect());
    }
    let image = context.broker.image();
    let now = context.broker.clock.wall();
    let partition = partition(&image, context.broker.controller.log_end(), now, context.version);
    let topic = TopicData::default()
        .with_topic_name(super::wire_names::topic_name(METADATA_TOPIC))
        .with_partitions(vec![partition]);
    let answer = answer.with_topics(vec![topic]);
    if context.version < FIRST_NODES {
        return answer;
    }
    let listeners = image.listeners(&context.broker.listeners);
    let node = Node::default()
        .with_node_id(broker_id(image.node()))
        .with_listeners(listeners.iter().map(endpoint).collect());
    answer.with_nodes(vec![node])
}

/// As in Kafka, the request must name the metadata's one partition and nothing else.
fn is_metadata(asked: &[AskedTopic]) -> bool {
    let [topic] = asked else { return false };
    let [partition] = topic.partitions.as_slice() else { return false };
    topic.topic_name.as_str() == METADATA_TOPIC && partition.partition_index == METADATA_PARTITION
}

fn refused(topic: &AskedTopic, context: &RequestContext) -> TopicData {
    let why = "This server does not host this topic-partition.";
    let partitions = topic.partitions.iter().map(|partition| {
        let answer = PartitionData::default()
            .with_partition_index(partition.partition_index)
            .with_error_code(context.error(ErrorCode::UnknownTopicOrPartition));
        let worded = context.version >= FIRST_NODES;
        if worded { answer.with_error_message(Some(text(why))) } else { answer }
    });
    TopicData::default()
        .with_topic_name(topic.topic_name.clone())
        .with_partitions(partitions.collect())
}

/// A term of the leader is a life of this process.
fn partition(image: &Image, log_end: u64, now: Timestamp, version: i16) -> PartitionData {
    let log_end = i64::try_from(log_end).unwrap_or(i64::MAX);
    let voter = ReplicaState::default()
        .with_replica_id(broker_id(image.node()))
        .with_log_end_offset(log_end);
    let voter = if version >= FIRST_TIMES {
        voter.with_last_fetch_timestamp(now.0).with_last_caught_up_timestamp(now.0)
    } else {
        voter
    };
    let storage = image.broker(image.node()).map(|broker| Uuid::from_bytes(broker.storage));
    let voter = if version >= FIRST_NODES {
        voter.with_replica_directory_id(storage.unwrap_or_default())
    } else {
        voter
    };
    PartitionData::default()
        .with_partition_index(METADATA_PARTITION)
        .with_leader_id(broker_id(image.node()))
        .with_leader_epoch(image.incarnation().cast_signed())
        .with_high_watermark(log_end)
        .with_current_voters(vec![voter])
}

fn endpoint(listener: &Listener) -> Endpoint {
    Endpoint::default()
        .with_name(text(&listener.name))
        .with_host(text(&listener.advertised.host))
        .with_port(listener.advertised.port)
}

#[cfg(test)]
mod tests;
