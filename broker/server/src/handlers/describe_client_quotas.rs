//! DescribeClientQuotas: the entities that a filter matches, with their quotas.

mod filter;

use broker_controller::CommandError;
use broker_metadata::{QuotaEntity, Quotas};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeClientQuotasRequest, DescribeClientQuotasResponse,
    describe_client_quotas_response::{EntityData, EntryData, ValueData},
};

use self::filter::Filter;
use super::wire_names::{message, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeClientQuotasRequest>,
) -> DescribeClientQuotasResponse {
    let image = context.broker.image();
    let filter = if request.allows(Resource::Cluster) {
        Filter::of(request.request())
    } else {
        let code = ErrorCode::ClusterAuthorizationFailed;
        Err(CommandError::new(code, "Cluster authorization failed."))
    };
    match filter {
        Ok(filter) => {
            let found = image.quotas().iter().filter(|(entity, _)| filter.matches(entity));
            let entries = found.map(|(entity, quotas)| entry(entity, quotas));
            DescribeClientQuotasResponse::default()
                .with_error_message(None)
                .with_entries(Some(entries.collect()))
        }
        Err(refusal) => DescribeClientQuotasResponse::default()
            .with_error_code(context.error(refusal.code))
            .with_error_message(message(&refusal))
            .with_entries(None),
    }
}

fn entry(entity: &QuotaEntity, quotas: &Quotas) -> EntryData {
    let parts = entity.parts().map(|(kind, name)| {
        EntityData::default()
            .with_entity_type(text(kind.name()))
            .with_entity_name(name.name().map(text))
    });
    let values = quotas
        .iter()
        .map(|(key, value)| ValueData::default().with_key(text(key)).with_value(value.0));
    EntryData::default().with_entity(parts.collect()).with_values(values.collect())
}
