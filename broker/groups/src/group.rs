//! One group, whatever protocol it follows, and what its offsets ask of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use broker_coordinator::{Now, Record};
use protocol_types::{ErrorCode, Instant, Timestamp};

use crate::consumer_protocol::PROTOCOL_TYPE;
use crate::records::group_metadata;
use crate::request::ListedGroup;
use crate::{classic, consumer};

/// A group's name.
pub type GroupId = Arc<str>;

/// The groups of a shard, in the order of their names.
pub(crate) type Groups = BTreeMap<GroupId, Group>;

/// A group. One that only has offsets (a "simple" group) is a classic group, empty and without a
/// protocol.
#[derive(Debug)]
pub enum Group {
    Classic(Box<classic::Group>),
    Consumer(Box<consumer::Group>),
}

/// When a group's offsets expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetExpiry {
    /// Not now: the group has members that use them.
    Never,
    /// Each one, the retention after it was committed.
    SinceCommit,
    /// All of them, the retention after the group became empty (Kafka 2.1 and later).
    SinceEmpty(Timestamp),
}

impl Group {
    /// A group that exists because offsets were committed for it.
    #[must_use]
    pub fn simple(id: GroupId) -> Self {
        Self::Classic(Box::new(classic::Group::simple(id)))
    }

    /// Whether a commit by this member is allowed (trap 66). `generation` is `None` where the
    /// client sent a negative one. A classic group keeps the member's session alive with it.
    ///
    /// # Errors
    /// With what the client is told.
    pub fn validate_commit(
        &mut self,
        now: Now,
        member: &str,
        instance: Option<&str>,
        generation: Option<u32>,
    ) -> Result<(), ErrorCode> {
        match self {
            Self::Classic(group) => group.validate_commit(now, member, instance, generation),
            Self::Consumer(group) => group.validate_commit(member, epoch(generation)),
        }
    }

    /// Whether the member may fetch offsets; only groups of the consumer protocol ask (v9).
    ///
    /// # Errors
    /// With what the client is told.
    pub fn validate_fetch(
        &self,
        member: Option<&str>,
        member_epoch: Option<u32>,
    ) -> Result<(), ErrorCode> {
        match self {
            Self::Classic(_) => Ok(()),
            Self::Consumer(group) => group.validate_fetch(member, epoch(member_epoch)),
        }
    }

    /// Whether a member subscribes to `topic`: its offsets may be neither deleted nor expired.
    #[must_use]
    pub fn is_subscribed(&self, topic: &str) -> bool {
        match self {
            Self::Classic(group) => group.is_subscribed(topic),
            Self::Consumer(group) => group.is_subscribed(topic),
        }
    }

    /// Whether OffsetDelete may be asked of the group in its state.
    ///
    /// # Errors
    /// With what the client is told.
    pub fn validate_offset_delete(&self) -> Result<(), ErrorCode> {
        match self {
            Self::Classic(group) => group.validate_offset_delete(),
            Self::Consumer(_) => Ok(()),
        }
    }

    /// When offsets of this group expire.
    #[must_use]
    pub fn offset_expiry(&self) -> OffsetExpiry {
        match self {
            Self::Classic(group) => group.offset_expiry(),
            Self::Consumer(_) => OffsetExpiry::SinceCommit,
        }
    }

    /// When the group wants to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Classic(group) => group.next_deadline(),
            Self::Consumer(group) => group.next_deadline(),
        }
    }

    /// The group as ListGroups shows it.
    pub(crate) fn listed(&self, id: &GroupId) -> ListedGroup {
        match self {
            Self::Classic(group) => ListedGroup {
                id: Arc::clone(id),
                protocol_type: group.protocol_type().cloned().unwrap_or_default(),
                state: group.state().name(),
                kind: "Classic",
            },
            Self::Consumer(group) => ListedGroup {
                id: Arc::clone(id),
                protocol_type: PROTOCOL_TYPE.into(),
                state: group.state().name(),
                kind: "Consumer",
            },
        }
    }

    /// Whether DeleteGroups may be asked of the group in its state.
    pub(crate) fn validate_delete(&self) -> Result<(), ErrorCode> {
        match self {
            Self::Classic(group) => group.validate_delete(),
            Self::Consumer(group) => group.is_empty().then_some(()).ok_or(ErrorCode::NonEmptyGroup),
        }
    }

    /// Whether it has no members: it goes with its last offset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_empty(),
            Self::Consumer(group) => group.is_empty(),
        }
    }

    /// Adds the tombstones of all its records but those of its offsets.
    pub(crate) fn tombstones(&self, records: &mut Vec<Record>) {
        match self {
            Self::Classic(group) => records.push(group_metadata::tombstone(group.id())),
            Self::Consumer(group) => group.bury(records),
        }
    }

    /// Visits the records that the group is made of, in the order of their keys.
    pub(crate) fn live_records(&self, visit: &mut dyn FnMut(Record)) {
        match self {
            Self::Classic(group) => group.live_record().into_iter().for_each(visit),
            Self::Consumer(group) => group.live_records(visit),
        }
    }
}

/// An epoch as consumer groups count: one that does not fit is above all of them.
fn epoch(number: Option<u32>) -> Option<i32> {
    number.map(|number| i32::try_from(number).unwrap_or(i32::MAX))
}
