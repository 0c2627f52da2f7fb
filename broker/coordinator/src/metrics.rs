//! What operators see of a coordinator, labelled with its topic.

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

#[derive(Clone)]
pub(crate) struct CoordinatorMetrics {
    pub(crate) shards_loading: Gauge,
    pub(crate) load_seconds: Histogram,
    pub(crate) load_errors: Counter,
    pub(crate) reappends: Counter,
    pub(crate) refused: Counter,
}

impl std::fmt::Debug for CoordinatorMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoordinatorMetrics")
    }
}

impl CoordinatorMetrics {
    pub(crate) fn register(topic: &'static str) -> Self {
        describe_gauge!("ringtide_coordinator_shards_loading", "Shards that are being loaded.");
        describe_histogram!("ringtide_coordinator_load_seconds", "Time to load one shard.");
        describe_counter!(
            "ringtide_coordinator_load_errors_total",
            "Shards that could not be loaded; their requests are refused."
        );
        describe_counter!(
            "ringtide_coordinator_reappends_total",
            "Times a shard wrote its live records again and gave up the older ones."
        );
        describe_counter!(
            "ringtide_coordinator_refused_total",
            "Requests refused because too much waited for room in the ring log."
        );
        Self {
            shards_loading: gauge!("ringtide_coordinator_shards_loading", "topic" => topic),
            load_seconds: histogram!("ringtide_coordinator_load_seconds", "topic" => topic),
            load_errors: counter!("ringtide_coordinator_load_errors_total", "topic" => topic),
            reappends: counter!("ringtide_coordinator_reappends_total", "topic" => topic),
            refused: counter!("ringtide_coordinator_refused_total", "topic" => topic),
        }
    }
}
