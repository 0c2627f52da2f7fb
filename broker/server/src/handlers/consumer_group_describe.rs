//! ConsumerGroupDescribe: consumer groups with their members and both assignments (KIP-848).

use broker_controller::features::GROUP_VERSION;
use broker_groups::{
    DescribeConsumerGroup,
    consumer::{Described, DescribedMember, Partitions, Refusal},
};
use broker_metadata::Image;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, GroupId,
    consumer_group_describe_response::{Assignment, DescribedGroup, Member, TopicPartitions},
};

use super::{
    room::Room,
    wire_names::{shared, text, told, topic_name, uuid},
};
use crate::{
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// From this version on a member's protocol is told.
const FIRST_MEMBER_TYPE: i16 = 1;

/// The session keeps somebody from seeing a topic that the group reads.
const HIDDEN_TOPIC: &str =
    "The group has described topic(s) that the client is not authorized to describe.";

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ConsumerGroupDescribeRequest>,
) -> ConsumerGroupDescribeResponse {
    let mut groups = Vec::new();
    let mut room = Room::of(&context);
    for id in &request.request().group_ids {
        let described = match room.check() {
            Ok(()) => describe(&context, &request, id).await,
            Err(full) => Err(Refusal::new(full.code, full.message)),
        };
        let answer = match described {
            Ok(described) => group(&context, &described).with_authorized_operations(match request
                .request()
                .include_authorized_operations
            {
                true => request.session().authorized_operations(Resource::Group(id)),
                false => i32::MIN,
            }),
            Err(refusal) => {
                let message = Some(refusal.message.as_str()).filter(|why| !why.is_empty());
                DescribedGroup::default()
                    .with_error_code(context.error(refusal.code))
                    .with_error_message(message.map(told))
            }
        };
        let answer = answer.with_group_id(id.clone());
        room.take(&answer);
        groups.push(answer);
    }
    ConsumerGroupDescribeResponse::default().with_groups(groups)
}

async fn describe(
    context: &RequestContext,
    request: &Authorized<ConsumerGroupDescribeRequest>,
    id: &GroupId,
) -> Result<Described, Refusal> {
    let refuse = |code| Err(Refusal::new(code, ""));
    if context.broker.image().feature(GROUP_VERSION) < 1 {
        return refuse(ErrorCode::UnsupportedVersion);
    }
    if !request.allows(Resource::Group(id)) {
        return refuse(ErrorCode::GroupAuthorizationFailed);
    }
    if id.is_empty() {
        return refuse(ErrorCode::InvalidGroupId);
    }
    let described = match context.broker.ask_group(id, DescribeConsumerGroup(shared(id))).await {
        Ok(reply) => reply?,
        Err(code) => return refuse(code),
    };
    let hidden =
        |name: &String| !request.session().allows(Operation::Describe, Resource::Topic(name));
    if described.members.iter().flat_map(|member| &member.topics).any(hidden) {
        return Err(Refusal::new(ErrorCode::TopicAuthorizationFailed, HIDDEN_TOPIC));
    }
    Ok(described)
}

fn group(context: &RequestContext, described: &Described) -> DescribedGroup {
    let image = context.broker.image();
    let members = described.members.iter().map(|member| {
        let answer = self::member(member, &image);
        if context.version < FIRST_MEMBER_TYPE {
            return answer;
        }
        answer.with_member_type(i8::from(!member.is_classic))
    });
    DescribedGroup::default()
        .with_group_state(text(described.state.name()))
        .with_group_epoch(described.epoch)
        .with_assignment_epoch(described.target_epoch)
        .with_assignor_name(text(&described.assignor))
        .with_members(members.collect())
}

fn member(member: &DescribedMember, image: &Image) -> Member {
    let names = member.topics.iter().map(|name| topic_name(name));
    // Kafka answers the empty text, not null, where there is no expression.
    let regex = member.regex.as_deref().unwrap_or_default();
    Member::default()
        .with_member_id(text(&member.id))
        .with_instance_id(member.instance.as_deref().map(text))
        .with_rack_id(member.rack.as_deref().map(text))
        .with_member_epoch(member.epoch)
        .with_client_id(text(&member.client_id))
        .with_client_host(text(&member.client_host))
        .with_subscribed_topic_names(names.collect())
        .with_subscribed_topic_regex(Some(text(regex)))
        .with_assignment(assignment(&member.assigned, image))
        .with_target_assignment(assignment(&member.target, image))
}

/// Topics that are gone have no name to be shown by.
fn assignment(partitions: &Partitions, image: &Image) -> Assignment {
    let topics = partitions.topics().filter_map(|(id, set)| {
        let topic = image.topic_by_id(id)?;
        let indexes = set.iter().map(|index| index.0.cast_signed());
        Some(
            TopicPartitions::default()
                .with_topic_id(uuid(id))
                .with_topic_name(topic_name(&topic.name))
                .with_partitions(indexes.collect()),
        )
    });
    Assignment::default().with_topic_partitions(topics.collect())
}
