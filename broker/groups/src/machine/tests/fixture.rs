//! A machine with its clock, its metadata and its log.

use std::collections::BTreeMap;

use broker_metadata::{PartitionRecord, Record as Fact, Resource};
use bytes::{BufMut, Bytes};
use config::{Loader, Profile};
use protocol_types::{BrokerId, ErrorCode, LocalId, PartitionIndex, TopicId};

use super::super::*;
use crate::classic;
use crate::consumer::{Beat, Heartbeat, Partitions, Refusal};

pub(super) const TOPIC: TopicId = TopicId([7; 16]);

pub(super) struct Fixture {
    pub(super) machine: GroupMachine,
    pub(super) config: GroupConfig,
    pub(super) image: Arc<Image>,
    pub(super) log: Vec<Record>,
    now_ms: u64,
    asked: u64,
    answers: BTreeMap<u64, Reply>,
}

/// A topic "t" of four partitions.
fn image() -> Arc<Image> {
    let config = Loader::new(Profile::Standard).build().unwrap();
    let partition = |n| PartitionRecord { local_id: LocalId(n), replicas: vec![BrokerId(1)] };
    let facts = [
        Fact::TopicCreated { topic: TOPIC, name: "t".into(), at_ms: 0 },
        Fact::PartitionsAdded {
            topic: TOPIC,
            first: PartitionIndex(0),
            partitions: (0..4).map(partition).collect(),
        },
        // Targets are computed at once.
        Fact::ConfigSet {
            resource: Resource::Group("g".into()),
            name: "consumer.assignment.interval.ms".to_owned(),
            value: "0".to_owned(),
        },
    ];
    Arc::new(Image::empty(&config).unwrap().apply(&facts).unwrap().0)
}

pub(super) fn set(partitions: impl IntoIterator<Item = u32>) -> Partitions {
    partitions.into_iter().map(|index| (TOPIC, PartitionIndex(index))).collect()
}

/// An embedded subscription to "t", version 1: what it owns is told.
pub(super) fn subscription(owned: &[u32]) -> Bytes {
    let mut out = Vec::new();
    out.put_slice(b"\x00\x01\x00\x00\x00\x01\x00\x01t\xff\xff\xff\xff");
    out.put_slice(b"\x00\x00\x00\x01\x00\x01t");
    out.put_u32(u32::try_from(owned.len()).unwrap());
    owned.iter().for_each(|index| out.put_u32(*index));
    out.into()
}

/// An embedded assignment of partitions of "t".
pub(super) fn assignment(partitions: &[u32]) -> Bytes {
    let mut out = Vec::new();
    out.put_slice(b"\x00\x01\x00\x00\x00\x01\x00\x01t");
    out.put_u32(u32::try_from(partitions.len()).unwrap());
    partitions.iter().for_each(|index| out.put_u32(*index));
    out.put_i32(-1);
    out.into()
}

pub(super) fn join(member: Option<&str>, unique: &str, owned: &[u32]) -> classic::Join {
    classic::Join {
        group_id: "g".into(),
        member_id: member.map(Into::into),
        instance_id: None,
        client_id: "classic".into(),
        client_host: "/127.0.0.1".into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".into(),
        protocols: vec![classic::Protocol { name: "range".into(), metadata: subscription(owned) }],
        unique: unique.to_owned(),
        requires_known_member: false,
        can_skip_assignment: false,
        reason: None,
    }
}

pub(super) fn beat(member: &str, epoch: i32, owned: Option<Partitions>) -> Heartbeat {
    Heartbeat {
        group: "g".into(),
        member: member.to_owned(),
        epoch,
        instance: None,
        rack: None,
        rebalance_timeout_ms: (epoch == 0).then_some(60_000),
        topics: (epoch == 0).then(|| vec!["t".to_owned()]),
        regex: None,
        assignor: None,
        owned: owned.or_else(|| (epoch == 0).then(Partitions::default)),
        client_id: "consumer".to_owned(),
        client_host: "/127.0.0.1".to_owned(),
        names_itself: true,
        unique: String::new(),
    }
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut GroupConfig)) -> Self {
        let mut config = GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() };
        change(&mut config);
        let image = image();
        let machine = GroupMachine::new(Arc::new(config.clone()), Arc::clone(&image));
        let (log, answers) = (Vec::new(), BTreeMap::new());
        Self { machine, config, image, log, now_ms: 1_000_000, asked: 0, answers }
    }

    fn now(&self) -> Now {
        let wall = Timestamp(self.now_ms.cast_signed());
        Now { instant: Instant(self.now_ms * 1_000_000), wall }
    }

    fn step(&mut self, act: impl FnOnce(&mut GroupMachine, Now, &mut Outcome<Reply>)) {
        let (now, mut out) = (self.now(), Outcome::default());
        act(&mut self.machine, now, &mut out);
        for record in &out.records {
            self.machine.replay(Origin::Own, record, now.wall).unwrap();
        }
        self.log.append(&mut out.records);
        self.answers.extend(out.replies.into_iter().map(|(token, reply)| (token.0, reply)));
    }

    /// Asks; the answer may come later.
    pub(super) fn ask(&mut self, request: Request) -> u64 {
        self.asked += 1;
        let token = self.asked;
        self.step(|machine, now, out| machine.handle(now, Token(token), request, out));
        token
    }

    pub(super) fn answer(&mut self, token: u64) -> Option<Reply> {
        self.answers.remove(&token)
    }

    pub(super) fn consumer(&mut self, request: Heartbeat) -> Result<Beat, Refusal> {
        let token = self.ask(Request::ConsumerHeartbeat(Box::new(request)));
        match self.answer(token) {
            Some(Reply::ConsumerHeartbeat(reply)) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn joined(&mut self, token: u64) -> classic::JoinReply {
        match self.answer(token) {
            Some(Reply::Join(reply)) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn join(&mut self, request: classic::Join) -> classic::JoinReply {
        let token = self.ask(Request::Join(request));
        self.joined(token)
    }

    pub(super) fn sync(
        &mut self,
        member: &str,
        generation: i32,
        assignments: &[(&str, &[u32])],
    ) -> classic::SyncReply {
        let assignments =
            assignments.iter().map(|(member, owned)| ((*member).into(), assignment(owned)));
        let request = classic::Sync {
            group_id: "g".into(),
            member_id: member.into(),
            instance_id: None,
            generation,
            protocol_type: Some("consumer".into()),
            protocol: Some("range".into()),
            assignments: assignments.collect(),
        };
        let token = self.ask(Request::Sync(request));
        match self.answer(token) {
            Some(Reply::Sync(reply)) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn heartbeat(&mut self, member: &str, generation: i32) -> ErrorCode {
        let request = classic::Heartbeat {
            group_id: "g".into(),
            member_id: member.into(),
            instance_id: None,
            generation,
        };
        let token = self.ask(Request::Heartbeat(request));
        match self.answer(token) {
            Some(Reply::Heartbeat(code)) => code,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn pass(&mut self, millis: u64) {
        self.now_ms += millis;
        self.step(|machine, now, out| machine.on_deadline(now, out));
    }

    /// The broker stops without a word and starts again; the groups are the same.
    pub(super) fn restart(&mut self) {
        let before = self.load();
        for (id, group) in before.groups() {
            match (group, self.machine.groups.get(id)) {
                (Group::Consumer(before), Some(Group::Consumer(after))) => {
                    assert!(before.is_as(after), "{before:#?}\n{after:#?}");
                }
                (Group::Classic(_), Some(Group::Classic(_))) => {}
                (before, after) => panic!("{before:#?}\n{after:#?}"),
            }
        }
    }

    /// A new machine loads the log; the one before.
    pub(super) fn load(&mut self) -> GroupMachine {
        let mut machine = GroupMachine::new(Arc::new(self.config.clone()), Arc::clone(&self.image));
        for record in &self.log {
            machine.replay(Origin::Load, record, self.now().wall).unwrap();
        }
        let mut out = Outcome::default();
        machine.loaded(self.now(), &self.image, &mut out);
        self.log.append(&mut out.records);
        std::mem::replace(&mut self.machine, machine)
    }

    pub(super) fn is_consumer_group(&self) -> bool {
        matches!(self.machine.groups.get("g"), Some(Group::Consumer(_)))
    }

    /// A stable classic group of one member that has all four partitions; its id.
    pub(super) fn classic_group(&mut self) -> Arc<str> {
        let token = self.ask(Request::Join(join(None, "1", &[])));
        self.pass(1);
        let joined = self.joined(token);
        let id = joined.member_id.unwrap();
        let synced = self.sync(&id, joined.generation.unwrap(), &[(&id, &[0, 1, 2, 3])]);
        assert_eq!(synced.error, ErrorCode::None);
        id
    }
}
