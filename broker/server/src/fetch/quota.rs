//! A fetch and the quotas of its client.
//!
//! As in Kafka, a fetch that would break a quota is answered without records, and what it would have
//! taken is not recorded; a fetch never asks for more than a whole window could give.

use protocol_types::Instant;

use super::FetchContext;
use crate::quotas::Throttle;

/// What a fetch has cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    busy: u64,
    began: Option<Instant>,
    /// Its bytes were recorded: not again when the data has moved meanwhile.
    recorded: bool,
    throttle: Throttle,
}

impl Account {
    /// Work on the fetch goes on; the time counts only where it is limited.
    pub(super) fn begin(&mut self, context: &FetchContext<'_>) -> Option<Instant> {
        let timed = context.charged.is_some_and(|charged| charged.request.is_some());
        self.began = timed.then(|| context.shard.broker.clock.now());
        self.began
    }

    /// Work on the fetch rests.
    pub(super) fn pause(&mut self, context: &FetchContext<'_>, began: Option<Instant>) {
        if began.is_some() {
            self.count_time(context.shard.broker.clock.now());
            self.began = None;
        }
    }

    fn count_time(&mut self, now: Instant) {
        if let Some(began) = self.began.replace(now) {
            self.busy += now.nanos_since(began);
        }
    }

    /// Whether an answer with `bytes` of records would break a quota.
    pub(super) fn exceeded(&mut self, context: &FetchContext<'_>, bytes: u64) -> bool {
        let Some(charged) = context.charged.filter(|_| !self.recorded) else { return false };
        self.recorded = true;
        let now = context.shard.broker.clock.now();
        if self.began.is_some() {
            self.count_time(now);
            self.throttle = charged.time(std::mem::take(&mut self.busy), now);
        }
        let Some(bucket) = &charged.fetch else { return self.throttle.ms > 0 };
        // Beyond its share of time it gets no records, so none are recorded.
        if self.throttle.ms > 0 {
            self.throttle = self.throttle.or(bucket.pause(now));
            return true;
        }
        #[expect(clippy::cast_precision_loss, reason = "answers below 2^53 bytes")]
        if let Err(throttle) = bucket.try_record(bytes as f64, now) {
            self.throttle = throttle;
        }
        self.throttle.ms > 0
    }

    pub(super) const fn throttle(&self) -> Throttle {
        self.throttle
    }
}

/// Most bytes a fetch may ask for: what passes without a wait.
pub(super) fn bytes_max(context: &FetchContext<'_>, asked: u64) -> u64 {
    let bucket = context.charged.and_then(|charged| charged.fetch.as_ref());
    bucket.map_or(asked, |bucket| asked.min(bucket.largest()))
}
