//! A group under test, with a clock to move and the answers that came.

use std::{collections::BTreeMap, sync::Arc};

use broker_coordinator::{Now, Outcome, Record, Token};
use bytes::{BufMut, Bytes, BytesMut};
use protocol_types::{ErrorCode, Instant, Timestamp};

use super::super::*;
use crate::{GroupConfig, Reply, consumer_protocol::PROTOCOL_TYPE};

pub(super) const SESSION_MS: i32 = 10_000;
pub(super) const REBALANCE_MS: i32 = 60_000;
/// Well below the default of 3 s, so that a test's steps are told apart.
pub(super) const INITIAL_DELAY_MS: u32 = 1_000;

pub(super) struct World {
    pub(super) group: Group,
    pub(super) config: GroupConfig,
    pub(super) records: Vec<Record>,
    now_ms: u64,
    asked: u64,
    answers: BTreeMap<u64, Reply>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(Group::simple("g".into()))
    }

    pub(super) fn of(group: Group) -> Self {
        let config =
            GroupConfig { initial_rebalance_delay_ms: INITIAL_DELAY_MS, ..GroupConfig::default() };
        let answers = BTreeMap::new();
        // Two worlds of one test draw different ids.
        let asked = 1_000 * u64::from(group.generation().unsigned_abs());
        Self { group, config, records: Vec::new(), now_ms: 1_000_000, asked, answers }
    }

    /// A stable group of dynamic members that were called `names`; returns their ids, the leader's
    /// first.
    pub(super) fn stable(names: &[&str]) -> (Self, Vec<Arc<str>>) {
        let mut world = Self::new();
        let joins: Vec<_> = names.iter().map(|name| world.join(new(name))).collect();
        world.pass(INITIAL_DELAY_MS.into());
        world.pass(INITIAL_DELAY_MS.into());
        let ids: Vec<_> =
            joins.into_iter().map(|token| world.joined(token).member_id.unwrap()).collect();
        world.settle(&ids);
        (world, ids)
    }

    /// Every member syncs; the leader gives each its own name as an assignment.
    pub(super) fn settle(&mut self, ids: &[Arc<str>]) {
        let leader = self.group.leader().cloned().unwrap();
        let generation = self.group.generation();
        for id in ids.iter().filter(|&id| *id != leader) {
            let token = self.sync(Sync { assignments: Vec::new(), ..sync(id, generation) });
            assert!(self.try_answer(token).is_none(), "a follower waits for its leader");
        }
        let assignments = ids.iter().map(|id| (id.clone(), assignment(id))).collect();
        let token = self.sync(Sync { assignments, ..sync(&leader, generation) });
        assert_eq!(self.synced(token).error, ErrorCode::None);
        assert_eq!(self.group.state(), State::Stable);
    }

    /// The broker died and loaded `group`.
    pub(super) fn replace(&mut self, group: Group) {
        self.group = group;
        self.step(|group, cx| group.after_load(cx));
    }

    pub(super) fn step<T>(&mut self, act: impl FnOnce(&mut Group, &mut Context<'_>) -> T) -> T {
        let now = self.now();
        let mut out = Outcome::default();
        let result =
            act(&mut self.group, &mut Context { now, config: &self.config, out: &mut out });
        self.records.append(&mut out.records);
        for (token, reply) in out.replies {
            let before = self.answers.insert(token.0, reply);
            assert!(before.is_none(), "{token:?} was answered twice");
        }
        self.group.check();
        result
    }

    /// Like the functions without the suffix, but for the invariants, which take long to check in
    /// large groups.
    pub(super) fn unchecked<T>(
        &mut self,
        act: impl FnOnce(&mut Group, &mut Context<'_>) -> T,
    ) -> T {
        let now = self.now();
        let mut out = Outcome::default();
        let result =
            act(&mut self.group, &mut Context { now, config: &self.config, out: &mut out });
        self.records.append(&mut out.records);
        self.answers.extend(out.replies.into_iter().map(|(token, reply)| (token.0, reply)));
        result
    }

    pub(super) fn join_unchecked(&mut self, join: Join) -> Token {
        let token = self.token();
        let unique = format!("{token:?}");
        self.unchecked(|group, cx| group.handle_join(token, Join { unique, ..join }, cx));
        token
    }

    pub(super) fn sync_unchecked(&mut self, sync: Sync) -> Token {
        let token = self.token();
        self.unchecked(|group, cx| group.handle_sync(token, sync, cx));
        token
    }

    pub(super) fn leave_unchecked(&mut self, id: &Arc<str>) {
        let leaver = Leaver { member_id: Some(id.clone()), instance_id: None, reason: None };
        let leave = Leave { group_id: "g".into(), members: vec![leaver] };
        self.unchecked(|group, cx| drop(group.handle_leave(&leave, cx)));
    }

    pub(super) fn now(&self) -> Now {
        let wall = Timestamp(i64::try_from(self.now_ms).unwrap());
        Now { instant: Instant(self.now_ms * 1_000_000), wall }
    }

    /// Lets time pass, with everything that falls due in it at its time.
    pub(super) fn pass(&mut self, millis: u64) {
        let end = self.now_ms + millis;
        while let Some(due) = self.group.next_deadline()
            && due.0 <= end * 1_000_000
        {
            self.now_ms = self.now_ms.max(due.0.div_ceil(1_000_000));
            self.step(|group, cx| group.on_deadline(cx));
        }
        self.now_ms = end;
    }

    fn token(&mut self) -> Token {
        self.asked += 1;
        Token(self.asked)
    }

    pub(super) fn join(&mut self, join: Join) -> Token {
        let token = self.token();
        let unique = format!("{token:?}");
        let join = Join { unique, ..join };
        self.step(|group, cx| match join.validate(cx.config) {
            Ok(()) => group.handle_join(token, join, cx),
            Err(error) => cx.answer_join(token, JoinReply::refused(error, join.member_id)),
        });
        token
    }

    pub(super) fn sync(&mut self, sync: Sync) -> Token {
        let token = self.token();
        self.step(|group, cx| group.handle_sync(token, sync, cx));
        token
    }

    pub(super) fn heartbeat(&mut self, id: &str, generation: i32) -> ErrorCode {
        self.heartbeat_as(id, None, generation)
    }

    pub(super) fn heartbeat_as(
        &mut self,
        id: &str,
        instance: Option<&str>,
        generation: i32,
    ) -> ErrorCode {
        let heartbeat = Heartbeat {
            group_id: "g".into(),
            member_id: id.into(),
            instance_id: instance.map(Into::into),
            generation,
        };
        self.step(|group, cx| group.handle_heartbeat(&heartbeat, cx))
    }

    pub(super) fn leave(&mut self, leavers: &[(Option<&str>, Option<&str>)]) -> Vec<ErrorCode> {
        let members = leavers.iter().map(|(id, instance)| Leaver {
            member_id: id.map(Into::into),
            instance_id: instance.map(Into::into),
            reason: None,
        });
        let leave = Leave { group_id: "g".into(), members: members.collect() };
        let reply = self.step(|group, cx| group.handle_leave(&leave, cx));
        assert_eq!(reply.error, ErrorCode::None);
        reply.members.into_iter().map(|left| left.error).collect()
    }

    pub(super) fn try_answer(&self, token: Token) -> Option<&Reply> {
        self.answers.get(&token.0)
    }

    pub(super) fn is_waiting(&self, token: Token) -> bool {
        self.try_answer(token).is_none()
    }

    pub(super) fn joined(&self, token: Token) -> JoinReply {
        match self.try_answer(token) {
            Some(Reply::Join(reply)) => reply.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn synced(&self, token: Token) -> SyncReply {
        match self.try_answer(token) {
            Some(Reply::Sync(reply)) => reply.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// A consumer that supports `range` and subscribes to `flights`, of a client that sends version 3:
/// it gets its id with the answer.
pub(super) fn new(client: &str) -> Join {
    Join {
        group_id: "g".into(),
        member_id: None,
        instance_id: None,
        client_id: client.into(),
        client_host: "/127.0.0.1".into(),
        session_timeout_ms: SESSION_MS,
        rebalance_timeout_ms: REBALANCE_MS,
        protocol_type: PROTOCOL_TYPE.into(),
        protocols: protocols(&["range"]),
        unique: String::new(),
        requires_known_member: false,
        can_skip_assignment: false,
        reason: None,
    }
}

/// The same, again.
pub(super) fn again(id: &Arc<str>) -> Join {
    Join { member_id: Some(id.clone()), ..new("again") }
}

/// A static member.
pub(super) fn fixed(instance: &str) -> Join {
    Join { instance_id: Some(instance.into()), ..new(instance) }
}

pub(super) fn protocols(names: &[&str]) -> Vec<Protocol> {
    let metadata = subscription(&["flights"]);
    names.iter().map(|&name| Protocol { name: name.into(), metadata: metadata.clone() }).collect()
}

pub(super) fn subscription(topics: &[&str]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(0);
    bytes.put_i32(i32::try_from(topics.len()).unwrap());
    for topic in topics {
        bytes.put_i16(i16::try_from(topic.len()).unwrap());
        bytes.put_slice(topic.as_bytes());
    }
    bytes.put_i32(-1);
    bytes.freeze()
}

pub(super) fn sync(id: &Arc<str>, generation: i32) -> Sync {
    Sync {
        group_id: "g".into(),
        member_id: id.clone(),
        instance_id: None,
        generation,
        protocol_type: None,
        protocol: None,
        assignments: Vec::new(),
    }
}

pub(super) fn assignment(id: &str) -> Bytes {
    Bytes::from(format!("partitions of {id}"))
}

impl Group {
    /// The invariants of the group's documentation.
    fn check(&self) {
        self.members.check();
        for member in self.members.iter() {
            assert!(member.joining.is_none() || self.state == State::PreparingRebalance);
            assert!(member.syncing.is_none() || self.state == State::CompletingRebalance);
            let silent = member.expires.is_none();
            let settled = member.joining.is_none() && member.syncing.is_none();
            assert!(
                !(silent && settled) || self.state == State::Dead,
                "{} can never expire",
                member.id
            );
        }
        let empty = matches!(self.state, State::Empty);
        assert!(!empty || self.members.is_empty());
        let settled = matches!(self.state, State::CompletingRebalance | State::Stable);
        assert!(!settled || self.protocol.is_some());
        assert!(self.state != State::PreparingRebalance || self.timer.is_some());
        assert!(self.unsynced.iter().all(|id| self.members.get(id).is_some()));
        assert_eq!(self.pending.len(), self.lapses.len());
        assert!(self.pending.keys().all(|id| self.members.get(id).is_none()));
    }
}
