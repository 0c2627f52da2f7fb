//! Fetch sessions (KIP-227): what a client asked for earlier and does not repeat.
//!
//! A session belongs to the connection that made it and ends with it: a client that comes back on
//! another one is told that its session is unknown and starts over, as after an eviction. Pure: it
//! knows ids and epochs; `E` is what its owner keeps for each partition.

use std::sync::Arc;

use protocol_types::{ErrorCode, TopicId};

pub(crate) use super::partition_set::PartitionSet;

/// Session epoch of a fetch that names everything and wants a new session.
const INITIAL_EPOCH: i32 = 0;
/// Session epoch of a fetch outside any session; ends the one it names.
const FINAL_EPOCH: i32 = -1;

/// A topic as the request names it: by id from version 13 on, by name before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TopicKey {
    Name(Arc<str>),
    Id(TopicId),
}

/// A partition as the request names it; the number is as on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PartitionKey {
    pub(crate) topic: TopicKey,
    pub(crate) index: i32,
}

/// A session and the partitions it remembers.
#[derive(Debug)]
pub(crate) struct FetchSession<E> {
    id: i32,
    /// The epoch its next fetch must carry.
    epoch: i32,
    by_id: bool,
    pub(crate) partitions: PartitionSet<E>,
}

/// What kind of fetch a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everything is named and nothing remembered.
    Sessionless,
    /// Everything is named; a session may be made of it.
    Full,
    /// Changes to the session that is there; only news are answered.
    Incremental { session: i32 },
}

impl<E> FetchSession<E> {
    /// A session made of a full fetch; `by_id` if it names topics by id.
    pub(crate) const fn new(id: i32, by_id: bool, partitions: PartitionSet<E>) -> Self {
        Self { id, epoch: INITIAL_EPOCH + 1, by_id, partitions }
    }

    /// Decides what a request with `session` and `epoch` is, given the connection's session, and
    /// moves that on or ends it.
    pub(crate) fn begin(
        slot: &mut Option<Self>,
        session: i32,
        epoch: i32,
        by_id: bool,
    ) -> Result<Kind, ErrorCode> {
        if epoch == INITIAL_EPOCH || epoch == FINAL_EPOCH {
            slot.take_if(|held| held.id == session);
            return Ok(if epoch == FINAL_EPOCH { Kind::Sessionless } else { Kind::Full });
        }
        let Some(held) = slot.as_mut().filter(|held| held.id == session) else {
            return Err(ErrorCode::FetchSessionIdNotFound);
        };
        if held.epoch != epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        if held.by_id != by_id {
            return Err(ErrorCode::FetchSessionTopicIdError);
        }
        held.epoch = if epoch == i32::MAX { INITIAL_EPOCH + 1 } else { epoch + 1 };
        Ok(Kind::Incremental { session })
    }
}

#[cfg(test)]
mod tests;
