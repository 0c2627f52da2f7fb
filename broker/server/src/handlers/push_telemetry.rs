//! PushTelemetry: metrics of a client, compressed OTLP (KIP-714).
//!
//! All shards, the survey and metadata changes share one lock over what was pushed. It is held to
//! admit a push and to take over the few series kept of it, never while a push is unpacked and read,
//! which is no work for a shard's thread either.

use broker_telemetry::{Push, Pushed};
use protocol_records::compression::decompress;
use protocol_types::{Codec, ErrorCode};
use protocol_wire::messages::{PushTelemetryRequest, PushTelemetryResponse};

use super::get_telemetry_subscriptions::client;
use crate::{blocking, request::RequestContext, security::Authorized};

/// What a push may decompress to, for each byte that may be sent.
const EXPANSION_MAX: usize = 4;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<PushTelemetryRequest>,
) -> PushTelemetryResponse {
    let code = push(&context, &request).await.err().unwrap_or(ErrorCode::None);
    PushTelemetryResponse::default().with_error_code(context.error(code))
}

async fn push(
    context: &RequestContext,
    request: &Authorized<PushTelemetryRequest>,
) -> Result<(), ErrorCode> {
    let asked = request.request();
    let codec = u8::try_from(asked.compression_type).ok().and_then(Codec::from_bits);
    let push = Push {
        subscription_id: asked.subscription_id,
        terminating: asked.terminating,
        is_known_codec: codec.is_some(),
        sent_bytes: asked.metrics.len(),
    };
    let telemetry = &context.broker.telemetry;
    let client = client(context, request.session(), asked.client_instance_id);
    let now = context.broker.clock.now();
    telemetry.lock().admit(client, push, now)?;

    let codec = codec.ok_or(ErrorCode::UnsupportedCompressionType)?;
    let metrics = asked.metrics.clone();
    let limit = context.broker.config.telemetry_max_bytes as usize * EXPANSION_MAX;
    let read = move || match decompress(codec, &metrics, limit) {
        Ok(plain) => Pushed::read(&plain),
        Err(_) => Pushed::unreadable(),
    };
    let pushed = blocking::run(read).await.map_err(|lost| lost.code)?;
    telemetry.lock().take(client.instance, pushed)
}
