//! One bucket: what was done in it, and how long its next user has to wait.
//!
//! Bytes and time are rates that may be overrun once and are waited off afterwards; mutations of the
//! controller are tokens. Time is waited off for one sample at most, as in Kafka: what is measured
//! there is the broker's own time, and a client must not be locked out for what it cannot foresee.

use protocol_types::Instant;

use crate::{
    client_quotas::ClientQuota,
    rate::{Rate, Sampling},
    token_bucket::TokenBucket,
};

#[cfg(test)]
mod tests;

/// How the quotas are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// `quota.window.*`.
    pub client: Sampling,
    /// `controller.quota.window.*`.
    pub controller: Sampling,
}

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    bound: f64,
    sampling: Sampling,
    state: State,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Rate { rate: Rate, pause_ms_max: u64 },
    Tokens(TokenBucket),
}

impl Meter {
    /// An unused bucket.
    #[must_use]
    pub fn new(quota: ClientQuota, bound: f64, windows: Windows) -> Self {
        let rate = |pause_ms_max| State::Rate { rate: Rate::default(), pause_ms_max };
        let (sampling, state) = match quota {
            ClientQuota::Produce | ClientQuota::Fetch => (windows.client, rate(u64::MAX)),
            ClientQuota::Request => (windows.client, rate(windows.client.sample_ms)),
            ClientQuota::ControllerMutation => {
                (windows.controller, State::Tokens(TokenBucket::default()))
            }
        };
        Self { bound, sampling, state }
    }

    /// A bucket for events that come one by one, as connections do.
    #[must_use]
    pub fn of_events(bound: f64, sampling: Sampling) -> Self {
        let state = State::Rate { rate: Rate::default(), pause_ms_max: sampling.sample_ms };
        Self { bound, sampling, state }
    }

    /// Changes the bound; what was done stays done.
    pub const fn set_bound(&mut self, bound: f64) {
        self.bound = bound;
    }

    /// Records `amount` and says how long its user has to wait now, in milliseconds.
    pub fn record(&mut self, amount: f64, now: Instant) -> u64 {
        match &mut self.state {
            State::Rate { rate, .. } => rate.record(self.sampling, amount, now),
            State::Tokens(bucket) => bucket.record(self.sampling, self.bound, amount, now),
        }
        self.pause_ms(now)
    }

    /// Records `amount` only if nothing has to be waited for, before or after; otherwise says how
    /// long. An amount that no window could hold is let through by an empty one.
    ///
    /// # Errors
    /// How long to wait, in milliseconds; nothing was recorded.
    pub fn try_record(&mut self, amount: f64, now: Instant) -> Result<(), u64> {
        let empty = self.is_spent(now);
        let pause = self.record(amount, now);
        if pause == 0 || (empty && amount > self.largest()) {
            return Ok(());
        }
        self.record(-amount, now);
        Err(pause)
    }

    /// Records `amount` unless something is owed already (a strict quota of KIP-599).
    ///
    /// # Errors
    /// How long to wait, in milliseconds; nothing was recorded.
    pub fn record_unless_owing(&mut self, amount: f64, now: Instant) -> Result<(), u64> {
        match self.pause_ms(now) {
            0 => {
                self.record(amount, now);
                Ok(())
            }
            pause => Err(pause),
        }
    }

    /// How long its user has to wait at `now`, in milliseconds.
    pub fn pause_ms(&mut self, now: Instant) -> u64 {
        match &mut self.state {
            State::Rate { rate, pause_ms_max } => {
                rate.measure(self.sampling, now).pause_ms(self.bound).min(*pause_ms_max)
            }
            State::Tokens(bucket) => bucket.pause_ms(self.sampling, self.bound, now),
        }
    }

    /// The most that can be recorded at once without a pause.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.bound * self.sampling.full_seconds()
    }

    /// Whether it is as good as a new one, so that it may be forgotten.
    #[must_use]
    pub fn is_spent(&self, now: Instant) -> bool {
        match &self.state {
            State::Rate { rate, .. } => rate.is_spent(self.sampling, now),
            State::Tokens(bucket) => bucket.is_spent(self.sampling, self.bound, now),
        }
    }
}
