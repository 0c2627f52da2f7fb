//! Records of consumer groups (KIP-848): kinds 3 to 8 and 16, as Kafka 4.3 writes them.
//!
//! Kind 4, the metadata of subscribed topics, is read and dropped: a hash in kind 3 took its place
//! in Kafka 4.1. Fields are those of Kafka's message definitions
//! (`group-coordinator/src/main/resources/common/message/ConsumerGroup*.json`, release 4.3.1).

mod decode;
mod encode;

use crate::consumer::member::{Current, Subscription};
use crate::consumer::partitions::Partitions;
use crate::consumer::regex::ResolvedRegex;

pub(crate) use decode::{decode, is_kind};
pub(crate) use encode::{
    current, current_gone, group, group_gone, member, member_gone, regex, regex_gone, target,
    target_epoch, target_epoch_gone, target_gone,
};

#[cfg(test)]
mod tests;

const GROUP: i16 = 3;
const PARTITION_METADATA: i16 = 4;
const MEMBER: i16 = 5;
const TARGET_EPOCH: i16 = 6;
const TARGET: i16 = 7;
const CURRENT: i16 = 8;
const REGEX: i16 = 16;

/// A record that was read, with the group it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) group: String,
    pub(crate) fact: Fact,
}

/// What a record says. `None` is a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The group's epoch, and the hash of its topics.
    Group(Option<(i32, i64)>),
    PartitionMetadata,
    Member(String, Option<Subscription>),
    /// The epoch of the target assignment, and when it was computed.
    TargetEpoch(Option<(i32, i64)>),
    Target(String, Option<Partitions>),
    Current(String, Option<Current>),
    Regex(String, Option<ResolvedRegex>),
}
