//! DeleteGroups: groups without members, with their offsets (trap 80).

use broker_groups::{Reply, Request};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, GroupId,
    delete_groups_response::DeletableGroupResult,
};

use super::wire_names::shared;
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DeleteGroupsRequest>,
) -> DeleteGroupsResponse {
    let mut results = Vec::with_capacity(request.request().groups_names.len());
    for id in &request.request().groups_names {
        let code = delete(&context, &request, id).await;
        let result = DeletableGroupResult::default()
            .with_group_id(id.clone())
            .with_error_code(context.error(code));
        results.push(result);
    }
    DeleteGroupsResponse::default().with_results(results)
}

async fn delete(
    context: &RequestContext,
    request: &Authorized<DeleteGroupsRequest>,
    id: &GroupId,
) -> ErrorCode {
    if !request.allows(Resource::Group(id)) {
        return ErrorCode::GroupAuthorizationFailed;
    }
    let asked = Request::Delete(vec![shared(id)]);
    match context.broker.ask_group(id, asked).await {
        Ok(Reply::Delete(codes)) => codes.first().copied().unwrap_or(ErrorCode::UnknownServerError),
        Ok(_) => ErrorCode::UnknownServerError,
        Err(code) => code,
    }
}
