//! A group with its clock, its topics and its log.

use std::collections::BTreeMap;

use broker_coordinator::{Now, Record};
use protocol_types::{ErrorCode, Instant, PartitionIndex, Timestamp, TopicId};

use super::super::*;
use crate::consumer::{Heartbeat, Partitions};
use crate::group::GroupId;
use crate::records::consumer as records;

/// Topics by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeTopics(BTreeMap<String, (TopicId, u32)>);

impl FakeTopics {
    pub(crate) fn set(&mut self, name: &str, id: u8, partitions: u32) {
        self.0.insert(name.to_owned(), (TopicId([id; 16]), partitions));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, TopicId, u32)> {
        self.0.iter().map(|(name, (id, partitions))| (name.as_str(), *id, *partitions))
    }
}

impl Topics for FakeTopics {
    fn by_name(&self, name: &str) -> Option<Topic<'_>> {
        let (name, (id, partitions)) = self.0.get_key_value(name)?;
        Some(Topic { id: *id, name, partitions: *partitions })
    }

    fn by_id(&self, id: TopicId) -> Option<Topic<'_>> {
        let (name, (id, partitions)) = self.0.iter().find(|(_, (other, _))| *other == id)?;
        Some(Topic { id: *id, name, partitions: *partitions })
    }

    fn visit_names(&self, visit: &mut dyn FnMut(&str)) {
        self.0.keys().for_each(|name| visit(name));
    }
}

pub(crate) struct Fixture {
    pub(crate) group: Group,
    pub(crate) topics: FakeTopics,
    pub(crate) config: ConsumerConfig,
    pub(crate) now_ms: i64,
    pub(crate) log: Vec<Record>,
}

/// A heartbeat in which the member tells nothing but its epoch.
pub(crate) fn beat(member: &str, epoch: i32) -> Heartbeat {
    Heartbeat {
        group: "g".into(),
        member: member.to_owned(),
        epoch,
        instance: None,
        rack: None,
        rebalance_timeout_ms: None,
        topics: None,
        regex: None,
        assignor: None,
        owned: None,
        client_id: "client".to_owned(),
        client_host: "/127.0.0.1".to_owned(),
        names_itself: true,
        unique: "unique".to_owned(),
    }
}

/// A heartbeat that joins.
pub(crate) fn join(member: &str, topics: &[&str]) -> Heartbeat {
    Heartbeat {
        rebalance_timeout_ms: Some(60_000),
        topics: Some(topics.iter().map(ToString::to_string).collect()),
        owned: Some(Partitions::default()),
        ..beat(member, 0)
    }
}

/// A heartbeat that says what the member owns.
pub(crate) fn owning(member: &str, epoch: i32, owned: &Partitions) -> Heartbeat {
    Heartbeat { owned: Some(owned.clone()), ..beat(member, epoch) }
}

pub(crate) fn set(topic: u8, partitions: impl IntoIterator<Item = u32>) -> Partitions {
    partitions.into_iter().map(|index| (TopicId([topic; 16]), PartitionIndex(index))).collect()
}

impl Fixture {
    /// A group without members; topic "a" has four partitions, "b" two. Targets are computed at once.
    pub(crate) fn new() -> Self {
        let mut topics = FakeTopics::default();
        topics.set("a", 1, 4);
        topics.set("b", 2, 2);
        let config = ConsumerConfig { assignment_interval_ms: 0, ..ConsumerConfig::default() };
        let group = Group::new(GroupId::from("g"));
        Self { group, topics, config, now_ms: 1_000_000, log: Vec::new() }
    }

    pub(crate) fn now(&self) -> Now {
        let wall = Timestamp(self.now_ms);
        Now { instant: Instant(u64::try_from(self.now_ms).unwrap() * 1_000_000), wall }
    }

    pub(crate) fn send(&mut self, request: &Heartbeat) -> Result<Beat, Refusal> {
        let before = self.log.len();
        request.validate(&self.config)?;
        let cx = Context { now: self.now(), topics: &self.topics, config: &self.config };
        let done = heartbeat(&mut self.group, &cx, request, &mut self.log);
        if done.is_err() {
            assert_eq!(self.log.len(), before, "a refused heartbeat leaves no record");
        }
        done.map(|(beat, aftermath)| {
            assert_eq!(aftermath, Aftermath::Stays);
            beat
        })
    }

    /// The answer to a heartbeat that must be accepted.
    pub(crate) fn ok(&mut self, request: &Heartbeat) -> Beat {
        self.send(request).unwrap_or_else(|refusal| panic!("{request:?}: {refusal:?}"))
    }

    /// The code a heartbeat is refused with.
    pub(crate) fn refused(&mut self, request: &Heartbeat) -> ErrorCode {
        self.send(request).expect_err("refused").code
    }

    pub(crate) fn pass(&mut self, millis: i64) {
        self.now_ms += millis;
        let cx = Context { now: self.now(), topics: &self.topics, config: &self.config };
        let aftermath = on_deadline(&mut self.group, &cx, &mut self.log);
        assert_eq!(aftermath, Aftermath::Stays);
    }

    /// A group that was loaded from these records.
    pub(crate) fn load(&self, log: &[Record]) -> Group {
        let mut group = Group::new(GroupId::from("g"));
        for record in log {
            let read = records::decode(record).unwrap();
            assert_eq!(&*read.group, "g");
            if group.replay(read.fact) == Replayed::Gone {
                group = Group::new(GroupId::from("g"));
            }
        }
        group.loaded(self.now(), &self.config);
        group
    }

    /// Whether both the whole log and the live records yield this group again.
    pub(crate) fn check_records(&self) {
        let replayed = self.load(&self.log);
        assert!(replayed.is_as(&self.group), "{replayed:#?}\n{:#?}", self.group);
        let mut live = Vec::new();
        self.group.live_records(&mut |record| live.push(record));
        let relived = self.load(&live);
        assert!(relived.is_as(&self.group), "{relived:#?}\n{:#?}", self.group);
    }

    pub(crate) fn restart(&mut self) {
        self.check_records();
        self.group = self.load(&self.log);
    }

    pub(crate) fn epoch_of(&self, member: &str) -> i32 {
        self.group.members().find(|(id, _)| &***id == member).unwrap().1.current.epoch
    }
}
