//! Groups of the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.
//!
//! A group is a pure state machine. It is handed requests and the time, answers through the tokens
//! of the requests, now or in a later decision, and writes one record per generation: its members
//! and their assignments. Every token is answered once. Soft state (who waits for what, sessions)
//! changes in place; a broker that dies falls back to the newest record. Knows no wire type, no
//! other group and no offsets.

mod deadline;
mod describe;
mod group;
mod heartbeat;
mod join;
mod leave;
mod member;
mod members;
mod offsets;
mod persist;
mod rebalance;
mod request;
mod state;
mod subscription;
mod sync;
mod takeover;

pub use describe::{Described, DescribedMember};
pub(crate) use group::Context;
pub use group::Group;
pub use member::Member;
pub use request::{
    Heartbeat, Join, JoinReply, Joined, Leave, LeaveReply, Leaver, Left, Protocol, Sync, SyncReply,
};
pub use state::State;

#[cfg(test)]
mod tests;
