//! How long requests took, by api, in fixed buckets.
//!
//! A run of requests costs two atomic additions and no memory, however many they are; the survey
//! writes the sums out. The bounds are those of every other duration of the broker.

use std::sync::atomic::{AtomicU64, Ordering};

use protocol_types::ApiKey;

/// Upper bounds of the buckets, inclusive, in nanoseconds: 100 µs to 10 s.
const BOUNDS: [u64; 16] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Requests of each served api.
#[derive(Debug)]
pub(crate) struct Durations {
    /// In the order of their keys.
    apis: Vec<(ApiKey, Histogram)>,
}

/// Durations of one kind.
#[derive(Debug, Default)]
struct Histogram {
    /// How many fell into each bucket; the last one has no bound.
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum_nanos: AtomicU64,
}

/// What a histogram held at one time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Distribution {
    /// Upper bounds in seconds, each with how many were no longer.
    pub(crate) buckets: Vec<(f64, u64)>,
    pub(crate) count: u64,
    pub(crate) sum_seconds: f64,
}

impl Durations {
    /// `apis` are in the order of their keys.
    pub(crate) fn new(apis: impl Iterator<Item = ApiKey>) -> Self {
        Self { apis: apis.map(|api| (api, Histogram::default())).collect() }
    }

    /// `count` requests of `api` took `nanos` each.
    pub(crate) fn record(&self, api: ApiKey, nanos: u64, count: u64) {
        let at = self.apis.binary_search_by_key(&api, |(api, _)| *api);
        if let Some((_, histogram)) = at.ok().and_then(|at| self.apis.get(at)) {
            histogram.record(nanos, count);
        }
    }

    /// Every api with what was recorded of it.
    pub(crate) fn all(&self) -> impl Iterator<Item = (ApiKey, Distribution)> {
        self.apis.iter().map(|(api, histogram)| (*api, histogram.distribution()))
    }
}

impl Histogram {
    fn record(&self, nanos: u64, count: u64) {
        let bucket = BOUNDS.partition_point(|&bound| bound < nanos);
        if let Some(counted) = self.counts.get(bucket) {
            counted.fetch_add(count, Ordering::Relaxed);
        }
        self.sum_nanos.fetch_add(nanos.saturating_mul(count), Ordering::Relaxed);
    }

    fn distribution(&self) -> Distribution {
        let mut count = 0;
        let mut up_to = self.counts.iter().map(|counted| {
            count += counted.load(Ordering::Relaxed);
            count
        });
        let buckets = BOUNDS.iter().map(|&bound| seconds(bound)).zip(up_to.by_ref()).collect();
        // What is left is the bucket without a bound.
        let all = up_to.next();
        let sum_seconds = seconds(self.sum_nanos.load(Ordering::Relaxed));
        Distribution { buckets, count: all.unwrap_or(0), sum_seconds }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 52 bits")]
const fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
mod tests;
