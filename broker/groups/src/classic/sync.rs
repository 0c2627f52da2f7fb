//! SyncGroup: the leader hands in what it shared out, everybody gets their part.
//!
//! The assignment is the leader's bytes, untouched; a member it left out gets none (trap 73). With
//! it the generation is written down, and the answers wait for that.

use std::sync::Arc;

use broker_coordinator::Token;
use broker_env::HashMap;
use bytes::Bytes;
use protocol_types::ErrorCode;

use super::{
    group::{Context, Group, Timer},
    request::{Sync, SyncReply},
    state::State,
};

impl Group {
    /// SyncGroup. A follower's answer comes with the leader's request.
    pub(crate) fn handle_sync(&mut self, token: Token, sync: Sync, cx: &mut Context<'_>) {
        if let Err(error) = self.check_sync(&sync) {
            return cx.answer_sync(token, SyncReply::refused(error));
        }
        let id = Arc::clone(&sync.member_id);
        self.has_synced(&id);
        if self.state == State::Stable {
            let reply = self.assignment_of(&id);
            return cx.answer_sync(token, reply);
        }
        if let Some(before) = self.members.wait_for_sync(&id, token) {
            cx.answer_sync(before, SyncReply::refused(ErrorCode::RebalanceInProgress));
        }
        if self.members.is_leader(&id) {
            self.settle(sync.assignments, cx);
        }
    }

    fn check_sync(&self, sync: &Sync) -> Result<(), ErrorCode> {
        let differs = |asked: &Option<Arc<str>>, ours: &Option<Arc<str>>| {
            asked.is_some() && ours.is_some() && asked != ours
        };
        match self.state {
            State::Dead => return Err(ErrorCode::CoordinatorNotAvailable),
            State::Empty => return Err(ErrorCode::UnknownMemberId),
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {}
        }
        self.validate_member(&sync.member_id, sync.instance_id.as_deref())?;
        if sync.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if differs(&sync.protocol_type, &self.protocol_type)
            || differs(&sync.protocol, &self.protocol)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if self.state == State::PreparingRebalance {
            return Err(ErrorCode::RebalanceInProgress);
        }
        Ok(())
    }

    fn has_synced(&mut self, id: &str) {
        self.unsynced.remove(id);
        if self.unsynced.is_empty() && matches!(self.timer, Some(Timer::Sync { .. })) {
            self.timer = None;
        }
    }

    /// The leader's assignment is here: the generation is complete.
    fn settle(&mut self, assignments: Vec<(Arc<str>, Bytes)>, cx: &mut Context<'_>) {
        let mut by_member = HashMap::default();
        for (id, assignment) in assignments {
            by_member.insert(id, assignment);
        }
        self.members.assign(|member| by_member.remove(&member.id).unwrap_or_default());
        if !self.persist(cx) {
            self.refuse_syncs(ErrorCode::UnknownServerError, cx);
            return self.prepare_rebalance("the group is too large for a record", cx);
        }
        self.enter(State::Stable, cx.now);
        for id in self.members.ids() {
            if let Some(token) = self.members.take_sync(&id) {
                cx.answer_sync(token, self.assignment_of(&id));
                self.renew_session(&id, cx);
            }
        }
    }

    fn assignment_of(&self, id: &str) -> SyncReply {
        let assignment = self.members.get(id).map(|member| member.assignment.clone());
        SyncReply {
            error: ErrorCode::None,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: assignment.unwrap_or_default(),
        }
    }
}
