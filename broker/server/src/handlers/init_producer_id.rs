//! InitProducerId: identities for idempotent producers. Transactions are not served yet.

use std::sync::Arc;

use protocol_types::ErrorCode;
use protocol_wire::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<InitProducerIdRequest>,
) -> InitProducerIdResponse {
    let allowed = request.allows(Resource::Cluster)
        || request.session().allows(Operation::Write, Resource::Cluster);
    if let Some(code) = refuse(request.request(), allowed) {
        return refused(context.error(code));
    }
    let controller = Arc::clone(&context.broker.controller);
    let id = blocking::run(move || controller.next_producer_id()).await;
    match id.flatten() {
        Ok(id) => InitProducerIdResponse::default().with_producer_id(ProducerId(id.to_wire())),
        Err(error) => refused(context.error(error.code)),
    }
}

/// An idempotent producer always gets a new identity, whatever it had before: as in Kafka, only a
/// transactional one keeps its id (KIP-360).
fn refuse(request: &InitProducerIdRequest, allowed: bool) -> Option<ErrorCode> {
    match &request.transactional_id {
        // Trap 85.
        Some(id) if id.is_empty() => Some(ErrorCode::InvalidRequest),
        Some(_) => Some(ErrorCode::UnsupportedVersion),
        None if !allowed => Some(ErrorCode::ClusterAuthorizationFailed),
        None if (request.producer_id.0 == -1) != (request.producer_epoch == -1) => {
            Some(ErrorCode::InvalidRequest)
        }
        None => None,
    }
}

fn refused(error_code: i16) -> InitProducerIdResponse {
    InitProducerIdResponse::default().with_error_code(error_code).with_producer_epoch(-1)
}

#[cfg(test)]
mod tests;
