//! ApiVersions: what this broker serves.

use protocol_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};

use crate::{request::RequestContext, security::Authorized};

pub(crate) async fn handle(
    context: RequestContext,
    _: Authorized<ApiVersionsRequest>,
) -> ApiVersionsResponse {
    let _ = context;
    ApiVersionsResponse::default()
}
