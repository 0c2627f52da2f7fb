//! From a Fetch request to what is wanted of which partition.

use std::sync::Arc;

use broker_controller::commands::topic_name;
use protocol_types::{Instant, IsolationLevel, LeaderEpoch, Offset, TopicId};
use protocol_wire::{
    error::DecodeError,
    fetch_request::{FetchPart, FetchRequest, WantedPartition},
    request_header::RequestHeader,
};

use super::{
    FetchWork,
    plan::Entry,
    session::{PartitionKey, PartitionSet, TopicKey},
};
use crate::{request_memory::RequestMemory, security::Operation};

/// What a partition takes, roughly: as it was asked for, in its set, and as it was found.
const PARTITION_MEMORY: u64 = 512;

/// What a fetch wants of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `None` for a negative offset: out of range.
    pub(crate) offset: Option<Offset>,
    pub(crate) bytes_max: u64,
    pub(crate) leader_epoch: Option<LeaderEpoch>,
    pub(crate) last_epoch: Option<LeaderEpoch>,
}

/// What a request says about its session and its partitions.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(super) session: i32,
    pub(super) epoch: i32,
    wanted: Vec<(PartitionKey, Wanted)>,
    forgotten: Vec<PartitionKey>,
}

impl Decoded {
    /// Whether a session may keep what is wanted: it is reckoned by its partitions, so that names
    /// no topic can have are not for it.
    pub(super) fn fits_a_session(&self) -> bool {
        self.wanted.iter().all(|(key, _)| match &key.topic {
            TopicKey::Name(name) => name.len() <= topic_name::NAME_MAX,
            TopicKey::Id(_) => true,
        })
    }

    /// Adds, changes and removes partitions of `set` as the request says. One that it both names and
    /// forgets is forgotten, as in Kafka. Yields its own memory, for the next request.
    pub(super) fn apply(mut self, set: &mut PartitionSet<Entry>) -> Self {
        for (key, wanted) in self.wanted.drain(..) {
            set.upsert(key, wanted, Entry::change, Entry::new);
        }
        for key in self.forgotten.drain(..) {
            set.remove(&key);
        }
        self
    }

    /// Partitions that it has memory for.
    pub(super) const fn capacity(&self) -> usize {
        self.wanted.capacity() + self.forgotten.capacity()
    }

    pub(super) fn clear(&mut self) {
        self.wanted.clear();
        self.forgotten.clear();
    }
}

pub(super) const fn has_sessions(version: i16) -> bool {
    version >= 7
}

pub(super) const fn names_topics_by_id(version: i16) -> bool {
    version >= 13
}

impl FetchWork {
    /// Becomes the request that arrived at `now`. `topic_name` gives names memory of their own.
    pub(crate) fn decode(
        &mut self,
        header: &RequestHeader<'_>,
        operation: Option<Operation>,
        body: &[u8],
        now: Instant,
        mut topic_name: impl FnMut(&str) -> Arc<str>,
    ) -> Result<(), DecodeError> {
        let version = header.version;
        let Decoded { wanted, forgotten, .. } = &mut self.decoded;
        let mut topic = TopicKey::Id(TopicId::ZERO);
        let request = FetchRequest::read(version, body, |part| match part {
            // Names of a request are slices of its frame.
            FetchPart::Topic { name, .. } if !names_topics_by_id(version) => {
                topic = TopicKey::Name(topic_name(name));
            }
            FetchPart::Topic { id, .. } => topic = TopicKey::Id(TopicId(id)),
            FetchPart::Wanted(partition) => {
                let key = PartitionKey { topic: topic.clone(), index: partition.index };
                wanted.push((key, wanted_of(&partition)));
            }
            FetchPart::Forgotten { index } => {
                forgotten.push(PartitionKey { topic: topic.clone(), index });
            }
        })?;
        (self.decoded.session, self.decoded.epoch) = (request.session_id, request.session_epoch);
        self.version = version;
        self.correlation_id = header.correlation_id;
        self.operation = operation;
        self.isolation = match request.isolation_level {
            0 => IsolationLevel::ReadUncommitted,
            _ => IsolationLevel::ReadCommitted,
        };
        self.bytes_min = not_negative(request.min_bytes);
        self.bytes_max = not_negative(request.max_bytes);
        let wait_nanos = not_negative(request.max_wait_ms) * 1_000_000;
        self.due = Instant(now.0.saturating_add(wait_nanos));
        Ok(())
    }

    /// Bytes that a request may take while it is worked on, however it is made up.
    pub(crate) const fn memory(version: i16, body: &[u8]) -> u64 {
        let partition_bytes_min = match version {
            ..=4 => 16,
            5..=8 => 24,
            9..=11 => 28,
            _ => 33,
        };
        body.len() as u64 * PARTITION_MEMORY / partition_bytes_min
    }

    /// Keeps `memory` until it is answered.
    pub(crate) fn hold(&mut self, memory: RequestMemory) {
        self.memory = memory;
    }
}

fn wanted_of(partition: &WantedPartition) -> Wanted {
    Wanted {
        offset: Offset::from_wire(partition.fetch_offset),
        bytes_max: not_negative(partition.max_bytes),
        leader_epoch: LeaderEpoch::from_wire(partition.current_leader_epoch),
        last_epoch: LeaderEpoch::from_wire(partition.last_fetched_epoch),
    }
}

fn not_negative(wire: i32) -> u64 {
    u64::try_from(wire).unwrap_or(0)
}

#[cfg(test)]
mod tests;
