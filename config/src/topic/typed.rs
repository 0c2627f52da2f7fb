//! A topic's effective values, typed: what the data path reads.

use std::collections::BTreeMap;

use protocol_types::{Codec, FlushPolicy, TimestampType, topic_name};

use super::key::TopicKey;
use super::table::topic_keys;
use crate::broker::BrokerLayers;
use crate::effect::Effect;
use crate::value::{InvalidConfig, Kind, Value};

/// What becomes of old data. Neither = kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    pub delete: bool,
    /// Records need keys.
    pub compact: bool,
}

/// `compression.type`; stored batches keep their producer's codec whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionType {
    Producer,
    Codec(Codec),
}

/// Effective values of one topic; `None` means "no limit".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    pub cleanup_policy: CleanupPolicy,
    pub compression_type: CompressionType,
    pub flush_policy: FlushPolicy,
    pub max_compaction_lag_ms: i64,
    pub max_message_bytes: u32,
    pub message_timestamp_after_max_ms: Option<i64>,
    pub message_timestamp_before_max_ms: Option<i64>,
    pub message_timestamp_type: TimestampType,
    pub min_compaction_lag_ms: i64,
    pub min_insync_replicas: u32,
    pub remote_storage_enable: bool,
    pub retention_bytes: Option<u64>,
    pub retention_ms: Option<u64>,
    pub segment_bytes: u64,
    pub segment_ms: u64,
}

impl TopicConfig {
    /// Resolves topic > broker > default for the topic named `topic`. Topics named `__*` are
    /// always fsync.
    ///
    /// # Errors
    /// A stored value is not of its key's type.
    pub fn resolve(
        topic: &str,
        overrides: &BTreeMap<String, String>,
        layers: &BrokerLayers,
    ) -> Result<Self, InvalidConfig> {
        let mut config = Self::builtin();
        // A list without effect has no field, and a client may have made it long.
        let read = |key: &&TopicKey| key.kind != Kind::List || key.effect == Effect::Effective;
        for key in topic_keys().iter().filter(read) {
            let text = match overrides.get(key.name) {
                Some(text) => text.clone(),
                None => match layers.value_for(key) {
                    Some(text) => text,
                    None => continue,
                },
            };
            let value = key.kind.parse(key.name, &text)?;
            config.set(key.name, &value);
        }
        if topic_name::is_reserved(topic) {
            config.flush_policy = FlushPolicy::Fsync;
        }
        Ok(config)
    }

    /// The built-in defaults; the table's defaults are the same (tested).
    pub(crate) const fn builtin() -> Self {
        const WEEK_MS: u64 = 604_800_000;
        Self {
            cleanup_policy: CleanupPolicy { delete: true, compact: false },
            compression_type: CompressionType::Producer,
            flush_policy: FlushPolicy::Fsync,
            max_compaction_lag_ms: i64::MAX,
            max_message_bytes: 1_048_588,
            message_timestamp_after_max_ms: Some(3_600_000),
            message_timestamp_before_max_ms: None,
            message_timestamp_type: TimestampType::CreateTime,
            min_compaction_lag_ms: 0,
            min_insync_replicas: 1,
            remote_storage_enable: false,
            retention_bytes: None,
            retention_ms: Some(WEEK_MS),
            segment_bytes: 1 << 30,
            segment_ms: WEEK_MS,
        }
    }

    /// Puts one effective key's value into its field; keys without a field are inert.
    fn set(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("cleanup.policy", Value::List(items)) => {
                let has = |policy: &str| items.iter().any(|item| item == policy);
                self.cleanup_policy =
                    CleanupPolicy { delete: has("delete"), compact: has("compact") };
            }
            ("compression.type", Value::Text(s)) => self.compression_type = compression(s),
            ("flush.policy", Value::Text(s)) => {
                self.flush_policy =
                    if s == "async" { FlushPolicy::Async } else { FlushPolicy::Fsync };
            }
            ("message.timestamp.type", Value::Text(s)) => {
                self.message_timestamp_type = if s == "LogAppendTime" {
                    TimestampType::LogAppendTime
                } else {
                    TimestampType::CreateTime
                };
            }
            ("remote.storage.enable", Value::Boolean(on)) => self.remote_storage_enable = *on,
            (_, Value::Number(n)) => self.set_number(name, *n),
            _ => {}
        }
    }

    fn set_number(&mut self, name: &str, n: i64) {
        let bounded = (n != i64::MAX).then_some(n);
        let clamp32 = u32::try_from(n.max(0)).unwrap_or(u32::MAX);
        match name {
            "max.compaction.lag.ms" => self.max_compaction_lag_ms = n,
            "max.message.bytes" => self.max_message_bytes = clamp32,
            "message.timestamp.after.max.ms" => self.message_timestamp_after_max_ms = bounded,
            "message.timestamp.before.max.ms" => self.message_timestamp_before_max_ms = bounded,
            "min.compaction.lag.ms" => self.min_compaction_lag_ms = n,
            "min.insync.replicas" => self.min_insync_replicas = clamp32,
            "retention.bytes" => self.retention_bytes = u64::try_from(n).ok(),
            "retention.ms" => self.retention_ms = u64::try_from(n).ok(),
            "segment.bytes" => self.segment_bytes = n.max(1).unsigned_abs(),
            "segment.ms" => self.segment_ms = n.max(1).unsigned_abs(),
            _ => {}
        }
    }
}

fn compression(name: &str) -> CompressionType {
    match name {
        "uncompressed" => CompressionType::Codec(Codec::None),
        "gzip" => CompressionType::Codec(Codec::Gzip),
        "snappy" => CompressionType::Codec(Codec::Snappy),
        "lz4" => CompressionType::Codec(Codec::Lz4),
        "zstd" => CompressionType::Codec(Codec::Zstd),
        _ => CompressionType::Producer,
    }
}
