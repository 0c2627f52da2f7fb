//! Tokens that refill steadily up to a burst and may be overdrawn (KIP-599).
//!
//! Kafka's `TokenBucket`: a burst is what the whole window gives, a request takes all it needs even
//! beyond zero, and nothing more is given until the debt is refilled. A full bucket is a new one.

use protocol_types::Instant;

use crate::rate::{Sampling, millis, seconds, to_millis};

#[cfg(test)]
mod tests;

/// See the module's documentation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenBucket {
    /// `None`: full.
    state: Option<State>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    tokens: f64,
    updated_ms: u64,
}

impl TokenBucket {
    /// Takes `tokens`, which are there or not.
    pub fn record(&mut self, sampling: Sampling, bound: f64, tokens: f64, now: Instant) {
        let burst = burst(sampling, bound);
        let have = self.tokens(sampling, bound, now);
        self.state = Some(State { tokens: (have - tokens).min(burst), updated_ms: millis(now) });
    }

    /// Tokens there are; below zero they are owed.
    #[must_use]
    pub fn tokens(&self, sampling: Sampling, bound: f64, now: Instant) -> f64 {
        let burst = burst(sampling, bound);
        let Some(state) = self.state else { return burst };
        let refilled = bound * seconds(millis(now).saturating_sub(state.updated_ms));
        (state.tokens + refilled).min(burst)
    }

    /// How long until nothing is owed, in milliseconds.
    #[must_use]
    pub fn pause_ms(&self, sampling: Sampling, bound: f64, now: Instant) -> u64 {
        let tokens = self.tokens(sampling, bound, now);
        if tokens < 0.0 { to_millis(-tokens / bound * 1e3) } else { 0 }
    }

    /// Whether it is as good as a new one.
    #[must_use]
    pub fn is_spent(&self, sampling: Sampling, bound: f64, now: Instant) -> bool {
        self.tokens(sampling, bound, now) >= burst(sampling, bound)
    }
}

fn burst(sampling: Sampling, bound: f64) -> f64 {
    seconds(sampling.span_ms()) * bound
}
