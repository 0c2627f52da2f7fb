//! What a member asks with ConsumerGroupHeartbeat, and the answer, in the domain's words.
//!
//! Knows no group: what is checked here is wrong, or right, whatever group is asked.

use protocol_types::ErrorCode;

use super::config::ConsumerConfig;
use super::member::{EPOCH_STATIC_LEFT, MemberId, Subscription};
use super::partitions::Partitions;
use super::refusal::Refusal;
use crate::group::GroupId;

/// A heartbeat. What is `None` has not changed since the last one.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub group: GroupId,
    /// Empty only where the broker names new members (version 0).
    pub member: String,
    /// Kafka's number: 0 joins, −1 leaves, −2 leaves for a while.
    pub epoch: i32,
    pub instance: Option<String>,
    pub rack: Option<String>,
    pub rebalance_timeout_ms: Option<i32>,
    pub topics: Option<Vec<String>>,
    /// An empty one takes the subscription back.
    pub regex: Option<String>,
    pub assignor: Option<String>,
    pub owned: Option<Partitions>,
    pub client_id: String,
    pub client_host: String,
    /// Clients name themselves (version 1).
    pub names_itself: bool,
    /// A text nobody else has, drawn by the shell: a new member's id.
    pub unique: String,
}

/// The answer to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    pub member: MemberId,
    pub epoch: i32,
    pub interval_ms: u32,
    /// `None`: as it was.
    pub assignment: Option<Partitions>,
}

impl Heartbeat {
    /// Whether the request is in a form that any group may be asked in.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn validate(&self, config: &ConsumerConfig) -> Result<(), Refusal> {
        if (self.names_itself || self.epoch > 0 || self.epoch == -1) && is_blank(&self.member) {
            return Err(Refusal::invalid("MemberId can't be empty."));
        }
        let optional = |text: &Option<String>| text.as_deref().is_some_and(is_blank);
        for (wrong, message) in [
            (is_blank(&self.group), "GroupId can't be empty."),
            (optional(&self.instance), "InstanceId can't be empty."),
            (optional(&self.rack), "RackId can't be empty."),
            (
                self.epoch == 0 && self.rebalance_timeout_ms.is_none(),
                "RebalanceTimeoutMs must be provided in first request.",
            ),
            (
                self.epoch == 0 && self.owned.as_ref().is_none_or(|owned| !owned.is_empty()),
                "TopicPartitions must be empty when (re-)joining.",
            ),
            (
                self.epoch == 0 && self.topics.is_none() && self.regex.is_none(),
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when \
                 (re-)joining.",
            ),
            (
                self.epoch == EPOCH_STATIC_LEFT && self.instance.is_none(),
                "InstanceId can't be null.",
            ),
            (self.epoch < EPOCH_STATIC_LEFT, "MemberEpoch is invalid."),
        ] {
            if wrong {
                return Err(Refusal::invalid(message));
            }
        }
        let supported = |name: &str| config.assignors.iter().any(|known| known.name() == name);
        match &self.assignor {
            Some(name) if !supported(name) => {
                let known: Vec<&str> = config.assignors.iter().map(|known| known.name()).collect();
                Err(Refusal::new(
                    ErrorCode::UnsupportedAssignor,
                    format!(
                        "ServerAssignor {name} is not supported. Supported assignors: {}.",
                        known.join(", ")
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether the heartbeat may create a group.
    #[must_use]
    pub const fn joins(&self) -> bool {
        self.epoch == 0
    }

    pub(super) const fn leaves(&self) -> bool {
        matches!(self.epoch, -1 | EPOCH_STATIC_LEFT)
    }

    /// Whether the member told all of itself, and so wants to hear all.
    pub(super) const fn is_full(&self) -> bool {
        self.rebalance_timeout_ms.is_some()
            && (self.topics.is_some() || self.regex.is_some())
            && self.owned.is_some()
    }

    /// What the member subscribes to after this heartbeat.
    pub(super) fn subscription(&self, before: &Subscription) -> Subscription {
        let or = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        Subscription {
            instance: or(&self.instance, &before.instance),
            rack: or(&self.rack, &before.rack),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            topics: match &self.topics {
                Some(topics) => topics.iter().cloned().collect(),
                None => before.topics.clone(),
            },
            regex: or(&self.regex, &before.regex).filter(|regex| !regex.is_empty()),
            rebalance_timeout_ms: self.rebalance_timeout_ms.unwrap_or(before.rebalance_timeout_ms),
            assignor: or(&self.assignor, &before.assignor),
            classic: None,
        }
    }
}

/// As Java's `trim().isEmpty()`.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c <= ' ')
}
