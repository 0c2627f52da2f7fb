//! How long requests took.

use super::text::Exposition;
use crate::metrics::ServerMetrics;

pub(super) fn write(metrics: &ServerMetrics, out: &mut Exposition) {
    out.histogram(
        "ringtide_kafka_request_duration_seconds",
        "From a request's arrival to its answer, waiting for data or for the disk included.",
    );
    for (api, distribution) in metrics.durations.all() {
        out.distribution(("api", api.name()), &distribution);
    }
}
