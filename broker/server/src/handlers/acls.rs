//! DescribeAcls, CreateAcls and DeleteAcls, as a Kafka without an authoriser answers: security is
//! off, which clients tell from "no such list" and from "not served" (trap 104).

use protocol_types::ErrorCode;
use protocol_wire::messages::{
    CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse,
    DescribeAclsRequest, DescribeAclsResponse, create_acls_response::AclCreationResult,
    delete_acls_response::DeleteAclsFilterResult,
};

use super::wire_names::text;
use crate::{request::RequestContext, security::Authorized};

/// Kafka's brokers and controllers word it differently.
const ON_THE_BROKER: &str = "No Authorizer is configured on the broker";
const ON_THE_CONTROLLER: &str = "No Authorizer is configured.";

pub(crate) async fn describe(
    context: RequestContext,
    _: Authorized<DescribeAclsRequest>,
) -> DescribeAclsResponse {
    DescribeAclsResponse::default()
        .with_error_code(context.error(ErrorCode::SecurityDisabled))
        .with_error_message(Some(text(ON_THE_BROKER)))
}

pub(crate) async fn create(
    context: RequestContext,
    request: Authorized<CreateAclsRequest>,
) -> CreateAclsResponse {
    let results = request.request().creations.iter().map(|_| {
        AclCreationResult::default()
            .with_error_code(context.error(ErrorCode::SecurityDisabled))
            .with_error_message(Some(text(ON_THE_CONTROLLER)))
    });
    CreateAclsResponse::default().with_results(results.collect())
}

pub(crate) async fn delete(
    context: RequestContext,
    request: Authorized<DeleteAclsRequest>,
) -> DeleteAclsResponse {
    let results = request.request().filters.iter().map(|_| {
        DeleteAclsFilterResult::default()
            .with_error_code(context.error(ErrorCode::SecurityDisabled))
            .with_error_message(Some(text(ON_THE_CONTROLLER)))
    });
    DeleteAclsResponse::default().with_filter_results(results.collect())
}
