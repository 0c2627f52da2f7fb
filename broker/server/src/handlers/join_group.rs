//! JoinGroup: becoming, or staying, a member of a group. The answer comes when the group has agreed
//! on its next generation.

use std::sync::Arc;

use broker_groups::classic::{Join, JoinReply, Protocol};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    JoinGroupRequest, JoinGroupResponse, join_group_response::JoinGroupResponseMember,
};
use uuid::Uuid;

use super::wire_names::{shared, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on a client says how long a rebalance may take; before, its session timeout
/// counts (trap 70).
const FIRST_REBALANCE_TIMEOUT: i16 = 1;
/// From this version on a client understands MEMBER_ID_REQUIRED (trap 68).
const FIRST_KNOWN_MEMBER: i16 = 4;
/// From this version on members have instance ids.
const FIRST_STATIC: i16 = 5;
/// From this version on an answer names the protocol's type, and no protocol is null.
const FIRST_PROTOCOL_TYPE: i16 = 7;
/// From this version on a leader can be told not to assign.
const FIRST_SKIP: i16 = 9;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<JoinGroupRequest>,
) -> JoinGroupResponse {
    let wire = request.request();
    let group = &**wire.group_id;
    let refused = |code| JoinReply::refused(code, member_id(wire));
    let reply = if !request.allows(Resource::Group(group)) {
        refused(ErrorCode::GroupAuthorizationFailed)
    } else if group.is_empty() {
        refused(ErrorCode::InvalidGroupId)
    } else {
        context.broker.ask_group(group, join(&context, wire)).await.unwrap_or_else(refused)
    };
    answer(&context, reply)
}

fn member_id(wire: &JoinGroupRequest) -> Option<Arc<str>> {
    Some(shared(&wire.member_id)).filter(|id| !id.is_empty())
}

fn join(context: &RequestContext, wire: &JoinGroupRequest) -> Join {
    let protocols = wire.protocols.iter().map(|protocol| Protocol {
        name: shared(&protocol.name),
        // The request's buffer is not kept for it.
        metadata: bytes::Bytes::copy_from_slice(&protocol.metadata),
    });
    let rebalance_timeout_ms = match context.version {
        ..FIRST_REBALANCE_TIMEOUT => wire.session_timeout_ms,
        _ => wire.rebalance_timeout_ms,
    };
    Join {
        group_id: shared(&wire.group_id),
        member_id: member_id(wire),
        instance_id: wire.group_instance_id.as_deref().map(shared),
        client_id: (*context.client_id).into(),
        // As Java prints an address without a name.
        client_host: format!("/{}", context.client_host).into(),
        session_timeout_ms: wire.session_timeout_ms,
        rebalance_timeout_ms: rebalance_timeout_ms.max(0),
        protocol_type: shared(&wire.protocol_type),
        protocols: Protocol::distinct(protocols.collect()),
        unique: Uuid::new_v4().to_string(),
        requires_known_member: context.version >= FIRST_KNOWN_MEMBER,
        can_skip_assignment: context.version >= FIRST_SKIP,
        reason: wire.reason.as_ref().map(ToString::to_string),
    }
}

fn answer(context: &RequestContext, reply: JoinReply) -> JoinGroupResponse {
    let version = context.version;
    let members = reply.members.into_iter().map(|member| {
        let instance_id = member.instance_id.filter(|_| version >= FIRST_STATIC);
        JoinGroupResponseMember::default()
            .with_member_id(text(&member.member_id))
            .with_group_instance_id(instance_id.map(|id| text(&id)))
            .with_metadata(member.metadata)
    });
    let protocol = reply.protocol.map(|name| text(&name));
    let mut answer = JoinGroupResponse::default()
        .with_error_code(context.error(reply.error))
        .with_generation_id(reply.generation.unwrap_or(-1))
        .with_leader(text(&reply.leader.unwrap_or_default()))
        .with_member_id(text(&reply.member_id.unwrap_or_default()))
        .with_members(members.collect());
    if version >= FIRST_PROTOCOL_TYPE {
        answer.protocol_name = protocol;
        answer.protocol_type = reply.protocol_type.map(|kind| text(&kind));
    } else {
        answer.protocol_name = Some(protocol.unwrap_or_default());
    }
    if version >= FIRST_SKIP {
        answer.skip_assignment = reply.skip_assignment;
    }
    answer
}
