//! A machine with its log, topics "t" and "u" of four partitions, and short ways to ask.

use std::sync::Arc;

use broker_coordinator::{Machine, Now, Origin, Outcome, Record, Token};
use broker_metadata::{Delta, Image, PartitionRecord, Record as Fact};
use config::{Loader, Profile};
use protocol_types::{BrokerId, ErrorCode, Instant, LocalId, PartitionIndex, Timestamp, TopicId};

use crate::offsets::{
    Commit, CommitPartition, CommitReply, Committed, Delete, DeleteReply, Fetch, FetchReply,
    FetchTopics, PerPartition,
};
use crate::{GroupConfig, GroupMachine, Reply, Request};

pub(super) const T: TopicId = TopicId([1; 16]);
pub(super) const U: TopicId = TopicId([2; 16]);
pub(super) const RETENTION_MS: u64 = 1_000_000;
pub(super) const CHECK_MS: u64 = 20_000;

pub(super) struct Bench {
    pub(super) machine: GroupMachine,
    pub(super) image: Arc<Image>,
    pub(super) log: Vec<Record>,
    pub(super) now_ms: u64,
    local_ids: u32,
}

impl Bench {
    pub(super) fn new() -> Self {
        let config = Loader::new(Profile::Standard).build().unwrap();
        let image = Arc::new(Image::empty(&config).unwrap());
        let machine = GroupMachine::new(settings(), Arc::clone(&image));
        let mut bench =
            Self { machine, image: Arc::clone(&image), log: Vec::new(), now_ms: 0, local_ids: 0 };
        bench.decide(|machine, now, out| machine.loaded(now, &image, out));
        bench.create_topic("t", T);
        bench.create_topic("u", U);
        bench
    }

    pub(super) fn now(&self) -> Now {
        let wall = Timestamp(self.now_ms.cast_signed() + 1_000_000_000);
        Now { instant: Instant(self.now_ms * 1_000_000), wall }
    }

    fn decide(
        &mut self,
        decide: impl FnOnce(&mut GroupMachine, Now, &mut Outcome<Reply>),
    ) -> Vec<Reply> {
        let mut out = Outcome::default();
        let now = self.now();
        decide(&mut self.machine, now, &mut out);
        for record in out.records {
            self.machine.replay(Origin::Own, &record, now.wall).unwrap();
            self.log.push(record);
        }
        out.replies.into_iter().map(|(_, reply)| reply).collect()
    }

    pub(super) fn ask(&mut self, request: Request) -> Reply {
        let mut replies = self.decide(|machine, now, out| {
            machine.handle(now, Token(0), request, out);
        });
        replies.pop().unwrap()
    }

    /// Lets time pass and calls the machine whenever it wants to be called.
    pub(super) fn pass(&mut self, millis: u64) {
        let end = self.now_ms + millis;
        loop {
            let due = self.machine.next_deadline().map_or(u64::MAX, |at| at.0.div_ceil(1_000_000));
            self.now_ms = due.clamp(self.now_ms, end);
            if due > end {
                return;
            }
            self.decide(|machine, now, out| machine.on_deadline(now, out));
        }
    }

    fn change(&mut self, facts: &[Fact]) {
        let (image, delta): (Image, Delta) = self.image.apply(facts).unwrap();
        self.image = Arc::new(image);
        let image = Arc::clone(&self.image);
        self.decide(|machine, now, out| machine.image_changed(now, &image, &delta, out));
    }

    pub(super) fn create_topic(&mut self, name: &str, topic: TopicId) {
        let first = self.local_ids;
        self.local_ids += 4;
        let partition = |n| PartitionRecord { local_id: LocalId(n), replicas: vec![BrokerId(1)] };
        let partitions = (first..self.local_ids).map(partition).collect();
        self.change(&[
            Fact::TopicCreated { topic, name: name.into(), at_ms: 0 },
            Fact::PartitionsAdded { topic, first: PartitionIndex(0), partitions },
        ]);
    }

    pub(super) fn delete_topic(&mut self, topic: TopicId) {
        self.change(&[Fact::TopicDeleted { topic }]);
    }

    pub(super) fn commit(&mut self, commit: Commit) -> CommitReply {
        let Reply::OffsetCommit(reply) = self.ask(Request::OffsetCommit(commit)) else {
            panic!("another reply")
        };
        reply
    }

    /// Commits one offset from outside; it must be taken.
    pub(super) fn set(&mut self, group: &str, topic: &str, partition: u32, offset: i64) {
        let reply = self.commit(one(group, topic, partition, offset));
        assert_eq!(codes(reply), [ErrorCode::None]);
    }

    pub(super) fn fetch(&mut self, group: &str, topics: FetchTopics) -> FetchReply {
        let fetch = Fetch {
            group: group.into(),
            member: None,
            member_epoch: None,
            require_stable: true,
            topics,
        };
        let Reply::OffsetFetch(reply) = self.ask(Request::OffsetFetch(fetch)) else {
            panic!("another reply")
        };
        reply
    }

    /// The offset committed for one partition.
    pub(super) fn get(&mut self, group: &str, topic: &str, partition: u32) -> Option<i64> {
        let topics = FetchTopics::These(vec![(topic.into(), vec![PartitionIndex(partition)])]);
        let mut reply = self.fetch(group, topics).unwrap();
        assert_eq!(reply.len(), 1, "an entry for every topic");
        let (_, mut partitions) = reply.pop().unwrap();
        assert_eq!(partitions.len(), 1, "an entry for every partition");
        partitions.pop().unwrap().1.unwrap().map(|committed| committed.offset)
    }

    pub(super) fn delete(&mut self, group: &str, topic: &str, partition: u32) -> DeleteReply {
        let topics = vec![(Arc::from(topic), vec![PartitionIndex(partition)])];
        let Reply::OffsetDelete(reply) =
            self.ask(Request::OffsetDelete(Delete { group: group.into(), topics }))
        else {
            panic!("another reply")
        };
        reply
    }

    pub(super) fn groups(&self) -> Vec<String> {
        self.machine.groups().map(|(id, _)| id.to_string()).collect()
    }
}

/// A machine that took in `log` and nothing else.
pub(super) fn load(log: &[Record], image: &Arc<Image>) -> GroupMachine {
    let mut machine = GroupMachine::new(settings(), Arc::clone(image));
    for record in log {
        machine.replay(Origin::Load, record, Timestamp(0)).unwrap();
    }
    machine
}

pub(super) fn settings() -> Arc<GroupConfig> {
    Arc::new(GroupConfig {
        offsets_retention_ms: RETENTION_MS,
        offsets_retention_check_ms: CHECK_MS,
        offset_metadata_max: 10,
        ..GroupConfig::default()
    })
}

/// A commit from outside of the group.
pub(super) fn one(group: &str, topic: &str, partition: u32, offset: i64) -> Commit {
    let topic_id = match topic {
        "t" => Some(T),
        "u" => Some(U),
        _ => None,
    };
    let value = CommitPartition { offset, leader_epoch: None, metadata: Arc::default(), topic_id };
    Commit {
        group: group.into(),
        member: Arc::default(),
        instance: None,
        generation: None,
        retention_ms: None,
        knows_group_not_found: true,
        topics: vec![(topic.into(), vec![(PartitionIndex(partition), value)])],
    }
}

pub(super) fn codes(reply: Result<PerPartition<ErrorCode>, ErrorCode>) -> Vec<ErrorCode> {
    match reply {
        Err(code) => vec![code],
        Ok(topics) => {
            topics.into_iter().flat_map(|(_, codes)| codes).map(|(_, code)| code).collect()
        }
    }
}

pub(super) fn offsets(
    reply: PerPartition<Result<Option<Committed>, ErrorCode>>,
) -> Vec<(String, u32, i64)> {
    let of_topic = |(topic, partitions): (Arc<str>, Vec<_>)| {
        let topic = topic.to_string();
        partitions.into_iter().map(move |(index, committed): (PartitionIndex, Result<_, _>)| {
            let committed: Option<Committed> = committed.unwrap();
            (topic.clone(), index.0, committed.map_or(-1, |committed| committed.offset))
        })
    };
    reply.into_iter().flat_map(of_topic).collect()
}
