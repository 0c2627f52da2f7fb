//! Groups of the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.
//!
//! Owns the group's state machine and its members. For now it knows the simple group: one without
//! members, which exists because offsets were committed for it from outside.

use broker_coordinator::{Now, Record};
use protocol_types::{ErrorCode, Instant};

use crate::group::{GroupId, OffsetExpiry};

/// See the module documentation.
#[derive(Debug)]
pub struct Group {
    id: GroupId,
}

impl Group {
    /// A group without members and protocol.
    #[must_use]
    pub const fn simple(id: GroupId) -> Self {
        Self { id }
    }

    #[must_use]
    pub const fn id(&self) -> &GroupId {
        &self.id
    }

    /// See [`crate::Group::validate_commit`]. Anybody may commit for an empty group who does not
    /// claim to be a member.
    pub(crate) fn validate_commit(
        &mut self,
        _now: Now,
        member: &str,
        instance: Option<&str>,
        generation: Option<u32>,
    ) -> Result<(), ErrorCode> {
        let _ = (member, instance);
        match generation {
            None => Ok(()),
            Some(_) => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// See [`crate::Group::is_subscribed`].
    pub(crate) const fn is_subscribed(&self, _topic: &str) -> bool {
        false
    }

    /// See [`crate::Group::validate_offset_delete`].
    pub(crate) const fn validate_offset_delete(&self) -> Result<(), ErrorCode> {
        Ok(())
    }

    /// See [`crate::Group::offset_expiry`].
    pub(crate) const fn offset_expiry(&self) -> OffsetExpiry {
        OffsetExpiry::SinceCommit
    }

    /// See [`crate::Group::next_deadline`].
    pub(crate) const fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// See [`crate::Group::is_empty`].
    pub(crate) const fn is_empty(&self) -> bool {
        true
    }

    /// Its newest record, for a re-append. `None` if there is none that is true.
    pub(crate) const fn live_record(&self) -> Option<Record> {
        None
    }
}
