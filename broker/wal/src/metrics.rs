//! The log's metrics, as handles taken once.

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use protocol_types::Instant;

/// Handles under the names of the operator's guide.
pub(crate) struct WalMetrics {
    append_seconds: Histogram,
    fsync_seconds: Histogram,
    batch_bytes: Histogram,
    groups_total: Counter,
    syncs_total: Counter,
    used_bytes: Gauge,
    head_offset: Gauge,
    tail_offset: Gauge,
    wraps_total: Counter,
    oldest_age_seconds: Gauge,
    seconds_to_wrap: Gauge,
}

impl WalMetrics {
    pub(crate) fn new(capacity: u64) -> Self {
        describe();
        gauge!("ringtide_ring_capacity_bytes").set(float(capacity));
        Self {
            append_seconds: histogram!("ringtide_wal_append_seconds"),
            fsync_seconds: histogram!("ringtide_wal_fsync_seconds"),
            batch_bytes: histogram!("ringtide_wal_batch_bytes"),
            groups_total: counter!("ringtide_wal_groups_total"),
            syncs_total: counter!("ringtide_wal_syncs_total"),
            used_bytes: gauge!("ringtide_ring_used_bytes"),
            head_offset: gauge!("ringtide_ring_head_offset"),
            tail_offset: gauge!("ringtide_ring_tail_offset"),
            wraps_total: counter!("ringtide_ring_wraps_total"),
            oldest_age_seconds: gauge!("ringtide_ring_oldest_age_seconds"),
            seconds_to_wrap: gauge!("ringtide_ring_seconds_to_wrap"),
        }
    }

    /// A group was written; `began` is when the writer took it up.
    pub(crate) fn group(&self, bytes: u64, began: Instant, done: Instant) {
        self.groups_total.increment(1);
        self.batch_bytes.record(float(bytes));
        self.append_seconds.record(seconds(began, done));
    }

    /// A call that waited for the disk.
    pub(crate) fn sync(&self, began: Instant, done: Instant) {
        self.syncs_total.increment(1);
        self.fsync_seconds.record(seconds(began, done));
    }

    pub(crate) fn wraps(&self, laps: u64) {
        self.wraps_total.increment(laps);
    }

    /// The ring as a whole, once in a while. `per_second` is the rate of appends.
    pub(crate) fn ring(&self, state: &RingState) {
        self.used_bytes.set(float(state.used));
        self.head_offset.set(float(state.head));
        self.tail_offset.set(float(state.trim));
        self.oldest_age_seconds.set(state.oldest_age_seconds);
        let free = float(state.capacity - state.used);
        self.seconds_to_wrap.set(free / state.bytes_per_second.max(1.0));
    }
}

impl std::fmt::Debug for WalMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WalMetrics").finish_non_exhaustive()
    }
}

fn describe() {
    describe_gauge!("ringtide_ring_capacity_bytes", "Size of the ring.");
    describe_gauge!("ringtide_ring_used_bytes", "Bytes of the ring that are not sealed yet.");
    describe_gauge!("ringtide_ring_head_offset", "Position up to which the ring was written.");
    describe_gauge!("ringtide_ring_tail_offset", "Position from which the ring is in use.");
    describe_counter!("ringtide_ring_wraps_total", "Laps of the ring.");
    describe_gauge!("ringtide_ring_oldest_age_seconds", "Age of the oldest data in the ring.");
    describe_gauge!(
        "ringtide_ring_seconds_to_wrap",
        "Time until the ring is full at the present rate, were nothing sealed."
    );
    describe_histogram!(
        "ringtide_wal_append_seconds",
        "From taking up a group to its end: writing and syncing."
    );
    describe_histogram!("ringtide_wal_fsync_seconds", "Calls that wait for the disk.");
    describe_histogram!("ringtide_wal_batch_bytes", "Sizes of written groups.");
    describe_counter!("ringtide_wal_groups_total", "Groups written.");
    describe_counter!("ringtide_wal_syncs_total", "Calls that waited for the disk.");
}

/// What the gauges show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingState {
    pub(crate) used: u64,
    pub(crate) capacity: u64,
    pub(crate) head: u64,
    pub(crate) trim: u64,
    pub(crate) oldest_age_seconds: f64,
    pub(crate) bytes_per_second: f64,
}

pub(crate) fn seconds(from: Instant, to: Instant) -> f64 {
    float(to.nanos_since(from)) / 1e9
}

#[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 52 bits")]
pub(crate) const fn float(n: u64) -> f64 {
    n as f64
}
