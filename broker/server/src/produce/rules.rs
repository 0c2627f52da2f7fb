//! What a topic's configuration and a request's version ask of a batch.

use broker_partitions::DECODED_BYTES_MAX;
use config::TopicConfig;
use protocol_records::ValidateRules;
use protocol_types::{Timestamp, TimestampType};

/// First version of Produce that may carry zstd (trap 43).
const FIRST_ZSTD: i16 = 7;

/// A batch whose records must be looked at may unpack to so many times `max.message.bytes`.
const DECODED_RATIO_MAX: usize = 32;

/// All of them together may unpack to so many times the request, or to [`DECODED_BYTES_MAX`].
const UNPACKED_RATIO_MAX: usize = 8;

/// The rules for a batch that arrives at `now` in a request of `version`.
pub(super) fn of(config: &TopicConfig, version: i16, now: Timestamp) -> ValidateRules {
    ValidateRules {
        max_bytes: config.max_message_bytes,
        allow_zstd: version >= FIRST_ZSTD,
        allow_transactional: false,
        needs_keys: config.cleanup_policy.compact,
        timestamp_bounds: timestamp_bounds(config, now),
        decompressed_bytes_max: DECODED_BYTES_MAX
            .min(config.max_message_bytes as usize * DECODED_RATIO_MAX),
    }
}

/// What all batches of a request of `bytes` may unpack to together. They are unpacked on the shard's own
/// thread, while its other connections wait: safety of the many goes before a client that packs tighter.
pub(super) fn unpacked_max(bytes: usize) -> usize {
    DECODED_BYTES_MAX.max(bytes * UNPACKED_RATIO_MAX)
}

/// Smallest and largest timestamp a producer may set; the broker's own are always right.
fn timestamp_bounds(config: &TopicConfig, now: Timestamp) -> Option<(i64, i64)> {
    let before = config.message_timestamp_before_max_ms;
    let after = config.message_timestamp_after_max_ms;
    if config.message_timestamp_type == TimestampType::LogAppendTime
        || (before.is_none() && after.is_none())
    {
        return None;
    }
    let earliest = before.map_or(i64::MIN, |span| now.0.saturating_sub(span));
    let latest = after.map_or(i64::MAX, |span| now.0.saturating_add(span));
    Some((earliest, latest))
}

#[cfg(test)]
mod tests;
