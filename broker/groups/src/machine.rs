//! The machine of one shard: one table of groups, and who handles what is asked of them.
//!
//! It owns the table, the offsets and the index of timers; the protocols own their groups. Every
//! path that may have changed a group ends in `settle`, which asks it when it wants to be called.

mod classic;
mod consumer;
mod deadlines;
mod inspect;
mod migration;

use std::ops::Bound;
use std::sync::Arc;

use broker_coordinator::{Cursor, Machine, Now, Origin, Outcome, Record, ReplayError, Token};
use broker_metadata::{Delta, Image};
use bytes::Bytes;
use protocol_types::{ErrorCode, Instant, Timestamp};

use crate::classic::{Context, Group as Classic};
use crate::config::GroupConfig;
use crate::group::{Group, GroupId, Groups};
use crate::offsets::{self, Offsets};
use crate::records::{self, group_metadata, offset_commit};
use crate::request::{
    DeleteGroup, DescribeConsumerGroup, DescribeGroup, Reply, Request, SurveyGroups,
};
use deadlines::Deadlines;

#[cfg(test)]
mod tests;

/// Tombstones that one look at the offsets' age yields at most; the next look follows at once.
const EXPIRED_MAX: usize = 10_000;

/// See the module documentation.
#[derive(Debug)]
pub struct GroupMachine {
    config: Arc<GroupConfig>,
    image: Arc<Image>,
    groups: Groups,
    offsets: Offsets,
    deadlines: Deadlines,
    /// When to look for expired offsets next; `None` while loading.
    next_expiry: Option<Instant>,
    /// Behind which group that look goes on, when one was too long.
    expiry_after: Option<GroupId>,
}

impl GroupMachine {
    /// A machine without groups, which is about to load.
    #[must_use]
    pub fn new(config: Arc<GroupConfig>, image: Arc<Image>) -> Self {
        Self {
            config,
            image,
            groups: Groups::new(),
            offsets: Offsets::default(),
            deadlines: Deadlines::default(),
            next_expiry: None,
            expiry_after: None,
        }
    }

    /// Every group of the shard, in the order of its name.
    pub fn groups(&self) -> impl Iterator<Item = (&GroupId, &Group)> {
        self.groups.iter()
    }

    #[must_use]
    pub const fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    /// A group changed: it says when it wants to be called.
    fn settle(&mut self, id: &GroupId) {
        let at = self.groups.get(id).and_then(Group::next_deadline);
        self.deadlines.set(id, at);
    }

    /// Looks for expired offsets and groups, from where the last look ended.
    fn expire(&mut self, now: Now, out: &mut Outcome<Reply>) {
        let retention = self.config.offsets_retention_ms;
        let from = self.expiry_after.take();
        let from = from.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut next = now.after_millis(self.config.offsets_retention_check_ms);
        for (id, group) in self.groups.range::<str, _>((from, Bound::Unbounded)) {
            offsets::expire(id, group, &self.offsets, now.wall, retention, &mut out.records);
            if out.records.len() >= EXPIRED_MAX {
                self.expiry_after = Some(Arc::clone(id));
                next = now.instant;
                break;
            }
        }
        self.next_expiry = Some(next);
    }

    /// Adds tombstones of offsets whose topic is gone, or was created again, while nobody looked.
    fn bury_lost_topics(&self, records: &mut Vec<Record>) {
        for (key, committed) in self.offsets.iter() {
            let topic = self.image.topic(&key.topic);
            let lost =
                topic.is_none_or(|topic| committed.topic_id.is_some_and(|id| id != topic.id));
            if lost {
                records.push(offset_commit::tombstone(&key.group, &key.topic, key.partition));
            }
        }
    }

    /// Offsets outlive the records of their group: a group that changes protocol buries those of the
    /// old one before it has any of the new one. It is there again, without members, since only
    /// groups that are there can be listed, deleted, and let their offsets expire.
    fn find_groups_of_offsets(&mut self) {
        for id in self.offsets.groups() {
            if !self.groups.contains_key(id) {
                self.groups.insert(Arc::clone(id), Group::simple(Arc::clone(id)));
            }
        }
    }

    fn replay_group_metadata(
        &mut self,
        origin: Origin,
        record: &Record,
    ) -> Result<(), ReplayError> {
        let id = group_metadata::decode_key(record)?;
        match &record.value {
            // A classic group that became a consumer group is buried under the same name.
            None if matches!(self.groups.get(&id), Some(Group::Consumer(_))) => {}
            None => {
                self.groups.remove(&id);
            }
            // What it wrote of itself it knows: it is ahead of its record.
            Some(_) if origin == Origin::Own => {}
            Some(value) => {
                let group = Classic::load(Arc::clone(&id), value)?;
                self.groups.insert(Arc::clone(&id), Group::Classic(Box::new(group)));
            }
        }
        self.settle(&id);
        Ok(())
    }
}

impl Machine for GroupMachine {
    type Request = Request;
    type Reply = Reply;

    fn handle(&mut self, now: Now, token: Token, request: Request, out: &mut Outcome<Reply>) {
        match request {
            Request::Join(join) => self.join(now, token, join, out),
            Request::Sync(sync) => self.sync(now, token, sync, out),
            Request::Heartbeat(heartbeat) => self.heartbeat(now, token, &heartbeat, out),
            Request::Leave(leave) => self.leave(now, token, &leave, out),
            Request::List(filter) => out.reply(token, Reply::List(self.list(&filter))),
            Request::Survey(SurveyGroups) => out.reply(token, Reply::Survey(self.survey())),
            Request::Describe(DescribeGroup(id)) => {
                out.reply(token, Reply::Describe(self.describe(&id)));
            }
            Request::Delete(DeleteGroup(id)) => {
                let deleted = self.delete(now, &id, out);
                out.reply(token, Reply::Delete(deleted.err().unwrap_or(ErrorCode::None)));
            }
            Request::OffsetCommit(commit) => {
                let id = Arc::clone(&commit.group);
                let Self { groups, config, .. } = self;
                let reply = offsets::commit(groups, config, now, commit, &mut out.records);
                out.reply(token, Reply::OffsetCommit(reply));
                self.settle(&id);
            }
            Request::OffsetFetch(fetch) => {
                let reply = offsets::fetch(&self.groups, &self.offsets, &self.image, &fetch);
                out.reply(token, Reply::OffsetFetch(reply));
            }
            Request::OffsetDelete(delete) => {
                let reply = offsets::delete(&self.groups, &self.offsets, delete, &mut out.records);
                out.reply(token, Reply::OffsetDelete(reply));
            }
            Request::ConsumerHeartbeat(heartbeat) => {
                let reply = self.consumer_heartbeat(now, &heartbeat, out);
                out.reply(token, Reply::ConsumerHeartbeat(reply));
                self.settle(&heartbeat.group);
            }
            Request::ConsumerDescribe(DescribeConsumerGroup(id)) => {
                out.reply(token, Reply::ConsumerDescribe(self.consumer_describe(&id)));
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next().into_iter().chain(self.next_expiry).min()
    }

    fn on_deadline(&mut self, now: Now, out: &mut Outcome<Reply>) {
        while let Some(id) = self.deadlines.take_due(now.instant) {
            match self.groups.get_mut(&id) {
                Some(Group::Classic(group)) => {
                    group.on_deadline(&mut Context { now, config: &self.config, out });
                    self.forget_if_traceless(&id);
                }
                Some(Group::Consumer(_)) => self.consumer_deadline(now, &id, out),
                None => {}
            }
            self.settle(&id);
        }
        if self.next_expiry.is_some_and(|at| at <= now.instant) {
            self.expire(now, out);
        }
    }

    fn replay(
        &mut self,
        origin: Origin,
        record: &Record,
        _appended: Timestamp,
    ) -> Result<(), ReplayError> {
        match records::kind(record) {
            Some(0 | 1) => {
                let key = self.offsets.replay(record)?;
                if record.value.is_some() && !self.groups.contains_key(&key.group) {
                    let simple = Group::simple(Arc::clone(&key.group));
                    self.groups.insert(key.group, simple);
                }
                Ok(())
            }
            Some(group_metadata::KIND) => self.replay_group_metadata(origin, record),
            Some(kind) if records::consumer::is_kind(kind) => self.replay_consumer(origin, record),
            // Kinds of later versions and of parts we do not serve: not ours to judge.
            Some(_) => Ok(()),
            None => Err(ReplayError { what: "record key", why: "it is too short".to_owned() }),
        }
    }

    fn loaded(&mut self, now: Now, image: &Arc<Image>, out: &mut Outcome<Reply>) {
        self.image = Arc::clone(image);
        self.bury_lost_topics(&mut out.records);
        self.next_expiry = Some(now.after_millis(self.config.offsets_retention_check_ms));
        self.find_groups_of_offsets();
        self.consumers_loaded(now);
        let ids: Vec<_> = self.groups.keys().cloned().collect();
        for id in &ids {
            if let Some(Group::Classic(group)) = self.groups.get_mut(id) {
                group.after_load(&mut Context { now, config: &self.config, out });
            }
            self.settle(id);
        }
    }

    fn image_changed(
        &mut self,
        _now: Now,
        image: &Arc<Image>,
        delta: &Delta,
        out: &mut Outcome<Reply>,
    ) {
        self.image = Arc::clone(image);
        self.consumers_see(delta);
        for topic in &delta.deleted {
            let dead =
                |committed: &offsets::Committed| committed.topic_id.is_none_or(|id| id == topic.id);
            self.offsets.bury_topic(&topic.name, dead, &mut out.records);
        }
    }

    fn live_records(
        &self,
        cursor: Option<Cursor>,
        limit: usize,
        visit: &mut dyn FnMut(Record),
    ) -> Option<Cursor> {
        let mut left = limit;
        let mut take = |record: Record| {
            left = left.saturating_sub(protocol_types::to_usize(record.size()));
            visit(record);
            left > 0
        };
        let stand = cursor.map(|cursor| Stand::decode(&cursor));
        let after = match stand {
            Some(Stand::Offset(key)) => Some(key),
            stand @ (None | Some(Stand::Group(_))) => {
                let from = match &stand {
                    Some(Stand::Group(id)) => Bound::Excluded(&**id),
                    _ => Bound::Unbounded,
                };
                for (id, group) in self.groups.range::<str, _>((from, Bound::Unbounded)) {
                    let mut room = true;
                    group.live_records(&mut |record| room = take(record));
                    if !room {
                        return Some(Stand::Group(Arc::clone(id)).encode());
                    }
                }
                None
            }
        };
        let last = self.offsets.live_records(after.as_ref(), &mut take)?;
        Some(Stand::Offset(last).encode())
    }
}

/// Where a walk over the live records stands: all groups come first, then all offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    Group(GroupId),
    Offset(offset_commit::OffsetKey),
}

impl Stand {
    fn encode(self) -> Cursor {
        let key = match self {
            Self::Group(id) => group_metadata::tombstone(&id).key,
            Self::Offset(key) => {
                offset_commit::tombstone(&key.group, &key.topic, key.partition).key
            }
        };
        Cursor(key)
    }

    fn decode(cursor: &Cursor) -> Self {
        let key: Bytes = cursor.0.clone();
        let record = Record { key, value: None };
        let group = (records::kind(&record) == Some(group_metadata::KIND))
            .then(|| group_metadata::decode_key(&record));
        match group {
            Some(Ok(id)) => Self::Group(id),
            _ => match offset_commit::decode_key(&record) {
                Ok(key) => Self::Offset(key),
                Err(error) => unreachable!("a cursor of our own: {error}"),
            },
        }
    }
}
