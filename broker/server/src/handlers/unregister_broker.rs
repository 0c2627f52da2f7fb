//! UnregisterBroker: takes a broker that is gone off the list. The only one here is the one that
//! answers, and it is not gone.

use broker_metadata::Image;
use protocol_types::ErrorCode;
use protocol_wire::messages::{UnregisterBrokerRequest, UnregisterBrokerResponse};

use super::wire_names::text;
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<UnregisterBrokerRequest>,
) -> UnregisterBrokerResponse {
    let (code, why) = if request.allows(Resource::Cluster) {
        refusal(&context.broker.image(), request.request().broker_id.0)
    } else {
        (ErrorCode::ClusterAuthorizationFailed, "Cluster authorization failed.".to_owned())
    };
    UnregisterBrokerResponse::default()
        .with_error_code(context.error(code))
        .with_error_message(Some(text(&why)))
}

fn refusal(image: &Image, id: i32) -> (ErrorCode, String) {
    if u32::try_from(id) == Ok(image.node().0) {
        let why = format!("Broker ID {id} is running; a broker that runs cannot be unregistered");
        return (ErrorCode::InvalidRequest, why);
    }
    (ErrorCode::BrokerIdNotRegistered, format!("Broker ID {id} is not currently registered"))
}

#[cfg(test)]
mod tests;
