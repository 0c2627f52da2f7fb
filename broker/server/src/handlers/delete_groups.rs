//! DeleteGroups: groups without members, with their offsets (trap 80).

use broker_groups::DeleteGroup;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, GroupId,
    delete_groups_response::DeletableGroupResult,
};

use super::wire_names::shared;
use crate::{
    in_order::in_order,
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DeleteGroupsRequest>,
) -> DeleteGroupsResponse {
    let ids = &request.request().groups_names;
    let codes = in_order(ids.iter().map(|id| delete(&context, &request, id))).await;
    let results = ids.iter().zip(codes).map(|(id, code)| {
        DeletableGroupResult::default()
            .with_group_id(id.clone())
            .with_error_code(context.error(code))
    });
    DeleteGroupsResponse::default().with_results(results.collect())
}

async fn delete(
    context: &RequestContext,
    request: &Authorized<DeleteGroupsRequest>,
    id: &GroupId,
) -> ErrorCode {
    if !request.allows(Resource::Group(id)) {
        return ErrorCode::GroupAuthorizationFailed;
    }
    context.broker.ask_group(id, DeleteGroup(shared(id))).await.unwrap_or_else(|code| code)
}
