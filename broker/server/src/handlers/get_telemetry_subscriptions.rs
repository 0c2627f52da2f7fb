//! GetTelemetrySubscriptions: which metrics a client is to push, and how often (KIP-714).

use broker_telemetry::{Client, Granted, InstanceId};
use protocol_wire::messages::{
    GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse,
};
use uuid::Uuid;

use super::wire_names::text;
use crate::{
    request::RequestContext,
    security::{Authorized, Session},
};

/// Codecs of pushes in the order of our preference: zstd, lz4, gzip, snappy.
const CODECS: [i8; 4] = [4, 3, 1, 2];

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<GetTelemetrySubscriptionsRequest>,
) -> GetTelemetrySubscriptionsResponse {
    let instance = request.request().client_instance_id;
    let client = client(&context, request.session(), instance);
    let new_id = || Uuid::new_v4().into_bytes();
    let granted = context.broker.telemetry.lock().get(client, context.broker.clock.now(), new_id);
    match granted {
        Ok(granted) => answer(&granted, context.broker.config.telemetry_max_bytes),
        Err(code) => {
            GetTelemetrySubscriptionsResponse::default().with_error_code(context.error(code))
        }
    }
}

fn answer(granted: &Granted, max_bytes: u32) -> GetTelemetrySubscriptionsResponse {
    GetTelemetrySubscriptionsResponse::default()
        .with_client_instance_id(Uuid::from_bytes(granted.instance.0))
        .with_subscription_id(granted.subscription_id)
        .with_accepted_compression_types(CODECS.to_vec())
        .with_push_interval_ms(i32::try_from(granted.interval_ms).unwrap_or(i32::MAX))
        .with_telemetry_max_bytes(i32::try_from(max_bytes).unwrap_or(i32::MAX))
        .with_delta_temporality(true)
        .with_requested_metrics(granted.metrics.iter().map(|metric| text(metric)).collect())
}

/// Who asks, as far as its connection has said.
pub(super) fn client<'a>(
    context: &'a RequestContext,
    session: &'a Session,
    instance: Uuid,
) -> Client<'a> {
    let software = session.software.get().map(|in_use| in_use.software());
    Client {
        instance: InstanceId(instance.into_bytes()),
        client_id: &context.client_id,
        software_name: software.map_or("", |software| &software.name),
        software_version: software.map_or("", |software| &software.version),
        address: context.client_host,
        port: context.client_port,
    }
}
