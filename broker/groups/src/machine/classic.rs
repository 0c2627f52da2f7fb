//! Requests of the classic protocol: which group they are for, and what becomes of it.
//!
//! Only a join without a member id makes a group: whoever brings one was in a group that is gone. A
//! group that has nothing on disk and nobody in it is forgotten at once, so that refused requests
//! leave nothing behind.

use std::sync::Arc;

use broker_coordinator::{Now, Outcome, Token};
use protocol_types::ErrorCode;

use super::GroupMachine;
use crate::{
    classic::{self, Context, Heartbeat, Join, JoinReply, Leave, Sync, SyncReply},
    group::{Group, GroupId},
    request::Reply,
};

impl GroupMachine {
    pub(super) fn join(&mut self, now: Now, token: Token, join: Join, out: &mut Outcome<Reply>) {
        let id = Arc::clone(&join.group_id);
        if let Err(error) = join.validate(&self.config) {
            return out.reply(token, Reply::Join(JoinReply::refused(error, join.member_id)));
        }
        if self.is_live_consumer_group(&id) {
            let reply = self.join_consumer_group(now, &join, out);
            out.reply(token, Reply::Join(reply));
            return self.settle(&id);
        }
        match self.groups.get_mut(&id) {
            Some(Group::Classic(group)) => {
                group.handle_join(token, join, &mut Context { now, config: &self.config, out });
                self.forget_if_traceless(&id);
            }
            Some(Group::Consumer(_)) | None if join.member_id.is_none() => {
                self.join_anew(now, token, join, out);
            }
            // A consumer group here is empty: whoever brings an id got it before.
            Some(Group::Consumer(_)) | None => {
                let refusal = JoinReply::refused(ErrorCode::UnknownMemberId, join.member_id);
                out.reply(token, Reply::Join(refusal));
            }
        }
        self.settle(&id);
    }

    /// Joins a new classic group, to which an empty consumer group of the name gives way: not before
    /// somebody is let in, since its records are all that keeps its name.
    fn join_anew(&mut self, now: Now, token: Token, join: Join, out: &mut Outcome<Reply>) {
        let id = Arc::clone(&join.group_id);
        let mut group = Box::new(classic::Group::simple(Arc::clone(&id)));
        group.handle_join(token, join, &mut Context { now, config: &self.config, out });
        if group.is_traceless() {
            return;
        }
        if let Some(Group::Consumer(empty)) = self.groups.get(&id) {
            empty.bury(&mut out.records);
        }
        self.groups.insert(id, Group::Classic(group));
    }

    pub(super) fn sync(&mut self, now: Now, token: Token, sync: Sync, out: &mut Outcome<Reply>) {
        let id = Arc::clone(&sync.group_id);
        if self.is_live_consumer_group(&id) {
            let reply = self.sync_consumer_group(now, &sync);
            out.reply(token, Reply::Sync(reply));
            return self.settle(&id);
        }
        let Some(Group::Classic(group)) = self.groups.get_mut(&id) else {
            let refusal = SyncReply::refused(ErrorCode::UnknownMemberId);
            return out.reply(token, Reply::Sync(refusal));
        };
        group.handle_sync(token, sync, &mut Context { now, config: &self.config, out });
        self.settle(&id);
    }

    pub(super) fn heartbeat(
        &mut self,
        now: Now,
        token: Token,
        heartbeat: &Heartbeat,
        out: &mut Outcome<Reply>,
    ) {
        let error = match self.groups.get_mut(&heartbeat.group_id) {
            Some(Group::Classic(group)) => {
                let cx = Context { now, config: &self.config, out };
                group.handle_heartbeat(heartbeat, &cx)
            }
            Some(Group::Consumer(_)) => self.heartbeat_consumer_group(now, heartbeat),
            None => ErrorCode::UnknownMemberId,
        };
        out.reply(token, Reply::Heartbeat(error));
        self.settle(&heartbeat.group_id);
    }

    pub(super) fn leave(
        &mut self,
        now: Now,
        token: Token,
        leave: &Leave,
        out: &mut Outcome<Reply>,
    ) {
        let reply = match self.groups.get_mut(&leave.group_id) {
            Some(Group::Classic(group)) => {
                group.handle_leave(leave, &mut Context { now, config: &self.config, out })
            }
            Some(Group::Consumer(_)) => self.leave_consumer_group(now, leave, out),
            None => leave.unknown(),
        };
        out.reply(token, Reply::Leave(reply));
        self.forget_if_traceless(&leave.group_id);
        self.settle(&leave.group_id);
    }

    /// Drops a group that exists here alone and holds nothing.
    pub(super) fn forget_if_traceless(&mut self, id: &GroupId) {
        let traceless = match self.groups.get(id) {
            Some(Group::Classic(group)) => group.is_traceless(),
            Some(Group::Consumer(_)) | None => false,
        };
        if traceless && !self.offsets.has_group(id) {
            self.groups.remove(id);
        }
    }
}
