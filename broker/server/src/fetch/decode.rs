//! From a Fetch request to what is wanted of which partition.

use std::sync::Arc;

use broker_controller::commands::topic_name;
use protocol_types::{Instant, IsolationLevel, LeaderEpoch, Lsn, Offset, TopicId};
use protocol_wire::{
    error::DecodeError,
    fetch_request::{FetchPart, FetchRequest, WantedPartition},
    request_header::RequestHeader,
};

use super::{
    FetchWork, Scope, Stage,
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
    /// forgets is forgotten, as in Kafka.
    pub(super) fn apply(self, set: &mut PartitionSet<Entry>) {
        for (key, wanted) in self.wanted {
            set.upsert(key, wanted, Entry::change, Entry::new);
        }
        for key in &self.forgotten {
            set.remove(key);
        }
    }
}

pub(super) const fn has_sessions(version: i16) -> bool {
    version >= 7
}

pub(super) const fn names_topics_by_id(version: i16) -> bool {
    version >= 13
}

impl FetchWork {
    /// Decodes a request that arrived at `now`.
    pub(crate) fn decode(
        header: &RequestHeader<'_>,
        operation: Option<Operation>,
        body: &[u8],
        now: Instant,
    ) -> Result<Self, DecodeError> {
        let version = header.version;
        let (mut wanted, mut forgotten) = (Vec::new(), Vec::new());
        let mut topic = TopicKey::Id(TopicId::ZERO);
        let request = FetchRequest::read(version, body, |part| match part {
            FetchPart::Topic { name, id } => topic = topic_key(name, id, version),
            FetchPart::Wanted(partition) => {
                let key = PartitionKey { topic: topic.clone(), index: partition.index };
                wanted.push((key, wanted_of(&partition)));
            }
            FetchPart::Forgotten { index } => {
                forgotten.push(PartitionKey { topic: topic.clone(), index });
            }
        })?;
        let wait_nanos = not_negative(request.max_wait_ms) * 1_000_000;
        let (session, epoch) = (request.session_id, request.session_epoch);
        let decoded = Decoded { session, epoch, wanted, forgotten };
        Ok(Self {
            version,
            correlation_id: header.correlation_id,
            operation,
            isolation: match request.isolation_level {
                0 => IsolationLevel::ReadUncommitted,
                _ => IsolationLevel::ReadCommitted,
            },
            bytes_min: not_negative(request.min_bytes),
            bytes_max: not_negative(request.max_bytes),
            due: Instant(now.0.saturating_add(wait_nanos)),
            patience: Lsn(0),
            stage: Stage::New(Box::new(decoded)),
            scope: Scope::Own,
            own: PartitionSet::default(),
            moved: 0,
            quota: super::quota::Account::default(),
            _memory: RequestMemory::default(),
        })
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
    pub(crate) fn holding(self, memory: RequestMemory) -> Self {
        Self { _memory: memory, ..self }
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

/// A key of its own memory: names of a request are slices of its frame.
fn topic_key(name: &str, id: [u8; 16], version: i16) -> TopicKey {
    if names_topics_by_id(version) {
        TopicKey::Id(TopicId(id))
    } else {
        TopicKey::Name(Arc::from(name))
    }
}

fn not_negative(wire: i32) -> u64 {
    u64::try_from(wire).unwrap_or(0)
}

#[cfg(test)]
mod tests;
