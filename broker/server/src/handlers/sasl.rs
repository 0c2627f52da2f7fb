//! SaslHandshake and SaslAuthenticate. No listener asks who its clients are yet, so each is refused as
//! Kafka refuses it on plaintext: a client that was told to authenticate says so, and is not cut off.

use protocol_types::ErrorCode;
use protocol_wire::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};

use super::wire_names::text;
use crate::{request::RequestContext, security::Authorized};

pub(crate) async fn handshake(
    context: RequestContext,
    _request: Authorized<SaslHandshakeRequest>,
) -> SaslHandshakeResponse {
    SaslHandshakeResponse::default().with_error_code(context.error(ErrorCode::IllegalSaslState))
}

pub(crate) async fn authenticate(
    context: RequestContext,
    _request: Authorized<SaslAuthenticateRequest>,
) -> SaslAuthenticateResponse {
    SaslAuthenticateResponse::default()
        .with_error_code(context.error(ErrorCode::IllegalSaslState))
        .with_error_message(Some(text(
            "SaslAuthenticate request received after successful authentication",
        )))
}
