//! ListPartitionReassignments: on one broker no partition is ever on its way.

use protocol_types::ErrorCode;
use protocol_wire::messages::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};

use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ListPartitionReassignmentsRequest>,
) -> ListPartitionReassignmentsResponse {
    let answer = ListPartitionReassignmentsResponse::default().with_error_message(None);
    if request.allows(Resource::Cluster) {
        answer
    } else {
        answer.with_error_code(context.error(ErrorCode::ClusterAuthorizationFailed))
    }
}
