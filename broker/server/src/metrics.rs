//! The server's metric handles, made once. Durations are in seconds, sizes in bytes.
//!
//! Labels come from fixed tables (api, error code), never from clients. Recording is a few atomic
//! operations; whoever scrapes pays for the rest.

pub(crate) mod durations;

use broker_env::HashMap;
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use parking_lot::Mutex;
use protocol_types::{ApiKey, ErrorCode, Instant};

use self::durations::Durations;

/// Which limit was reached; the label `limit` of `ringtide_limit_reached_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Connections,
    RequestSize,
    RequestMemory,
    ResponseMemory,
    Unanswered,
    RingPressure,
    ConnectionsOfAddress,
    ConnectionRate,
    ConnectionRateOfAddress,
    QuotaProduce,
    QuotaFetch,
    QuotaRequest,
    QuotaControllerMutation,
}

impl Limit {
    const ALL: [Self; 13] = [
        Self::Connections,
        Self::RequestSize,
        Self::RequestMemory,
        Self::ResponseMemory,
        Self::Unanswered,
        Self::RingPressure,
        Self::ConnectionsOfAddress,
        Self::ConnectionRate,
        Self::ConnectionRateOfAddress,
        Self::QuotaProduce,
        Self::QuotaFetch,
        Self::QuotaRequest,
        Self::QuotaControllerMutation,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Connections => "max.connections",
            Self::RequestSize => "socket.request.max.bytes",
            Self::RequestMemory => "memory.request.bytes",
            Self::ResponseMemory => "memory.response.bytes",
            Self::Unanswered => "connection.unanswered",
            Self::RingPressure => "ring.pressure",
            Self::ConnectionsOfAddress => "max.connections.per.ip",
            Self::ConnectionRate => "max.connection.creation.rate",
            Self::ConnectionRateOfAddress => "connection_creation_rate",
            Self::QuotaProduce => "producer_byte_rate",
            Self::QuotaFetch => "consumer_byte_rate",
            Self::QuotaRequest => "request_percentage",
            Self::QuotaControllerMutation => "controller_mutation_rate",
        }
    }
}

/// All of them; shared by every shard.
pub(crate) struct ServerMetrics {
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) connections: Gauge,
    pub(crate) connections_accepted: Counter,
    pub(crate) connections_closed_idle: Counter,
    /// `ringtide_kafka_request_duration_seconds`, written by the survey.
    pub(crate) durations: Durations,
    limits: [Counter; Limit::ALL.len()],
    throttled: [Histogram; Limit::ALL.len()],
    errors: Mutex<HashMap<(ApiKey, ErrorCode), Counter>>,
}

impl std::fmt::Debug for ServerMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerMetrics").finish_non_exhaustive()
    }
}

impl ServerMetrics {
    /// Registers with the recorder that is installed now. `apis` are in the order of their keys.
    pub(crate) fn register(apis: impl Iterator<Item = ApiKey>) -> Self {
        describe();
        let limit =
            |limit: Limit| counter!("ringtide_limit_reached_total", "limit" => limit.name());
        let throttled = |limit: Limit| match limit {
            Limit::RingPressure
            | Limit::QuotaProduce
            | Limit::QuotaFetch
            | Limit::QuotaRequest
            | Limit::QuotaControllerMutation => {
                histogram!("ringtide_kafka_throttle_seconds", "limit" => limit.name())
            }
            Limit::Connections
            | Limit::RequestSize
            | Limit::RequestMemory
            | Limit::ResponseMemory
            | Limit::Unanswered
            | Limit::ConnectionsOfAddress
            | Limit::ConnectionRate
            | Limit::ConnectionRateOfAddress => Histogram::noop(),
        };
        Self {
            bytes_in: counter!("ringtide_kafka_received_bytes_total"),
            bytes_out: counter!("ringtide_kafka_sent_bytes_total"),
            connections: gauge!("ringtide_kafka_connections"),
            connections_accepted: counter!("ringtide_kafka_connections_accepted_total"),
            connections_closed_idle: counter!("ringtide_kafka_connections_closed_idle_total"),
            durations: Durations::new(apis),
            limits: Limit::ALL.map(limit),
            throttled: Limit::ALL.map(throttled),
            errors: Mutex::default(),
        }
    }

    /// `count` requests of `api` that arrived at `since` were answered at `now`.
    pub(crate) fn answered(&self, api: ApiKey, since: Instant, now: Instant, count: usize) {
        self.durations.record(api, now.nanos_since(since), count as u64);
    }

    pub(crate) fn request_error(&self, api: ApiKey, code: ErrorCode) {
        let register = || counter!("ringtide_kafka_request_errors_total", "api" => api.name(), "code" => code.name());
        self.errors.lock().entry((api, code)).or_insert_with(register).increment(1);
    }

    /// A client was told to wait `millis` because of `limit`.
    pub(crate) fn throttled(&self, limit: Limit, millis: u64) {
        self.limit_reached(limit);
        if let Some(throttled) = self.throttled.get(limit as usize) {
            #[expect(clippy::cast_precision_loss, reason = "pauses below 2^31 ms")]
            throttled.record(millis as f64 / 1e3);
        }
    }

    pub(crate) fn limit_reached(&self, limit: Limit) {
        if let Some(reached) = self.limits.get(limit as usize) {
            reached.increment(1);
        }
    }
}

fn describe() {
    describe_counter!("ringtide_kafka_received_bytes_total", "Bytes read from Kafka clients.");
    describe_counter!("ringtide_kafka_sent_bytes_total", "Bytes written to Kafka clients.");
    describe_gauge!("ringtide_kafka_connections", "Open connections of Kafka clients.");
    describe_counter!("ringtide_kafka_connections_accepted_total", "Connections accepted.");
    describe_counter!(
        "ringtide_kafka_connections_closed_idle_total",
        "Connections closed after connections.max.idle.ms."
    );
    describe_counter!("ringtide_kafka_request_errors_total", "Errors answered, by api and code.");
    describe_counter!("ringtide_limit_reached_total", "How often a limit held a client back.");
    describe_histogram!(
        "ringtide_kafka_throttle_seconds",
        "How long clients were told to wait, by the limit they had reached."
    );
}
