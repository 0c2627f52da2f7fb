//! From a Fetch request to what is wanted of which partition.

use std::sync::Arc;

use bytes::Bytes;
use protocol_types::{Instant, IsolationLevel, LeaderEpoch, Offset, TopicId};
use protocol_wire::{
    decode::decode_request,
    error::DecodeError,
    messages::{
        FetchRequest,
        fetch_request::{FetchPartition, FetchTopic},
    },
    request_header::RequestHeader,
};

use super::{
    FetchWork, Scope, Stage,
    plan::Entry,
    session::{PartitionKey, PartitionSet, TopicKey},
};
use crate::security::Operation;

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
    /// Adds, changes and removes partitions of `set` as the request says.
    pub(super) fn apply(self, set: &mut PartitionSet<Entry>) {
        for key in &self.forgotten {
            set.remove(key);
        }
        for (key, wanted) in self.wanted {
            set.upsert(key, wanted, Entry::change, Entry::new);
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
        let body = Bytes::copy_from_slice(body);
        let request: FetchRequest = decode_request(header.api, version, body)?;
        let wait_nanos = not_negative(request.max_wait_ms) * 1_000_000;
        let decoded = Decoded {
            session: request.session_id,
            epoch: request.session_epoch,
            wanted: request.topics.iter().flat_map(|topic| wanted(topic, version)).collect(),
            forgotten: request
                .forgotten_topics_data
                .iter()
                .flat_map(|topic| {
                    let key = topic_key(&topic.topic, topic.topic_id.into_bytes(), version);
                    let keyed = move |&index: &i32| PartitionKey { topic: key.clone(), index };
                    topic.partitions.iter().map(keyed)
                })
                .collect(),
        };
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
            stage: Stage::New(Box::new(decoded)),
            scope: Scope::Own,
            own: PartitionSet::default(),
            moved: 0,
            quota: super::quota::Account::default(),
        })
    }
}

fn wanted(topic: &FetchTopic, version: i16) -> impl Iterator<Item = (PartitionKey, Wanted)> {
    let key = topic_key(&topic.topic, topic.topic_id.into_bytes(), version);
    topic.partitions.iter().map(move |partition| {
        let key = PartitionKey { topic: key.clone(), index: partition.partition };
        (key, wanted_of(partition))
    })
}

fn wanted_of(partition: &FetchPartition) -> Wanted {
    Wanted {
        offset: Offset::from_wire(partition.fetch_offset),
        bytes_max: not_negative(partition.partition_max_bytes),
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
