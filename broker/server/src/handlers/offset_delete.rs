//! OffsetDelete: a group forgets positions in topics that nobody of it reads.

use std::sync::Arc;

use broker_groups::offsets::Delete;
use broker_metadata::Image;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    OffsetDeleteRequest, OffsetDeleteResponse,
    offset_delete_request::OffsetDeleteRequestTopic,
    offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic},
};

use super::wire_names::partition_index;
use crate::{
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<OffsetDeleteRequest>,
) -> OffsetDeleteResponse {
    let wire = request.request();
    let group = &**wire.group_id;
    let refused = |code| OffsetDeleteResponse::default().with_error_code(context.error(code));
    if !request.allows(Resource::Group(group)) {
        return refused(ErrorCode::GroupAuthorizationFailed);
    }
    if group.is_empty() {
        return refused(ErrorCode::InvalidGroupId);
    }
    let image = context.broker.image();
    let known: Vec<Vec<Option<ErrorCode>>> =
        wire.topics.iter().map(|topic| look_up(&request, &image, topic)).collect();
    let topics = wire.topics.iter().zip(&known).filter_map(|(topic, known)| {
        let open = topic.partitions.iter().zip(known).filter(|(_, known)| known.is_none());
        let open = open.filter_map(|(partition, _)| partition_index(partition.partition_index));
        let partitions: Vec<_> = open.collect();
        (!partitions.is_empty()).then(|| (Arc::from(&**topic.name), partitions))
    });
    let delete = Delete { group: Arc::from(group), topics: topics.collect() };
    let mut decided = match context.broker.ask_group(group, delete).await.flatten() {
        Ok(topics) => topics.into_iter().flat_map(|(_, partitions)| partitions),
        Err(code) => return refused(code),
    };
    let topics = wire.topics.iter().zip(known).map(|(topic, known)| {
        let partitions = topic.partitions.iter().zip(known).map(|(partition, known)| {
            let code = known.or_else(|| decided.next().map(|(_, code)| code));
            OffsetDeleteResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(context.error(code.unwrap_or(ErrorCode::UnknownServerError)))
        });
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    OffsetDeleteResponse::default().with_topics(topics.collect())
}

/// What can be said of each partition without the group.
fn look_up(
    request: &Authorized<OffsetDeleteRequest>,
    image: &Image,
    topic: &OffsetDeleteRequestTopic,
) -> Vec<Option<ErrorCode>> {
    let allowed = request.session().allows(Operation::Read, Resource::Topic(&topic.name));
    let known = image.topic(&topic.name);
    let code = |index: i32| {
        if !allowed {
            return Some(ErrorCode::TopicAuthorizationFailed);
        }
        let index = partition_index(index);
        let exists =
            known.zip(index).is_some_and(|(known, index)| known.partition(index).is_some());
        (!exists).then_some(ErrorCode::UnknownTopicOrPartition)
    };
    topic.partitions.iter().map(|partition| code(partition.partition_index)).collect()
}
