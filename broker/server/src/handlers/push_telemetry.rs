//! PushTelemetry: metrics of a client, compressed OTLP (KIP-714).

use broker_telemetry::Push;
use protocol_records::compression::decompress;
use protocol_types::{Codec, ErrorCode};
use protocol_wire::messages::{PushTelemetryRequest, PushTelemetryResponse};

use super::get_telemetry_subscriptions::client;
use crate::{request::RequestContext, security::Authorized};

/// What a push may decompress to, for each byte that may be sent.
const EXPANSION_MAX: usize = 4;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<PushTelemetryRequest>,
) -> PushTelemetryResponse {
    let asked = request.request();
    let codec = u8::try_from(asked.compression_type).ok().and_then(codec);
    let push = Push {
        subscription_id: asked.subscription_id,
        terminating: asked.terminating,
        is_known_codec: codec.is_some(),
        sent_bytes: asked.metrics.len(),
    };
    let limit = context.broker.config.telemetry_max_bytes as usize * EXPANSION_MAX;
    let plain = || decompress(codec?, &asked.metrics, limit).ok();
    let client = client(&context, request.session(), asked.client_instance_id);
    let now = context.broker.clock.now();
    let pushed = context.broker.telemetry.lock().push(client, push, now, plain);
    let code = pushed.err().unwrap_or(ErrorCode::None);
    PushTelemetryResponse::default().with_error_code(context.error(code))
}

/// The codec of Kafka's number.
const fn codec(number: u8) -> Option<Codec> {
    match number {
        0 => Some(Codec::None),
        1 => Some(Codec::Gzip),
        2 => Some(Codec::Snappy),
        3 => Some(Codec::Lz4),
        4 => Some(Codec::Zstd),
        _ => None,
    }
}
