//! Metrics and telemetry.

use crate::broker::key::{BrokerKey, int, list, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "kafka.metrics.polling.interval.secs",
        "How often Kafka's older metrics reporters are asked.",
    )
    .or("10")
    .at_least(1),
    list("kafka.metrics.reporters", "Kafka's older metrics reporters; /metrics is served here.")
        .or(""),
    list("metric.reporters", "Classes that report metrics; /metrics is served here.")
        .or("org.apache.kafka.common.metrics.JmxReporter")
        .cluster_wide(),
    int("metrics.num.samples", "Samples kept for a metric.").or("2").at_least(1),
    string("metrics.recording.level", "Highest level of metrics that are recorded.").or("INFO"),
    long("metrics.sample.window.ms", "Length of a metric's sample.").or("30000").at_least(1),
    int("telemetry.max.bytes", "Largest push of a client's metrics.")
        .or("1048576")
        .at_least(1)
        .effective(),
];
