//! Heartbeat: a member of a classic group is still there.

use broker_groups::classic::Heartbeat;
use protocol_types::ErrorCode;
use protocol_wire::messages::{HeartbeatRequest, HeartbeatResponse};

use super::wire_names::shared;
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<HeartbeatRequest>,
) -> HeartbeatResponse {
    let wire = request.request();
    let group = &**wire.group_id;
    let code = if !request.allows(Resource::Group(group)) {
        ErrorCode::GroupAuthorizationFailed
    } else if group.is_empty() {
        ErrorCode::InvalidGroupId
    } else {
        let heartbeat = Heartbeat {
            group_id: shared(group),
            member_id: shared(&wire.member_id),
            instance_id: wire.group_instance_id.as_deref().map(shared),
            generation: wire.generation_id,
        };
        match context.broker.ask_group(group, heartbeat).await {
            Ok(code) => code,
            // While the group loads nobody's session ends: there is nothing to do but to wait.
            Err(ErrorCode::CoordinatorLoadInProgress) => ErrorCode::None,
            Err(code) => code,
        }
    };
    HeartbeatResponse::default().with_error_code(context.error(code))
}
