//! Commands: one file each, pure, from facts to records or a refusal.
//!
//! A request over several topics has one result per topic; only what refuses the request as a
//! whole is the command's own error.

pub mod allocate_producer_ids;
pub mod alter_client_quotas;
pub mod alter_configs;
mod assignment;
pub mod boot;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_topics;
pub mod reassign;
pub mod topic_name;
pub mod update_features;

pub use allocate_producer_ids::AllocateProducerIds;
pub use alter_client_quotas::AlterClientQuotas;
pub use alter_configs::AlterConfigs;
pub use boot::{Boot, Booted};
pub use create_partitions::CreatePartitions;
pub use create_topics::CreateTopics;
pub use delete_topics::DeleteTopics;

use std::collections::BTreeSet;
use std::fmt::Debug;

use broker_metadata::{Image, Record};
use config::BrokerConfig;
use protocol_types::{Timestamp, TopicId};

use crate::error::CommandError;
use crate::quota::PartitionChangeQuota;

#[cfg(test)]
mod fixture;

/// Most partitions one command may create; as in Kafka, a larger request is refused whole.
pub const PARTITIONS_PER_COMMAND_MAX: u32 = 10_000;

/// What a command is decided upon.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    pub image: &'a Image,
    pub config: &'a BrokerConfig,
    pub now: Timestamp,
    /// Draws a new identity (UUID version 4).
    pub new_id: &'a dyn Fn() -> [u8; 16],
    /// What the client may create and delete.
    pub quota: &'a dyn PartitionChangeQuota,
}

impl Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What is to be stored, and what the caller is told once it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<T> {
    /// Empty: nothing changes, the outcome is final.
    pub records: Vec<Record>,
    pub outcome: T,
}

/// A change of metadata.
pub trait Command {
    /// What the caller is told.
    type Outcome;

    /// Decides the command.
    ///
    /// # Errors
    /// The command is refused as a whole; nothing changes.
    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Self::Outcome>, CommandError>;
}

impl Facts<'_> {
    fn new_topic_id(&self) -> TopicId {
        TopicId((self.new_id)())
    }
}

/// Names that occur more than once, in the order of their first occurrence.
fn duplicates<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::BTreeMap::new();
    let mut order = Vec::new();
    for name in names {
        let count = seen.entry(name).or_insert(0_u32);
        *count += 1;
        if *count == 2 {
            order.push(name);
        }
    }
    order
}

/// Decides items by name: one result per distinct name, in the order of the first occurrence. A name
/// that stands there more than once is refused.
fn each_once<'a, T, D>(
    items: &'a [T],
    name: impl Fn(&'a T) -> &'a str,
    mut decide: impl FnMut(&'a T) -> Result<D, CommandError>,
) -> Vec<(String, Result<D, CommandError>)> {
    let repeated: BTreeSet<&str> = duplicates(items.iter().map(&name)).into_iter().collect();
    let mut reported = BTreeSet::new();
    let firsts = items.iter().filter(|item| reported.insert(name(item)));
    let decided = firsts.map(|item| {
        let decided = if repeated.contains(name(item)) {
            Err(CommandError::invalid_request("Duplicate topic name."))
        } else {
            decide(item)
        };
        (name(item).to_owned(), decided)
    });
    decided.collect()
}
