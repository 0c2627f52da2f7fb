//! A rate over a sliding window of samples.
//!
//! Kafka's way (its `Rate` over a `SampledStat`): values fall into samples of fixed length, of which
//! the last so many count, and an oldest one as long as it overlaps the window. A window that has
//! only begun is reckoned as if it were full, so that a burst at the start is not a huge rate.

use protocol_types::Instant;

#[cfg(test)]
mod tests;

/// How a rate is sampled: `quota.window.num` times `quota.window.size.seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// At least 1.
    pub samples: u32,
    /// Length of one sample; at least 1.
    pub sample_ms: u64,
}

impl Sampling {
    /// `samples` of `seconds` each; nothing is taken as one.
    #[must_use]
    pub fn new(samples: u32, seconds: u32) -> Self {
        Self { samples: samples.max(1), sample_ms: u64::from(seconds.max(1)) * 1_000 }
    }

    /// The whole window, in milliseconds.
    #[must_use]
    pub fn span_ms(self) -> u64 {
        u64::from(self.samples) * self.sample_ms
    }

    /// The window without the sample that is being filled: what a value recorded at once is
    /// measured against.
    #[must_use]
    pub fn full_seconds(self) -> f64 {
        seconds((u64::from(self.samples) - 1) * self.sample_ms)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    started_ms: u64,
    last_event_ms: u64,
    value: f64,
}

impl Sample {
    const fn fresh(now_ms: u64) -> Self {
        Self { started_ms: now_ms, last_event_ms: now_ms, value: 0.0 }
    }
}

/// What was recorded within the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rate {
    /// A ring; one more than the sampling asks for, for the one that overlaps the window's start.
    samples: Vec<Sample>,
    current: usize,
}

/// A rate as it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub per_second: f64,
    /// Over how long, in milliseconds; at least 1.
    pub span_ms: u64,
}

impl Rate {
    /// Adds `value`, which may be negative to take one back.
    pub fn record(&mut self, sampling: Sampling, value: f64, now: Instant) {
        let now_ms = millis(now);
        let complete = self
            .samples
            .get(self.current)
            .is_some_and(|sample| now_ms.saturating_sub(sample.started_ms) >= sampling.sample_ms);
        if complete {
            self.advance(sampling, now_ms);
        }
        if self.samples.is_empty() {
            self.samples.push(Sample::fresh(now_ms));
        }
        if let Some(sample) = self.samples.get_mut(self.current) {
            sample.value += value;
            sample.last_event_ms = now_ms;
        }
    }

    fn advance(&mut self, sampling: Sampling, now_ms: u64) {
        let kept = sampling.samples as usize + 1;
        self.current = (self.current + 1) % kept;
        self.samples.truncate(kept);
        match self.samples.get_mut(self.current) {
            Some(sample) => *sample = Sample::fresh(now_ms),
            None => {
                self.current = self.samples.len();
                self.samples.push(Sample::fresh(now_ms));
            }
        }
    }

    /// The rate now.
    pub fn measure(&mut self, sampling: Sampling, now: Instant) -> Measured {
        let now_ms = millis(now);
        for sample in &mut self.samples {
            if now_ms.saturating_sub(sample.last_event_ms) >= sampling.span_ms() {
                *sample = Sample::fresh(now_ms);
            }
        }
        let oldest = self.samples.iter().map(|sample| sample.started_ms).min().unwrap_or(now_ms);
        let elapsed = now_ms.saturating_sub(oldest);
        let full = elapsed / sampling.sample_ms;
        let lacking = (u64::from(sampling.samples) - 1).saturating_sub(full);
        let span_ms = (elapsed + lacking * sampling.sample_ms).max(1);
        let total: f64 = self.samples.iter().map(|sample| sample.value).sum();
        Measured { per_second: total / seconds(span_ms), span_ms }
    }

    /// Whether nothing recorded counts any more: the rate is as good as a new one.
    #[must_use]
    pub fn is_spent(&self, sampling: Sampling, now: Instant) -> bool {
        let now_ms = millis(now);
        let counts = |sample: &Sample| {
            now_ms.saturating_sub(sample.last_event_ms) < sampling.span_ms() && sample.value != 0.0
        };
        !self.samples.iter().any(counts)
    }
}

impl Measured {
    /// How long nothing may be recorded until the rate is back at `bound`, in milliseconds; 0 when
    /// it is within. If O was observed over W, then O·W/(W+X) is the bound after a pause of X.
    #[must_use]
    pub fn pause_ms(self, bound: f64) -> u64 {
        if self.per_second <= bound {
            return 0;
        }
        let pause = (self.per_second - bound) / bound * millis_f64(self.span_ms);
        to_millis(pause)
    }
}

pub(crate) const fn millis(at: Instant) -> u64 {
    at.0 / 1_000_000
}

pub(crate) fn seconds(millis: u64) -> f64 {
    millis_f64(millis) / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "spans below 2^53 ms")]
const fn millis_f64(millis: u64) -> f64 {
    millis as f64
}

/// Rounded to the nearest, as Kafka does; the longest pause that can be told where it is longer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(crate) fn to_millis(pause: f64) -> u64 {
    const LONGEST: f64 = i32::MAX as f64;
    pause.round().clamp(0.0, LONGEST) as u64
}
