//! The configuration of a topic: Kafka's keys, their checks, and the typed values they resolve to.
//!
//! Invariant: every key of Kafka 4.3 is known here and is effective, inert (stored and echoed) or
//! refused where a value asks for what does not exist; an unknown key is refused.

mod key;
mod table;
mod typed;

use std::collections::BTreeMap;

pub use key::{Scale, TopicKey};
pub use table::{topic_key, topic_keys};
pub use typed::{CleanupPolicy, CompressionType, TopicConfig};

use crate::broker::BrokerLayers;
use crate::value::InvalidConfig;

#[cfg(test)]
mod tests;

/// What the broker's size allows a topic to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicLimits {
    /// Largest `max.message.bytes`: an eighth of the ring.
    pub max_message_bytes: u64,
}

/// Checks a topic's overrides as Kafka checks them on CreateTopics and IncrementalAlterConfigs.
///
/// # Errors
/// An unknown key, a value of the wrong type or out of range, or values that contradict another.
pub fn validate_topic(
    overrides: &BTreeMap<String, String>,
    layers: &BrokerLayers,
    limits: TopicLimits,
) -> Result<(), InvalidConfig> {
    for (name, text) in overrides {
        let key = topic_key(name)
            .ok_or_else(|| InvalidConfig(format!("Unknown topic config name: {name}")))?;
        key.check(text)?;
    }
    let config = TopicConfig::resolve("", overrides, layers)?;
    if let Some(text) = overrides.get("max.message.bytes")
        && u64::from(config.max_message_bytes) > limits.max_message_bytes
    {
        let why = format!(
            "Value must be no more than {}, an eighth of the ring",
            limits.max_message_bytes
        );
        return Err(InvalidConfig::value("max.message.bytes", text, why));
    }
    if config.min_compaction_lag_ms > config.max_compaction_lag_ms {
        return Err(InvalidConfig(format!(
            "conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})",
            config.min_compaction_lag_ms, config.max_compaction_lag_ms
        )));
    }
    if config.remote_storage_enable {
        return Err(InvalidConfig(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured \
             with remote log storage."
                .to_owned(),
        ));
    }
    Ok(())
}
