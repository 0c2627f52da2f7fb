//! LeaveGroup: members that say good-bye, or are sent away by an administrator.

use std::sync::Arc;

use protocol_types::ErrorCode;

use super::{
    group::{Context, Group},
    request::{Leave, LeaveReply, Leaver},
    state::State,
};

impl Group {
    /// LeaveGroup: each member by its own fate, then one rebalance for all of them.
    pub(crate) fn handle_leave(&mut self, leave: &Leave, cx: &mut Context<'_>) -> LeaveReply {
        if self.state == State::Dead {
            let error = ErrorCode::CoordinatorNotAvailable;
            return LeaveReply { error, members: Vec::new() };
        }
        let mut left = Vec::with_capacity(leave.members.len());
        for leaver in &leave.members {
            let error = self.let_go(leaver, cx).err().unwrap_or(ErrorCode::None);
            left.push(leaver.left(error));
        }
        if left.iter().any(|left| left.error == ErrorCode::None) {
            let reason = leave.members.iter().find_map(|leaver| leaver.reason.as_deref());
            match self.state {
                State::Stable | State::CompletingRebalance => {
                    self.prepare_rebalance(reason.unwrap_or("members left"), cx);
                }
                State::PreparingRebalance => self.complete_if_all_joined(cx),
                State::Empty | State::Dead => {}
            }
        }
        LeaveReply { error: ErrorCode::None, members: left }
    }

    fn let_go(&mut self, leaver: &Leaver, cx: &mut Context<'_>) -> Result<(), ErrorCode> {
        let instance_id = leaver.instance_id.as_deref();
        let id = match &leaver.member_id {
            Some(id) if self.forget_pending(id) => return Ok(()),
            Some(id) => {
                self.validate_member(id, instance_id)?;
                Arc::clone(id)
            }
            // An administrator's removal names the instance alone.
            None => {
                let known = instance_id.and_then(|instance| self.members.by_instance(instance));
                Arc::clone(known.ok_or(ErrorCode::UnknownMemberId)?)
            }
        };
        self.remove(&id, cx);
        Ok(())
    }
}
