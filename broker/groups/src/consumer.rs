//! Groups of the consumer protocol (KIP-848): ConsumerGroupHeartbeat and server-side assignment.
//!
//! One request does it all: a member tells what it subscribes to and owns, and hears what it shall
//! own. The broker computes a target for the whole group ([`assignors`]) and brings each member to
//! it step by step ([`reconcile`]), so that no partition ever has two owners. Members of the
//! classic protocol may take part while a group migrates. Functions here change the group and say
//! which records make that last; who calls them, and when, is the machine's matter.

mod admit;
pub mod assignors;
mod classic_members;
mod commit;
mod config;
mod describe;
mod group;
mod heartbeat;
mod leave;
pub(crate) mod member;
mod migrate;
pub(crate) mod partitions;
mod persist;
mod reconcile;
mod refusal;
pub(crate) mod regex;
mod replay;
mod request;
mod state;
mod step;
mod target;
mod timers;
mod topics;

pub(crate) use classic_members::{
    JoinAftermath, Joined, heartbeat as classic_heartbeat, join as classic_join,
    leave as classic_leave, sync as classic_sync,
};
pub use config::{ConsumerConfig, MigrationPolicy};
pub use describe::{Described, DescribedMember};
pub use group::{Context, Group};
pub use heartbeat::heartbeat;
pub use leave::{Aftermath, on_deadline};
pub use member::{ClassicMember, Current, Member, MemberId, MemberState, Subscription};
pub(crate) use migrate::{Downgraded, DowngradedMember, downgrade, upgrade};
pub use partitions::{OwnedPartitions, Partitions};
pub use refusal::Refusal;
pub use replay::Replayed;
pub use request::{Beat, Heartbeat};
pub use state::GroupState;
pub use topics::{Topic, Topics};

#[cfg(test)]
pub(crate) mod tests;
