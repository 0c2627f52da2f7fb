//! One member: what it subscribes to, and how far its partitions have come.
//!
//! The two halves are the two records Kafka keeps of a member (kinds 5 and 8); each is written when
//! it changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::config::ConsumerConfig;
use super::partitions::OwnedPartitions;

/// A member's id within its group.
pub type MemberId = Arc<str>;

/// The epoch of a static member that left for a while.
pub(crate) const EPOCH_STATIC_LEFT: i32 = -2;

/// A member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    pub subscription: Subscription,
    pub current: Current,
}

/// What a member told of itself: record kind 5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub instance: Option<String>,
    pub rack: Option<String>,
    pub client_id: String,
    /// As Kafka shows it: a slash and the address.
    pub client_host: String,
    pub topics: BTreeSet<String>,
    /// Not empty.
    pub regex: Option<String>,
    /// Negative before the member has given one.
    pub rebalance_timeout_ms: i32,
    pub assignor: Option<String>,
    /// The member speaks the classic protocol.
    pub classic: Option<ClassicMember>,
}

/// What a member of the classic protocol told besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMember {
    pub session_timeout_ms: i32,
    /// Name and metadata (an embedded subscription), best first; not empty.
    pub protocols: Vec<(String, Bytes)>,
}

/// Where a member stands on its way to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberState {
    /// It has what it shall have at its epoch.
    #[default]
    Stable,
    /// It must give up partitions before it may enter the next epoch.
    Unrevoked,
    /// It waits for partitions that others still own.
    Unreleased,
    /// Written by a later version.
    Unknown,
}

/// What a member owns: record kind 8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// 0 before the first assignment, [`EPOCH_STATIC_LEFT`] while a static member is away.
    pub epoch: i32,
    /// What the member may still send if our last answer was lost.
    pub previous_epoch: i32,
    pub state: MemberState,
    pub assigned: OwnedPartitions,
    /// What it must give up, and owns until it says it has.
    pub revoking: OwnedPartitions,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            instance: None,
            rack: None,
            client_id: String::new(),
            client_host: String::new(),
            topics: BTreeSet::new(),
            regex: None,
            rebalance_timeout_ms: -1,
            assignor: None,
            classic: None,
        }
    }
}

impl Default for Current {
    fn default() -> Self {
        Self {
            epoch: 0,
            previous_epoch: -1,
            state: MemberState::Stable,
            assigned: OwnedPartitions::default(),
            revoking: OwnedPartitions::default(),
        }
    }
}

impl Member {
    /// Whether the member speaks the classic protocol.
    #[must_use]
    pub const fn is_classic(&self) -> bool {
        self.subscription.classic.is_some()
    }

    /// Whether nothing is left to do for it at that epoch of the assignment.
    #[must_use]
    pub fn is_reconciled_to(&self, target_epoch: i32) -> bool {
        self.current.state == MemberState::Stable && self.current.epoch == target_epoch
    }

    /// How long the member may stay silent.
    pub(super) fn session_timeout_ms(&self, config: &ConsumerConfig) -> u64 {
        let own = self.subscription.classic.as_ref().map(|classic| classic.session_timeout_ms);
        own.map_or_else(|| config.session_timeout_ms.into(), |ms| u64::try_from(ms).unwrap_or(0))
    }
}

impl Current {
    /// Enters `epoch`, remembering the one before.
    pub(super) const fn enter(&mut self, epoch: i32) {
        self.previous_epoch = self.epoch;
        self.epoch = epoch;
    }
}

impl MemberState {
    /// Kafka's number in the record.
    #[must_use]
    pub const fn to_record(self) -> i8 {
        match self {
            Self::Stable => 0,
            Self::Unrevoked => 1,
            Self::Unreleased => 2,
            Self::Unknown => 127,
        }
    }

    #[must_use]
    pub const fn from_record(number: i8) -> Self {
        match number {
            0 => Self::Stable,
            1 => Self::Unrevoked,
            2 => Self::Unreleased,
            _ => Self::Unknown,
        }
    }
}
