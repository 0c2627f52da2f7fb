//! Samples of requests about clients' metrics.

use bytes::Bytes;
use kafka_protocol::messages::{GetTelemetrySubscriptionsRequest, PushTelemetryRequest};

use super::{Case, Fill, Sample};

impl Sample for GetTelemetrySubscriptionsRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_client_instance_id(Case::id(1))
            .with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for PushTelemetryRequest {
    fn sample(case: Case) -> Self {
        let metrics: &[u8] = if case.fill == Fill::Empty { b"" } else { b"metrics" };
        Self::default()
            .with_client_instance_id(Case::id(1))
            .with_subscription_id(7)
            .with_terminating(true)
            .with_compression_type(4)
            .with_metrics(Bytes::from_static(metrics))
            .with_unknown_tagged_fields(case.tags(0))
    }
}
