//! Consumer groups: membership and committed offsets, as one pure machine per shard.
//!
//! Three parts share one table of groups: the classic protocol (JoinGroup and SyncGroup), the
//! consumer protocol (KIP-848), and the offsets committed for either. State is Kafka's records, in
//! Kafka's formats. No clock, no I/O, no wire type: requests and replies are domain types.

pub mod classic;
mod config;
pub mod consumer;
mod consumer_protocol;
mod group;
mod machine;
pub mod offsets;
pub mod records;
mod request;

pub use config::GroupConfig;
pub use group::{Group, GroupId, OffsetExpiry};
pub use machine::GroupMachine;
pub use request::{
    Ask, DeleteGroup, DescribeConsumerGroup, DescribeGroup, GroupFilter, ListedGroup, NotClassic,
    Reply, Request, SurveyGroups, Surveyed,
};
