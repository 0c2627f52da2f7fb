//! DescribeGroups: classic groups with their members.
//!
//! A group that does not exist is described as dead; from version 6 on that is an error as well
//! (trap 79). Groups of another protocol do not exist here.

use broker_groups::{
    DescribeGroup, NotClassic,
    classic::{Described, DescribedMember},
};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, GroupId,
    describe_groups_response::{DescribedGroup, DescribedGroupMember},
};

use super::{
    room::Room,
    wire_names::{shared, text, told},
};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on what the caller may do is told.
const FIRST_OPERATIONS: i16 = 3;
/// From this version on members have instance ids.
const FIRST_STATIC: i16 = 4;
/// From this version on a missing group is an error.
const FIRST_MISSING: i16 = 6;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeGroupsRequest>,
) -> DescribeGroupsResponse {
    let mut groups = Vec::with_capacity(request.request().groups.len());
    let mut room = Room::of(&context);
    for id in &request.request().groups {
        let group = match room.check() {
            Ok(()) => describe(&context, &request, id).await,
            Err(refusal) => DescribedGroup::default()
                .with_group_id(id.clone())
                .with_error_code(context.error(refusal.code)),
        };
        room.take(&group);
        groups.push(group);
    }
    DescribeGroupsResponse::default().with_groups(groups)
}

async fn describe(
    context: &RequestContext,
    request: &Authorized<DescribeGroupsRequest>,
    id: &GroupId,
) -> DescribedGroup {
    let answer = DescribedGroup::default().with_group_id(id.clone());
    let resource = Resource::Group(id);
    if !request.allows(resource) {
        let code = context.error(ErrorCode::GroupAuthorizationFailed);
        return answer.with_error_code(code);
    }
    let described = match context.broker.ask_group(id, DescribeGroup(shared(id))).await {
        Ok(described) => described,
        Err(code) => return answer.with_error_code(context.error(code)),
    };
    let group = match described {
        Ok(group) => group,
        Err(not_classic) => return dead(context, answer, not_classic),
    };
    let mut answer = found(answer, group, context.version);
    if context.version >= FIRST_OPERATIONS && request.request().include_authorized_operations {
        answer.authorized_operations = request.session().authorized_operations(resource);
    }
    answer
}

/// Neither is here as a classic group; only the words differ, as in Kafka.
fn dead(
    context: &RequestContext,
    answer: DescribedGroup,
    not_classic: NotClassic,
) -> DescribedGroup {
    let group = &**answer.group_id;
    let why = match not_classic {
        NotClassic::Missing => format!("Group {group} not found."),
        NotClassic::OtherType => format!("Group {group} is not a classic group."),
    };
    let answer = answer.with_group_state(text("Dead"));
    if context.version < FIRST_MISSING {
        return answer;
    }
    answer
        .with_error_code(context.error(ErrorCode::GroupIdNotFound))
        .with_error_message(Some(told(&why)))
}

fn found(answer: DescribedGroup, group: Described, version: i16) -> DescribedGroup {
    let members = group.members.into_iter().map(|member| described(member, version));
    answer
        .with_group_state(text(group.state))
        .with_protocol_type(text(&group.protocol_type))
        .with_protocol_data(text(&group.protocol.unwrap_or_default()))
        .with_members(members.collect())
}

fn described(member: DescribedMember, version: i16) -> DescribedGroupMember {
    let instance_id = member.instance_id.filter(|_| version >= FIRST_STATIC);
    DescribedGroupMember::default()
        .with_member_id(text(&member.id))
        .with_group_instance_id(instance_id.map(|id| text(&id)))
        .with_client_id(text(&member.client_id))
        .with_client_host(text(&member.client_host))
        .with_member_metadata(member.metadata)
        .with_member_assignment(member.assignment)
}
