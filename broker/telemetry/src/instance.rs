//! One instance of a client: when it may ask and push, and what it pushed.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol_types::{ErrorCode, Instant};

use crate::client::InstanceId;
use crate::pushed::{Pushed, SeriesKey};

/// An instance is remembered at least so long.
const SILENCE_MS_MIN: u64 = 60_000;

/// A push, but for its metrics.
#[derive(Clone, Copy, Debug)]
pub struct Push {
    pub subscription_id: i32,
    pub terminating: bool,
    /// Whether its codec's number is one.
    pub is_known_codec: bool,
    /// Length as it was sent.
    pub sent_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) subscription_id: i32,
    pub(crate) version: u64,
    pub(crate) metrics: Arc<[String]>,
    pub(crate) interval_ms: u32,
    pub(crate) last_get: Option<Instant>,
    pub(crate) last_push: Option<Instant>,
    pub(crate) last_seen: Instant,
    pub(crate) terminating: bool,
    /// It was refused for what a new subscription mends: it may ask again at once.
    pub(crate) may_ask_again: bool,
    pub(crate) client_id: Arc<str>,
    pub(crate) software_name: Arc<str>,
    pub(crate) series: BTreeMap<SeriesKey, f64>,
}

impl Instance {
    pub(crate) fn has_passed(&self, since: Instant, now: Instant) -> bool {
        now.nanos_since(since) >= u64::from(self.interval_ms) * 1_000_000
    }

    pub(crate) fn is_silent(&self, now: Instant) -> bool {
        let most = (u64::from(self.interval_ms) * 3).max(SILENCE_MS_MIN);
        now.nanos_since(self.last_seen) >= most * 1_000_000
    }

    pub(crate) fn check(
        &mut self,
        push: Push,
        now: Instant,
        max_bytes: usize,
    ) -> Result<(), ErrorCode> {
        if self.terminating {
            return Err(ErrorCode::InvalidRequest);
        }
        // The first push after a subscription comes at a time of the client's choice.
        let in_time = self.last_get > self.last_push
            || self.last_push.is_none_or(|last| self.has_passed(last, now));
        if in_time {
            self.last_push = Some(now);
        } else if !push.terminating {
            return Err(ErrorCode::ThrottlingQuotaExceeded);
        }
        if push.subscription_id != self.subscription_id {
            self.may_ask_again = true;
            return Err(ErrorCode::UnknownSubscriptionId);
        }
        if !push.is_known_codec {
            self.may_ask_again = true;
            return Err(ErrorCode::UnsupportedCompressionType);
        }
        if push.sent_bytes > max_bytes {
            return Err(ErrorCode::TelemetryTooLarge);
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, pushed: Pushed, most: usize) {
        for (key, change) in pushed.series {
            let full = self.series.len() >= most;
            match self.series.get_mut(&key) {
                Some(value) => *value = change.after(Some(*value)),
                None if full => {}
                None => drop(self.series.insert(key, change.after(None))),
            }
        }
    }
}

/// Follows from what is subscribed to and whose it is, so that it changes with either.
pub(crate) fn subscription_id(metrics: &[String], interval_ms: u32, instance: InstanceId) -> i32 {
    let text = format!("[{}]{interval_ms}", metrics.join(", "));
    // FNV-1a: the number is only compared.
    let hash = text
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed() ^ instance.java_hash()
}
