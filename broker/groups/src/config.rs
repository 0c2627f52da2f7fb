//! The settings that groups obey, by Kafka's names.

use crate::consumer::ConsumerConfig;

/// Broker-level settings of groups and their offsets. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// `group.min.session.timeout.ms`
    pub session_timeout_ms_min: u32,
    /// `group.max.session.timeout.ms`
    pub session_timeout_ms_max: u32,
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay_ms: u32,
    /// `group.max.size`
    pub size_max: u32,
    /// `offset.metadata.max.bytes`, in characters as Kafka counts them.
    pub offset_metadata_max: u32,
    /// `offsets.retention.minutes`
    pub offsets_retention_ms: u64,
    /// `offsets.retention.check.interval.ms`
    pub offsets_retention_check_ms: u64,
    /// Settings of groups of the consumer protocol, `group.consumer.*`.
    pub consumer: ConsumerConfig,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            session_timeout_ms_min: 6_000,
            session_timeout_ms_max: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            size_max: i32::MAX.cast_unsigned(),
            offset_metadata_max: 4096,
            offsets_retention_ms: 7 * 24 * 3_600_000,
            offsets_retention_check_ms: 600_000,
            consumer: ConsumerConfig::default(),
        }
    }
}
