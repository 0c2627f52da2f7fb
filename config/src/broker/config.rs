//! The broker's settings as the rest of the program reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use protocol_types::BrokerId;

use super::layers::BrokerLayers;
use crate::listener::{HostPort, Listener};
use crate::metrics::MetricsSettings;
use crate::topic::TopicLimits;

/// The smallest ring a configuration may ask for; the ring itself takes smaller ones (tests).
pub const RING_SIZE_MIN: u64 = 16 << 20;

const _: () = assert!(RING_SIZE_MIN / 8 >= 1_048_588, "the default max.message.bytes must fit");

/// Form of log lines on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    Text,
    Json,
}

/// How quotas are sampled: so many samples of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaWindows {
    pub samples: u32,
    pub sample_seconds: u32,
    /// Of changes to topics.
    pub controller_samples: u32,
    pub controller_sample_seconds: u32,
}

/// Settings of one broker, typed and checked against each other. Built by [`crate::Loader`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerConfig {
    pub node_id: BrokerId,
    pub rack: Option<String>,
    pub data_dir: PathBuf,
    /// At least one; names and addresses are unique.
    pub listeners: Vec<Listener>,
    pub http_bind: HostPort,
    /// Bytes; a multiple of 64 KiB, at least [`RING_SIZE_MIN`].
    pub ring_size: u64,
    pub memory_request_bytes: u64,
    pub memory_response_bytes: u64,
    /// At most `memory_request_bytes`.
    pub socket_request_max_bytes: u32,
    pub fetch_max_bytes: u32,
    pub connections_max_idle_ms: u64,
    /// How often retention is checked.
    pub retention_check_ms: u64,
    /// How long dead sealed files wait for their space to be used.
    pub segments_spare_ms: u64,
    pub max_connections: u32,
    /// `None`: one per core.
    pub shards: Option<u32>,
    pub auto_create_topics: bool,
    pub delete_topics: bool,
    pub num_partitions: u32,
    pub default_replication_factor: u16,
    pub groups: GroupSettings,
    pub quotas: QuotaWindows,
    pub metrics: MetricsSettings,
    /// Largest push of a client's metrics (KIP-714).
    pub telemetry_max_bytes: u32,
    /// `tracing` filter directives.
    pub log_level: String,
    pub log_format: LogFormat,
    /// Values given at start, by name, as text: what DescribeConfigs calls STATIC_BROKER_CONFIG.
    pub given: Arc<BTreeMap<String, String>>,
}

/// Settings of consumer groups and of the topic their offsets are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSettings {
    pub session_timeout_min_ms: u32,
    /// At least `session_timeout_min_ms`.
    pub session_timeout_max_ms: u32,
    pub initial_rebalance_delay_ms: u32,
    pub size_max: u32,
    /// In characters, as Kafka counts them.
    pub offset_metadata_max: u32,
    pub offsets_retention_minutes: u32,
    pub offsets_retention_check_ms: u64,
    pub offsets_topic_partitions: u32,
    pub offsets_topic_segment_bytes: u32,
    /// Most members of a group of the consumer protocol.
    pub consumer_size_max: u32,
    /// Names of assignors, the default first.
    pub consumer_assignors: Vec<String>,
    /// By Kafka's name, in any case.
    pub consumer_migration_policy: String,
}

impl BrokerConfig {
    /// What the ring's size allows topics to ask for.
    #[must_use]
    pub const fn topic_limits(&self) -> TopicLimits {
        TopicLimits { max_message_bytes: self.ring_size / 8 }
    }

    /// The layers below a broker that has no dynamic values.
    #[must_use]
    pub fn layers(&self) -> BrokerLayers {
        BrokerLayers { given: Arc::clone(&self.given), ..BrokerLayers::default() }
    }

    /// The text of a setting that is derived, or shown under Kafka's name.
    pub(crate) fn derived(&self, name: &str) -> Option<String> {
        let listeners = |text: fn(&Listener) -> String| {
            self.listeners.iter().map(text).collect::<Vec<_>>().join(",")
        };
        Some(match name {
            "advertised.listeners" => listeners(|l| format!("{}://{}", l.name, l.advertised)),
            "broker.id" | "node.id" => self.node_id.0.to_string(),
            "data.dir" | "log.dir" | "log.dirs" => self.data_dir.display().to_string(),
            "http.bind" => self.http_bind.to_string(),
            "listener.security.protocol.map" => listeners(|l| format!("{}:{}", l.name, l.protocol)),
            "listeners" => listeners(Listener::to_kafka),
            "memory.request.bytes" => self.memory_request_bytes.to_string(),
            "memory.response.bytes" => self.memory_response_bytes.to_string(),
            "ring.size" => self.ring_size.to_string(),
            "socket.request.max.bytes" => self.socket_request_max_bytes.to_string(),
            _ => return None,
        })
    }
}
