//! A classic group: its state, its members, and what others may know of it.
//!
//! Invariants: requests wait in a join only while a rebalance is prepared and in a sync only while
//! it completes; at most one timer of the group runs; the generation never goes back. What is on
//! disk is `persisted`: between a rebalance and its SyncGroup the state here is ahead of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use broker_coordinator::{Now, Outcome, Token};
use bytes::Bytes;
use protocol_types::{ErrorCode, Instant, Timestamp};

use super::{
    member::Member,
    members::Members,
    request::{JoinReply, Joined, SyncReply},
    state::State,
    subscription,
};
use crate::{
    config::GroupConfig, consumer_protocol::PROTOCOL_TYPE, group::GroupId, request::Reply,
};

/// What one decision works with.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Now,
    pub(crate) config: &'a GroupConfig,
    pub(crate) out: &'a mut Outcome<Reply>,
}

impl Context<'_> {
    pub(super) fn answer_join(&mut self, token: Token, reply: JoinReply) {
        self.out.reply(token, Reply::Join(reply));
    }

    pub(super) fn answer_sync(&mut self, token: Token, reply: SyncReply) {
        self.out.reply(token, Reply::Sync(reply));
    }

    /// The instant `millis` from now.
    pub(super) const fn after(&self, millis: i32) -> Instant {
        self.now.after_millis(if millis > 0 { millis.cast_unsigned() as u64 } else { 0 })
    }
}

/// What the group as a whole waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The first members of an empty group: more may come. `delay_ms` is the span now running,
    /// `remaining_ms` what may still be added to it.
    Initial { at: Instant, delay_ms: i32, remaining_ms: i32 },
    /// Members to join again.
    Join { at: Instant },
    /// Members to send their SyncGroup.
    Sync { at: Instant },
}

impl Timer {
    pub(super) const fn at(self) -> Instant {
        match self {
            Self::Initial { at, .. } | Self::Join { at } | Self::Sync { at } => at,
        }
    }
}

/// See the module documentation.
#[derive(Debug)]
pub struct Group {
    pub(super) id: GroupId,
    pub(super) state: State,
    /// The state before: a rebalance that follows on Empty is the initial one.
    pub(super) previous: State,
    /// When it came to its state; `None` if the record it was loaded from does not say.
    pub(super) since: Option<Timestamp>,
    pub(super) protocol_type: Option<Arc<str>>,
    /// The chosen protocol, while there are members.
    pub(super) protocol: Option<Arc<str>>,
    pub(super) generation: i32,
    pub(super) members: Members,
    /// Ids that were given out and not joined with yet, and when they lapse (trap 69).
    pub(super) pending: BTreeMap<Arc<str>, Instant>,
    /// The same by time.
    pub(super) lapses: BTreeSet<(Instant, Arc<str>)>,
    /// Members of this generation that have not asked for their assignment.
    pub(super) unsynced: BTreeSet<Arc<str>>,
    /// Topics its members subscribe to, if they speak the consumers' protocol and are understood.
    pub(super) topics: Option<BTreeSet<String>>,
    /// A member joined since the initial delay was last looked at.
    pub(super) grew: bool,
    pub(super) timer: Option<Timer>,
    /// The value of its newest record, if it has one that is no tombstone.
    pub(super) persisted: Option<Bytes>,
}

impl Group {
    /// A group without members and protocol: a new one, or one that only has offsets.
    #[must_use]
    pub fn simple(id: GroupId) -> Self {
        Self {
            id,
            state: State::Empty,
            previous: State::Dead,
            since: None,
            protocol_type: None,
            protocol: None,
            generation: 0,
            members: Members::default(),
            pending: BTreeMap::new(),
            lapses: BTreeSet::new(),
            unsynced: BTreeSet::new(),
            topics: None,
            grew: false,
            timer: None,
            persisted: None,
        }
    }

    #[must_use]
    pub const fn id(&self) -> &GroupId {
        &self.id
    }

    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    #[must_use]
    pub const fn generation(&self) -> i32 {
        self.generation
    }

    #[must_use]
    pub const fn protocol_type(&self) -> Option<&Arc<str>> {
        self.protocol_type.as_ref()
    }

    #[must_use]
    pub const fn protocol(&self) -> Option<&Arc<str>> {
        self.protocol.as_ref()
    }

    #[must_use]
    pub const fn leader(&self) -> Option<&Arc<str>> {
        self.members.leader()
    }

    /// In the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    #[must_use]
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// No members; pending ones do not count.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.state, State::Empty)
    }

    /// Nothing would be lost without it: no record on disk, nobody in it or on the way into it.
    #[must_use]
    pub fn is_traceless(&self) -> bool {
        let idle = matches!(self.state, State::Empty | State::Dead) && self.pending.is_empty();
        idle && self.persisted.is_none()
    }

    /// Whether its members speak the protocol that Kafka's consumers speak.
    #[must_use]
    pub fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_deref() == Some(PROTOCOL_TYPE)
    }

    /// When [`Group::on_deadline`] wants to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let timer = self.timer.map(Timer::at);
        let expiry = self.members.next_expiry().map(|(at, _)| *at);
        let lapse = self.lapses.first().map(|(at, _)| *at);
        [timer, expiry, lapse].into_iter().flatten().min()
    }

    pub(super) fn enter(&mut self, next: State, now: Now) {
        assert!(self.state.leads_to(next), "a group does not go from {} to {next}", self.state);
        self.previous = self.state;
        self.state = next;
        self.since = Some(now.wall);
    }

    /// Whether a member (static ones by instance, too) is who it says.
    pub(super) fn validate_member(
        &self,
        id: &str,
        instance_id: Option<&str>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance_id) = instance_id {
            match self.members.by_instance(instance_id) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(known) if **known != *id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        self.members.get(id).map(drop).ok_or(ErrorCode::UnknownMemberId)
    }

    /// What the leader is told of the members.
    pub(super) fn joined(&self) -> Vec<Joined> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let joined = self.members.iter().map(|member| Joined {
            member_id: Arc::clone(&member.id),
            instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol),
        });
        joined.collect()
    }

    /// The generation as `member` is told of it; only the leader sees the members.
    pub(super) fn generation_for(&self, member: &Arc<str>) -> JoinReply {
        let leads = self.members.is_leader(member);
        JoinReply {
            error: ErrorCode::None,
            member_id: Some(Arc::clone(member)),
            generation: Some(self.generation),
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.members.leader().cloned(),
            skip_assignment: false,
            members: if leads { self.joined() } else { Vec::new() },
        }
    }

    /// Counts the member's session anew.
    pub(super) fn renew_session(&mut self, id: &str, cx: &Context<'_>) {
        let timeout = self.members.get(id).map(|member| member.session_timeout_ms);
        if let Some(millis) = timeout {
            self.members.expire(id, Some(cx.after(millis)));
        }
    }

    /// Takes a member out, whatever it waits for is refused with UNKNOWN_MEMBER_ID: it will ask
    /// again if it is still there.
    pub(super) fn remove(&mut self, id: &str, cx: &mut Context<'_>) {
        self.forget_pending(id);
        self.unsynced.remove(id);
        let Some(member) = self.members.remove(id) else { return };
        if let Some(token) = member.joining {
            cx.answer_join(token, JoinReply::refused(ErrorCode::UnknownMemberId, None));
        }
        if let Some(token) = member.syncing {
            cx.answer_sync(token, SyncReply::refused(ErrorCode::UnknownMemberId));
        }
    }

    pub(super) fn add_pending(&mut self, id: &Arc<str>, lapses: Instant) {
        self.pending.insert(Arc::clone(id), lapses);
        self.lapses.insert((lapses, Arc::clone(id)));
    }

    /// Whether the id was pending.
    pub(super) fn forget_pending(&mut self, id: &str) -> bool {
        let Some((id, at)) = self.pending.remove_entry(id) else { return false };
        self.lapses.remove(&(at, id));
        true
    }

    /// Refuses everything that waits, and ends the group: it was deleted, or another protocol takes
    /// its members over.
    pub(crate) fn retire(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        for id in self.members.ids() {
            if let Some(token) = self.members.take_join(&id) {
                cx.answer_join(token, JoinReply::refused(error, Some(Arc::clone(&id))));
            }
            if let Some(token) = self.members.take_sync(&id) {
                cx.answer_sync(token, SyncReply::refused(error));
            }
            self.members.expire(&id, None);
        }
        (self.pending, self.lapses) = (BTreeMap::new(), BTreeSet::new());
        self.timer = None;
        self.enter(State::Dead, cx.now);
    }

    pub(super) fn reckon_topics(&mut self) {
        self.topics = subscription::topics_of(self);
    }
}
