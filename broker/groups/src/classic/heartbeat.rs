//! Heartbeat: a sign of life, answered with whether to go on or to join again (trap 74).

use protocol_types::ErrorCode;

use super::{
    group::{Context, Group},
    request::Heartbeat,
    state::State,
};

impl Group {
    /// Heartbeat.
    pub(crate) fn handle_heartbeat(
        &mut self,
        heartbeat: &Heartbeat,
        cx: &Context<'_>,
    ) -> ErrorCode {
        if self.state == State::Dead {
            return ErrorCode::CoordinatorNotAvailable;
        }
        let instance_id = heartbeat.instance_id.as_deref();
        if let Err(error) = self.validate_member(&heartbeat.member_id, instance_id) {
            return error;
        }
        if heartbeat.generation != self.generation {
            return ErrorCode::IllegalGeneration;
        }
        self.renew_session(&heartbeat.member_id, cx);
        match self.state {
            State::PreparingRebalance => ErrorCode::RebalanceInProgress,
            State::CompletingRebalance | State::Stable => ErrorCode::None,
            State::Empty | State::Dead => ErrorCode::UnknownMemberId,
        }
    }
}
