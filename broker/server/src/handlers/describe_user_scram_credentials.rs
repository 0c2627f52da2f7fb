//! DescribeUserScramCredentials: no user has credentials, as on a Kafka that never stored any.
//!
//! `kafka-configs --describe --entity-type users` asks this whenever it shows a user's quotas.

use std::collections::BTreeMap;

use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
    describe_user_scram_credentials_response::DescribeUserScramCredentialsResult,
};

use super::wire_names::{text, told};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeUserScramCredentialsRequest>,
) -> DescribeUserScramCredentialsResponse {
    let answer = DescribeUserScramCredentialsResponse::default().with_error_message(None);
    if !request.allows(Resource::Cluster) {
        let code = context.error(ErrorCode::ClusterAuthorizationFailed);
        return answer.with_error_code(code);
    }
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for user in request.request().users.iter().flatten() {
        *named.entry(&user.name).or_default() += 1;
    }
    let results = named.into_iter().map(|(user, times)| {
        let (code, message) = if times > 1 {
            let message =
                "Cannot describe SCRAM credentials for the same user twice in a single request: ";
            (ErrorCode::DuplicateResource, message)
        } else {
            let message = "Attempt to describe a user credential that does not exist: ";
            (ErrorCode::ResourceNotFound, message)
        };
        DescribeUserScramCredentialsResult::default()
            .with_user(text(user))
            .with_error_code(context.error(code))
            .with_error_message(Some(told(&format!("{message}{user}"))))
    });
    answer.with_results(results.collect())
}
