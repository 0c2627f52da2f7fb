//! SyncGroup: the leader hands in the assignment of a generation, every member takes its own.

use broker_groups::classic::{Sync, SyncReply};
use bytes::Bytes;
use protocol_types::ErrorCode;
use protocol_wire::messages::{SyncGroupRequest, SyncGroupResponse};

use super::wire_names::{shared, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on both sides say which protocol they take the group for.
const FIRST_PROTOCOL: i16 = 5;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<SyncGroupRequest>,
) -> SyncGroupResponse {
    let wire = request.request();
    let group = &**wire.group_id;
    let reply = if !request.allows(Resource::Group(group)) {
        SyncReply::refused(ErrorCode::GroupAuthorizationFailed)
    } else if group.is_empty() {
        SyncReply::refused(ErrorCode::InvalidGroupId)
    } else if context.version >= FIRST_PROTOCOL
        && (wire.protocol_type.is_none() || wire.protocol_name.is_none())
    {
        SyncReply::refused(ErrorCode::InconsistentGroupProtocol)
    } else {
        context.broker.ask_group(group, sync(wire)).await.unwrap_or_else(SyncReply::refused)
    };
    let answer = SyncGroupResponse::default()
        .with_error_code(context.error(reply.error))
        .with_assignment(reply.assignment);
    if context.version < FIRST_PROTOCOL {
        return answer;
    }
    answer
        .with_protocol_type(reply.protocol_type.map(|kind| text(&kind)))
        .with_protocol_name(reply.protocol.map(|name| text(&name)))
}

fn sync(wire: &SyncGroupRequest) -> Sync {
    let assignments = wire.assignments.iter().map(|assignment| {
        // The request's buffer is not kept for it.
        (shared(&assignment.member_id), Bytes::copy_from_slice(&assignment.assignment))
    });
    Sync {
        group_id: shared(&wire.group_id),
        member_id: shared(&wire.member_id),
        instance_id: wire.group_instance_id.as_deref().map(shared),
        generation: wire.generation_id,
        protocol_type: wire.protocol_type.as_deref().map(shared),
        protocol: wire.protocol_name.as_deref().map(shared),
        assignments: assignments.collect(),
    }
}
