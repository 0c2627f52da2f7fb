//! What a classic group says about committed offsets: who may commit, when they expire.

use broker_coordinator::Now;
use protocol_types::ErrorCode;

use super::{group::Group, state::State};
use crate::group::OffsetExpiry;

impl Group {
    /// See [`crate::Group::validate_commit`]. A commit is a sign of life as well.
    pub(crate) fn validate_commit(
        &mut self,
        now: Now,
        member: &str,
        instance: Option<&str>,
        generation: Option<u32>,
    ) -> Result<(), ErrorCode> {
        match (self.state, generation) {
            (State::Dead, _) => return Err(ErrorCode::CoordinatorNotAvailable),
            // Somebody outside of the protocol, as tools are that reset offsets.
            (State::Empty, None) => return Ok(()),
            _ => {}
        }
        if generation.is_none() && member.is_empty() && instance.is_none() {
            return Err(ErrorCode::UnknownMemberId);
        }
        self.validate_member(member, instance)?;
        if generation != u32::try_from(self.generation).ok() {
            return Err(ErrorCode::IllegalGeneration);
        }
        if self.state == State::CompletingRebalance {
            return Err(ErrorCode::RebalanceInProgress);
        }
        let session = self.members.get(member).map_or(0, |member| member.session_timeout_ms);
        let expires = now.after_millis(u64::from(session.max(0).cast_unsigned()));
        self.members.expire(member, Some(expires));
        Ok(())
    }

    /// See [`crate::Group::is_subscribed`]. While the topics of consumers are not known, every one
    /// may be among them.
    pub(crate) fn is_subscribed(&self, topic: &str) -> bool {
        match &self.topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    /// See [`crate::Group::validate_offset_delete`].
    pub(crate) fn validate_offset_delete(&self) -> Result<(), ErrorCode> {
        match self.state {
            State::Empty => Ok(()),
            State::Dead => Err(ErrorCode::GroupIdNotFound),
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {
                self.uses_consumer_protocol().then_some(()).ok_or(ErrorCode::NonEmptyGroup)
            }
        }
    }

    /// Whether DeleteGroups may be asked of the group in its state (trap 80).
    pub(crate) const fn validate_delete(&self) -> Result<(), ErrorCode> {
        match self.state {
            State::Empty => Ok(()),
            State::Dead => Err(ErrorCode::GroupIdNotFound),
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {
                Err(ErrorCode::NonEmptyGroup)
            }
        }
    }

    /// See [`crate::Group::offset_expiry`].
    pub(crate) fn offset_expiry(&self) -> OffsetExpiry {
        match (self.state, &self.protocol_type) {
            (_, None) => OffsetExpiry::SinceCommit,
            (State::Empty, Some(_)) => {
                self.since.map_or(OffsetExpiry::SinceCommit, OffsetExpiry::SinceEmpty)
            }
            // The expiry passes over topics that somebody subscribes to.
            (State::Stable, Some(_)) if self.uses_consumer_protocol() && self.topics.is_some() => {
                OffsetExpiry::SinceCommit
            }
            _ => OffsetExpiry::Never,
        }
    }
}
