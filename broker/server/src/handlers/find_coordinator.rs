//! FindCoordinator: who answers for a group. On a single broker it is this one; the first question
//! brings the topic to be that groups are kept in.
//!
//! It is this broker for transactions as well, which InitProducerId refuses until they are served: a
//! coordinator that is not available would have clients ask for it until their patience ends.

use protocol_types::ErrorCode;
use protocol_wire::messages::{
    FindCoordinatorRequest, FindCoordinatorResponse, find_coordinator_response::Coordinator,
};

use super::wire_names::{broker_id, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on several keys are asked for at once (KIP-699).
const FIRST_BATCHED: i16 = 4;
/// From this version on an answer carries a message.
const FIRST_MESSAGE: i16 = 1;

/// What a key names, by Kafka's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyType {
    Group,
    Transaction,
}

impl KeyType {
    const fn of(wire: i8) -> Option<Self> {
        match wire {
            0 => Some(Self::Group),
            1 => Some(Self::Transaction),
            _ => None,
        }
    }
}

/// Why nobody is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NotAllowed,
    NotAvailable,
    Malformed,
}

impl Refusal {
    const fn code(self) -> ErrorCode {
        match self {
            Self::NotAllowed => ErrorCode::GroupAuthorizationFailed,
            Self::NotAvailable => ErrorCode::CoordinatorNotAvailable,
            Self::Malformed => ErrorCode::InvalidRequest,
        }
    }

    /// Kafka's words.
    const fn message(self) -> &'static str {
        match self {
            Self::NotAllowed => "Group authorization failed.",
            Self::NotAvailable => "The coordinator is not available.",
            Self::Malformed => {
                "This most likely occurs because of a request being malformed by the client library \
                 or the message was sent to an incompatible broker. See the broker logs for more \
                 details."
            }
        }
    }
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<FindCoordinatorRequest>,
) -> FindCoordinatorResponse {
    let asked = request.request();
    let batched = context.version >= FIRST_BATCHED;
    let single = [asked.key.clone()];
    let keys = if batched { &asked.coordinator_keys[..] } else { &single[..] };
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let refusal = exists(&context, &request, key).await.err();
        found.push(coordinator(&context, &request, key, refusal));
    }
    if batched {
        return FindCoordinatorResponse::default().with_coordinators(found);
    }
    found.into_iter().next().map_or_else(FindCoordinatorResponse::default, |found| {
        let answer = FindCoordinatorResponse::default()
            .with_error_code(found.error_code)
            .with_node_id(found.node_id)
            .with_host(found.host)
            .with_port(found.port);
        if context.version >= FIRST_MESSAGE {
            return answer.with_error_message(found.error_message);
        }
        answer
    })
}

/// What the key names, if the client may ask for it.
fn check(request: &Authorized<FindCoordinatorRequest>, key: &str) -> Result<KeyType, Refusal> {
    let kind = KeyType::of(request.request().key_type).ok_or(Refusal::Malformed)?;
    if kind == KeyType::Group && !request.allows(Resource::Group(key)) {
        return Err(Refusal::NotAllowed);
    }
    Ok(kind)
}

/// Makes sure that the coordinator of a group that may be asked for is there.
async fn exists(
    context: &RequestContext,
    request: &Authorized<FindCoordinatorRequest>,
    key: &str,
) -> Result<(), Refusal> {
    if check(request, key)? == KeyType::Transaction {
        return Ok(());
    }
    let exists = context.broker.ensure_offsets_topic().await;
    exists.then_some(()).ok_or(Refusal::NotAvailable)
}

fn coordinator(
    context: &RequestContext,
    request: &Authorized<FindCoordinatorRequest>,
    key: &str,
    refusal: Option<Refusal>,
) -> Coordinator {
    let answer = Coordinator::default().with_key(text(key));
    if let Some(refusal) = refusal {
        return answer
            .with_error_code(context.error(refusal.code()))
            .with_error_message(Some(text(refusal.message())))
            .with_node_id((-1).into())
            .with_port(-1);
    }
    let image = context.broker.image();
    let address = context.broker.advertised(&image, request.session().listener);
    answer
        .with_node_id(broker_id(image.node()))
        .with_host(text(&address.host))
        .with_port(address.port.into())
        .with_error_message(Some(text("")))
}

#[cfg(test)]
mod tests;
