//! LeaveGroup: members go, by themselves or sent by an administrator.

use std::sync::Arc;

use broker_groups::classic::{Leave, LeaveReply, Leaver};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    LeaveGroupRequest, LeaveGroupResponse, leave_group_response::MemberResponse,
};

use super::wire_names::{shared, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on several members leave at once (KIP-345).
const FIRST_BATCHED: i16 = 3;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<LeaveGroupRequest>,
) -> LeaveGroupResponse {
    let wire = request.request();
    let group = &**wire.group_id;
    let refused = |error| LeaveReply { error, members: Vec::new() };
    let reply = if !request.allows(Resource::Group(group)) {
        refused(ErrorCode::GroupAuthorizationFailed)
    } else if group.is_empty() {
        refused(ErrorCode::InvalidGroupId)
    } else {
        let leave = Leave { group_id: shared(group), members: leavers(wire, context.version) };
        context.broker.ask_group(group, leave).await.unwrap_or_else(refused)
    };
    answer(&context, reply)
}

fn leavers(wire: &LeaveGroupRequest, version: i16) -> Vec<Leaver> {
    let named = |id: &str| Some(shared(id)).filter(|id| !id.is_empty());
    if version < FIRST_BATCHED {
        let member_id = Some(shared(&wire.member_id));
        return vec![Leaver { member_id, instance_id: None, reason: None }];
    }
    let leavers = wire.members.iter().map(|member| Leaver {
        member_id: named(&member.member_id),
        instance_id: member.group_instance_id.as_deref().map(shared),
        reason: member.reason.as_ref().map(ToString::to_string),
    });
    leavers.collect()
}

/// Older clients look at the one error there is.
fn answer(context: &RequestContext, reply: LeaveReply) -> LeaveGroupResponse {
    let answer = LeaveGroupResponse::default();
    if context.version < FIRST_BATCHED {
        let own = reply.members.first().map_or(ErrorCode::None, |left| left.error);
        let code = if reply.error == ErrorCode::None { own } else { reply.error };
        return answer.with_error_code(context.error(code));
    }
    let members = reply.members.into_iter().map(|left| {
        MemberResponse::default()
            .with_member_id(text(&left.member_id.unwrap_or_default()))
            .with_group_instance_id(left.instance_id.map(|id: Arc<str>| text(&id)))
            .with_error_code(context.error(left.error))
    });
    answer.with_error_code(context.error(reply.error)).with_members(members.collect())
}
