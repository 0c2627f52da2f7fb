//! AlterClientQuotas: from the wire to the controller's command and back.

use broker_controller::{
    CommandError,
    commands::alter_client_quotas::{AlterClientQuotas, NamedEntity, QuotaAlteration},
};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    AlterClientQuotasRequest, AlterClientQuotasResponse,
    alter_client_quotas_request::{EntityData as NamedPart, EntryData as Entry},
    alter_client_quotas_response::{EntityData, EntryData},
};

use super::wire_names::{message, text};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<AlterClientQuotasRequest>,
) -> AlterClientQuotasResponse {
    let alterations: Vec<QuotaAlteration> =
        request.request().entries.iter().map(alteration).collect();
    let named: Vec<NamedEntity> = alterations.iter().map(|entry| entry.entity.clone()).collect();
    let outcome = if request.allows(Resource::Cluster) {
        let validate_only = request.request().validate_only;
        blocking::submit(&context.broker, AlterClientQuotas { alterations, validate_only }).await
    } else {
        let code = ErrorCode::ClusterAuthorizationFailed;
        Err(CommandError::new(code, "Cluster authorization failed."))
    };
    let outcome = outcome.unwrap_or_else(|error| {
        named.into_iter().map(|entity| (entity, Err(error.clone()))).collect()
    });
    let entries =
        outcome.iter().map(|(entity, result)| entry(entity, result, |code| context.error(code)));
    AlterClientQuotasResponse::default().with_entries(entries.collect())
}

/// A part that is named twice counts as it was named last, as in Kafka.
fn alteration(entry: &Entry) -> QuotaAlteration {
    let part = |part: &NamedPart| {
        (part.entity_type.to_string(), part.entity_name.as_ref().map(ToString::to_string))
    };
    QuotaAlteration {
        entity: entry.entity.iter().map(part).collect(),
        ops: entry
            .ops
            .iter()
            .map(|op| (op.key.to_string(), (!op.remove).then_some(op.value)))
            .collect(),
    }
}

fn entry(
    entity: &NamedEntity,
    result: &Result<(), CommandError>,
    error: impl Fn(ErrorCode) -> i16,
) -> EntryData {
    let parts = entity.iter().map(|(kind, name)| {
        EntityData::default()
            .with_entity_type(text(kind))
            .with_entity_name(name.as_deref().map(text))
    });
    let answer = EntryData::default().with_entity(parts.collect());
    match result {
        Ok(()) => answer.with_error_message(None),
        Err(refusal) => {
            answer.with_error_code(error(refusal.code)).with_error_message(message(refusal))
        }
    }
}

#[cfg(test)]
mod tests;
