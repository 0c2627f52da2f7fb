//! A shard of groups as its clients drive it: requests in, records kept, the clock by hand.

use std::sync::{Arc, OnceLock};

use broker_coordinator::{Machine as _, Now, Origin, Outcome, Record, ReplayError, Token};
use broker_groups::consumer::{Heartbeat, Partitions};
use broker_groups::{Group, GroupConfig, GroupMachine, Reply, Request, classic, offsets};
use broker_metadata::{Image, PartitionRecord, Record as Fact};
use bytes::Bytes;
use config::{Loader, Profile};
use protocol_types::{
    BrokerId, ErrorCode, Instant, LocalId, PartitionIndex, Timestamp, TopicId, to_usize,
};

const TOPIC: TopicId = TopicId([7; 16]);
const GROUP: &str = "g";

pub(super) struct World {
    machine: GroupMachine,
    /// What was decided, in order.
    pub(super) log: Vec<Record>,
    now_ms: u64,
    asked: u64,
    replies: Vec<(Token, Reply)>,
}

/// A topic "t" of four partitions. Made once: it is no part of what an execution costs.
fn image() -> Arc<Image> {
    static IMAGE: OnceLock<Arc<Image>> = OnceLock::new();
    let make = || -> Result<Image, Box<dyn std::error::Error>> {
        let config = Loader::new(Profile::Standard).build()?;
        let partition = |n| PartitionRecord { local_id: LocalId(n), replicas: vec![BrokerId(1)] };
        let facts = [
            Fact::TopicCreated { topic: TOPIC, name: "t".into(), at_ms: 0 },
            Fact::PartitionsAdded {
                topic: TOPIC,
                first: PartitionIndex(0),
                partitions: (0..4).map(partition).collect(),
            },
        ];
        Ok(Image::empty(&config)?.apply(&facts)?.0)
    };
    let made = || match make() {
        Ok(image) => Arc::new(image),
        Err(error) => panic!("an image cannot be made: {error}"),
    };
    Arc::clone(IMAGE.get_or_init(made))
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(machine())
    }

    fn of(machine: GroupMachine) -> Self {
        Self { machine, log: Vec::new(), now_ms: 1_000_000, asked: 0, replies: Vec::new() }
    }

    /// A shard that loads these records, as after a restart.
    pub(super) fn loaded(records: &[Record]) -> Result<Self, ReplayError> {
        let mut machine = machine();
        for record in records {
            machine.replay(Origin::Load, record, Timestamp(1_000_000))?;
        }
        let mut world = Self::of(machine);
        world.step(|machine, now, out| machine.loaded(now, &image(), out));
        Ok(world)
    }

    /// Asks, and takes the answer that comes at once or in the next millisecond.
    pub(super) fn ask(&mut self, request: Request) -> Option<Reply> {
        self.asked += 1;
        let token = Token(self.asked);
        self.step(|machine, now, out| machine.handle(now, token, request, out));
        self.now_ms += 1;
        self.step(GroupMachine::on_deadline);
        let replies = std::mem::take(&mut self.replies);
        replies.into_iter().find_map(|(of, reply)| (of == token).then_some(reply))
    }

    fn step(&mut self, act: impl FnOnce(&mut GroupMachine, Now, &mut Outcome<Reply>)) {
        let wall = Timestamp(self.now_ms.cast_signed());
        let now = Now { instant: Instant(self.now_ms * 1_000_000), wall };
        let mut out = Outcome::default();
        act(&mut self.machine, now, &mut out);
        for record in &out.records {
            let replayed = self.machine.replay(Origin::Own, record, wall);
            assert!(replayed.is_ok(), "a record of our own is refused: {replayed:?}");
        }
        self.log.append(&mut out.records);
        self.replies.append(&mut out.replies);
    }

    /// A classic member settles alone: what it says it subscribes to, and what it assigns itself.
    pub(super) fn settle(&mut self, subscription: &[u8], assignment: &[u8]) -> bool {
        let joined = self.ask(Request::Join(join(subscription)));
        let Some(Reply::Join(joined)) = joined else { return false };
        let (Some(member), Some(generation)) = (joined.member_id, joined.generation) else {
            return false;
        };
        let synced = self.ask(Request::Sync(classic::Sync {
            group_id: GROUP.into(),
            member_id: Arc::clone(&member),
            instance_id: None,
            generation,
            protocol_type: Some("consumer".into()),
            protocol: Some("range".into()),
            assignments: vec![(member, Bytes::copy_from_slice(assignment))],
        }));
        matches!(synced, Some(Reply::Sync(synced)) if synced.error == ErrorCode::None)
    }

    /// A member of the new protocol joins; the group becomes one of it.
    pub(super) fn upgrade(&mut self, regex: Option<&str>) -> bool {
        let heartbeat = Heartbeat {
            group: GROUP.into(),
            member: "new".to_owned(),
            epoch: 0,
            instance: None,
            rack: None,
            rebalance_timeout_ms: Some(60_000),
            topics: Some(vec!["t".to_owned()]),
            regex: regex.map(str::to_owned),
            assignor: None,
            owned: Some(Partitions::default()),
            client_id: "client".to_owned(),
            client_host: "/127.0.0.1".to_owned(),
            names_itself: true,
            unique: String::new(),
        };
        let beaten = self.ask(Request::ConsumerHeartbeat(Box::new(heartbeat)));
        let is_consumer = |(_, group): (_, &Group)| matches!(group, Group::Consumer(_));
        matches!(beaten, Some(Reply::ConsumerHeartbeat(Ok(_))))
            && self.machine.groups().any(is_consumer)
    }

    /// Offsets of all four partitions, by a group that nobody is a member of.
    pub(super) fn commit(&mut self, group: &str) {
        let partition = |index| {
            let metadata = format!("by {group}").into();
            let commit = offsets::CommitPartition {
                offset: 9,
                leader_epoch: None,
                metadata,
                topic_id: None,
            };
            (PartitionIndex(index), commit)
        };
        self.ask(Request::OffsetCommit(offsets::Commit {
            group: group.into(),
            member: "".into(),
            instance: None,
            generation: None,
            retention_ms: None,
            knows_group_not_found: true,
            topics: vec![("t".into(), (0..4).map(partition).collect())],
        }));
    }

    /// Deletes offsets of "t": allowed where no member subscribes to it, so subscriptions are read.
    pub(super) fn delete_offsets(&mut self) -> Option<Reply> {
        let topics = vec![("t".into(), vec![PartitionIndex(0)])];
        self.ask(Request::OffsetDelete(offsets::Delete { group: GROUP.into(), topics }))
    }

    /// Everything that is still true, as a re-append writes it.
    pub(super) fn live_records(&self) -> Vec<Record> {
        let (mut records, mut cursor) = (Vec::new(), None);
        loop {
            cursor = self.machine.live_records(cursor, 1000, &mut |record| records.push(record));
            if cursor.is_none() {
                return records;
            }
        }
    }
}

fn machine() -> GroupMachine {
    let config = GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() };
    GroupMachine::new(Arc::new(config), image())
}

fn join(subscription: &[u8]) -> classic::Join {
    let metadata = Bytes::copy_from_slice(subscription);
    classic::Join {
        group_id: GROUP.into(),
        member_id: None,
        instance_id: None,
        client_id: "client".into(),
        client_host: "/127.0.0.1".into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".into(),
        protocols: vec![classic::Protocol { name: "range".into(), metadata }],
        unique: "1".to_owned(),
        requires_known_member: false,
        can_skip_assignment: false,
        reason: None,
    }
}

/// Takes `length` bytes off the front.
pub(super) fn take<'a>(from: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (head, rest) = from.split_at_checked(to_usize(length))?;
    *from = rest;
    Some(head)
}
