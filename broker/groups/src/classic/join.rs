//! JoinGroup: who may come in, under which id, and what their coming changes.

use std::sync::Arc;

use broker_coordinator::Token;
use protocol_types::ErrorCode;

use super::{
    group::{Context, Group},
    member::Member,
    members::Update,
    request::{Join, JoinReply},
    state::State,
};

/// A member that does not know its id cannot send heartbeats; its join is refused after so long, so
/// that a client that went away meanwhile does not stay for ever.
const NEW_MEMBER_JOIN_TIMEOUT_MS: i32 = 300_000;

/// Most ids of a group that were given out and not used yet.
const PENDING_MEMBERS_MAX: usize = 100_000;

/// Bytes of a client's name in a member id, which must stay below a string's 32,767.
const MEMBER_ID_STEM_MAX: usize = 32_000;

impl Group {
    /// JoinGroup, which [`Join::validate`] passed. The answer may come with a later decision.
    pub(crate) fn handle_join(&mut self, token: Token, join: Join, cx: &mut Context<'_>) {
        if let Err(error) = self.admit(&join, cx) {
            let keeps_id = error != ErrorCode::GroupMaxSizeReached;
            let id = join.member_id.filter(|_| keeps_id);
            return cx.answer_join(token, JoinReply::refused(error, id));
        }
        match join.member_id.clone() {
            None => self.join_new(token, join, cx),
            Some(id) => self.join_known(token, id, join, cx),
        }
    }

    /// Checks that do not depend on who the member is.
    fn admit(&mut self, join: &Join, cx: &mut Context<'_>) -> Result<(), ErrorCode> {
        if !self.has_place_for(join.member_id.as_deref(), cx) {
            if let Some(id) = &join.member_id {
                self.remove(id, cx);
                self.complete_if_all_joined(cx);
            }
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        if self.state == State::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        if !self.suits(join) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    /// `group.max.size`, and for whoever has no id yet the limit on ids that were given out. While a
    /// rebalance is prepared those who wait are counted, so that a group that is too large sheds
    /// whoever joins last.
    fn has_place_for(&self, id: Option<&str>, cx: &Context<'_>) -> bool {
        if id.is_none() && self.pending.len() >= PENDING_MEMBERS_MAX {
            return false;
        }
        let known = id.and_then(|id| self.members.get(id));
        let taken = match self.state {
            State::Empty | State::Dead => return true,
            State::PreparingRebalance if known.is_some_and(|member| member.joining.is_some()) => {
                return true;
            }
            State::PreparingRebalance => self.members.joining(),
            State::CompletingRebalance | State::Stable if known.is_some() => return true,
            State::CompletingRebalance | State::Stable => self.members.len(),
        };
        taken < usize::try_from(cx.config.size_max).unwrap_or(usize::MAX)
    }

    /// Whether the group and the member can share out partitions in a common way (trap 72).
    fn suits(&self, join: &Join) -> bool {
        if self.state == State::Empty {
            return !join.protocol_type.is_empty() && !join.protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(&*join.protocol_type)
            && self.members.share_one_of(&join.protocols)
    }

    fn join_new(&mut self, token: Token, join: Join, cx: &mut Context<'_>) {
        let id = new_member_id(&join);
        if let Some(instance_id) = &join.instance_id {
            return match self.members.by_instance(instance_id).cloned() {
                Some(old) => self.replace_static(token, &old, &id, join, cx),
                None => self.add_member(token, id, join, cx),
            };
        }
        if !join.requires_known_member {
            return self.add_member(token, id, join, cx);
        }
        // The client asks again under this id; one that cannot say so would wait for ever (trap 68).
        self.add_pending(&id, cx.after(join.session_timeout_ms));
        cx.answer_join(token, JoinReply::refused(ErrorCode::MemberIdRequired, Some(id)));
    }

    fn join_known(&mut self, token: Token, id: Arc<str>, join: Join, cx: &mut Context<'_>) {
        if self.pending.contains_key(&id) {
            // An id that was given out belongs to a dynamic member.
            if join.instance_id.is_some() {
                let refusal = JoinReply::refused(ErrorCode::UnknownMemberId, Some(id));
                return cx.answer_join(token, refusal);
            }
            return self.add_member(token, id, join, cx);
        }
        if let Err(error) = self.validate_member(&id, join.instance_id.as_deref()) {
            return cx.answer_join(token, JoinReply::refused(error, Some(id)));
        }
        let changed =
            self.members.get(&id).is_some_and(|member| member.protocols != join.protocols);
        match self.state {
            State::PreparingRebalance => {}
            // The first answer may have been lost: tell it again.
            State::CompletingRebalance if !changed => {
                return cx.answer_join(token, self.generation_for(&id));
            }
            // A leader joins again when partitions changed, which its metadata do not show.
            State::Stable if !changed && !self.members.is_leader(&id) => {
                return cx.answer_join(token, self.generation_for(&id));
            }
            State::CompletingRebalance | State::Stable => {}
            State::Empty | State::Dead => {
                let refusal = JoinReply::refused(ErrorCode::UnknownMemberId, Some(id));
                return cx.answer_join(token, refusal);
            }
        }
        let reason = join.reason.clone();
        self.members.update(&id, &Update::of(join));
        self.supersede_join(&id, token, cx);
        self.rebalance_or_complete(reason.as_deref().unwrap_or("a member joined again"), cx);
    }

    fn add_member(&mut self, token: Token, id: Arc<str>, join: Join, cx: &mut Context<'_>) {
        self.forget_pending(&id);
        if self.state == State::PreparingRebalance && self.previous == State::Empty {
            self.grew = true;
        }
        if self.members.is_empty() {
            self.protocol_type = Some(join.protocol_type);
        }
        self.members.insert(Member {
            id,
            instance_id: join.instance_id,
            client_id: join.client_id,
            client_host: join.client_host,
            rebalance_timeout_ms: join.rebalance_timeout_ms,
            session_timeout_ms: join.session_timeout_ms,
            protocols: join.protocols,
            assignment: bytes::Bytes::new(),
            joining: Some(token),
            syncing: None,
            is_new: true,
            expires: Some(cx.after(NEW_MEMBER_JOIN_TIMEOUT_MS)),
        });
        self.rebalance_or_complete(join.reason.as_deref().unwrap_or("a member joined"), cx);
    }

    /// A static member is back: it takes its place under a new id, and whoever still uses the old
    /// one is fenced (trap 77). While the group is stable and goes on with the same protocol, nobody
    /// else notices.
    fn replace_static(
        &mut self,
        token: Token,
        old: &Arc<str>,
        new: &Arc<str>,
        join: Join,
        cx: &mut Context<'_>,
    ) {
        let leader_before = self.members.leader().cloned();
        let can_skip = join.can_skip_assignment;
        self.rename_member(old, new, cx);
        self.renew_session(new, cx);
        self.members.update(new, &Update::of(join));
        let same = self.state == State::Stable && self.members.elect_protocol() == self.protocol;
        if same && self.persist(cx) {
            let mut reply = self.generation_for(new);
            if can_skip {
                reply.skip_assignment = self.members.is_leader(new);
            } else {
                // It must not take itself for a leader that has to assign.
                (reply.leader, reply.members) = (leader_before, Vec::new());
            }
            return cx.answer_join(token, reply);
        }
        match self.state {
            State::Stable | State::CompletingRebalance => {
                self.supersede_join(new, token, cx);
                self.prepare_rebalance("a static member came back", cx);
            }
            State::PreparingRebalance => {
                self.supersede_join(new, token, cx);
                self.complete_if_all_joined(cx);
            }
            // Without members there is none to replace.
            State::Empty | State::Dead => {
                let refusal = JoinReply::refused(ErrorCode::UnknownMemberId, None);
                cx.answer_join(token, refusal);
            }
        }
    }

    fn rename_member(&mut self, old: &Arc<str>, new: &Arc<str>, cx: &mut Context<'_>) {
        let Some(waited) = self.members.rename(old, Arc::clone(new)) else { return };
        if self.unsynced.remove(old) {
            self.unsynced.insert(Arc::clone(new));
        }
        if let Some(token) = waited.joining {
            let refusal = JoinReply::refused(ErrorCode::FencedInstanceId, Some(Arc::clone(old)));
            cx.answer_join(token, refusal);
        }
        if let Some(token) = waited.syncing {
            let refusal = super::request::SyncReply::refused(ErrorCode::FencedInstanceId);
            cx.answer_sync(token, refusal);
        }
    }
}

/// Kafka's form, `<instance or client id>-<uuid>`: tools show it, some cut it there.
fn new_member_id(join: &Join) -> Arc<str> {
    let stem = join.instance_id.as_ref().unwrap_or(&join.client_id);
    let stem = stem.get(..stem.floor_char_boundary(MEMBER_ID_STEM_MAX)).unwrap_or_default();
    format!("{stem}-{}", join.unique).into()
}

impl Update {
    fn of(join: Join) -> Self {
        Self {
            protocols: join.protocols,
            rebalance_timeout_ms: join.rebalance_timeout_ms,
            session_timeout_ms: join.session_timeout_ms,
        }
    }
}
