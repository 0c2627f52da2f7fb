//! Requests about delegation tokens. A token may only be asked for over a connection that is
//! authenticated otherwise; there are none yet, so each is refused as Kafka refuses it on plaintext.

use protocol_types::ErrorCode;
use protocol_wire::messages::{
    CreateDelegationTokenRequest, CreateDelegationTokenResponse, DescribeDelegationTokenRequest,
    DescribeDelegationTokenResponse, ExpireDelegationTokenRequest, ExpireDelegationTokenResponse,
    RenewDelegationTokenRequest, RenewDelegationTokenResponse, StrBytes,
};

use super::wire_names::text;
use crate::{request::RequestContext, security::Authorized};

/// First version that tells who asked.
const FIRST_REQUESTER: i16 = 3;
/// The time of a token that is none.
const NO_TIME: i64 = -1;

const REFUSED: ErrorCode = ErrorCode::DelegationTokenRequestNotAllowed;

pub(crate) async fn create(
    context: RequestContext,
    request: Authorized<CreateDelegationTokenRequest>,
) -> CreateDelegationTokenResponse {
    let requester = request.session().principal.to_string();
    let (kind, name) = requester.split_once(':').unwrap_or(("User", &requester));
    let asked = request.request();
    let owner = asked.owner_principal_name.as_ref().filter(|name| !name.is_empty());
    let (owner_kind, owner) = match owner {
        Some(owner) => (asked.owner_principal_type.clone().unwrap_or_default(), owner.clone()),
        None => (text(kind), text(name)),
    };
    let answer = CreateDelegationTokenResponse::default()
        .with_error_code(context.error(REFUSED))
        .with_principal_type(owner_kind)
        .with_principal_name(owner)
        .with_issue_timestamp_ms(NO_TIME)
        .with_expiry_timestamp_ms(NO_TIME)
        .with_max_timestamp_ms(NO_TIME)
        .with_token_id(StrBytes::default());
    if context.version < FIRST_REQUESTER {
        return answer;
    }
    answer
        .with_token_requester_principal_type(text(kind))
        .with_token_requester_principal_name(text(name))
}

pub(crate) async fn renew(
    context: RequestContext,
    _: Authorized<RenewDelegationTokenRequest>,
) -> RenewDelegationTokenResponse {
    RenewDelegationTokenResponse::default()
        .with_error_code(context.error(REFUSED))
        .with_expiry_timestamp_ms(NO_TIME)
}

pub(crate) async fn expire(
    context: RequestContext,
    _: Authorized<ExpireDelegationTokenRequest>,
) -> ExpireDelegationTokenResponse {
    ExpireDelegationTokenResponse::default()
        .with_error_code(context.error(REFUSED))
        .with_expiry_timestamp_ms(NO_TIME)
}

pub(crate) async fn describe(
    context: RequestContext,
    _: Authorized<DescribeDelegationTokenRequest>,
) -> DescribeDelegationTokenResponse {
    DescribeDelegationTokenResponse::default().with_error_code(context.error(REFUSED))
}
