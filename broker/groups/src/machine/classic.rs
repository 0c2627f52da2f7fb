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
    classic::{Heartbeat, Join, JoinReply, Leave, Step, Sync, SyncReply},
    group::{Group, GroupId},
    request::Reply,
};

impl GroupMachine {
    pub(super) fn join(&mut self, now: Now, token: Token, join: Join, out: &mut Outcome<Reply>) {
        let id = Arc::clone(&join.group_id);
        if self.is_live_consumer_group(&id) {
            let reply = self.join_consumer_group(now, &join, out);
            out.reply(token, Reply::Join(reply));
            return self.settle(&id);
        }
        if join.member_id.is_none() {
            self.bury_empty_consumer_group(&id, out);
            self.groups.entry(Arc::clone(&id)).or_insert_with(|| Group::simple(Arc::clone(&id)));
        }
        let group = match self.groups.get_mut(&id) {
            Some(Group::Classic(group)) => group,
            found => {
                let error = match found {
                    Some(_) => ErrorCode::InconsistentGroupProtocol,
                    None => ErrorCode::UnknownMemberId,
                };
                let refusal = JoinReply::refused(error, join.member_id);
                return out.reply(token, Reply::Join(refusal));
            }
        };
        group.handle_join(token, join, &mut Step { now, config: &self.config, out });
        self.forget_if_traceless(&id);
        self.settle(&id);
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
        group.handle_sync(token, sync, &mut Step { now, config: &self.config, out });
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
                let step = Step { now, config: &self.config, out };
                group.handle_heartbeat(heartbeat, &step)
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
                group.handle_leave(leave, &mut Step { now, config: &self.config, out })
            }
            Some(Group::Consumer(_)) => self.leave_consumer_group(now, leave, out),
            None => leave.unknown(),
        };
        out.reply(token, Reply::Leave(reply));
        self.forget_if_traceless(&leave.group_id);
        self.settle(&leave.group_id);
    }

    /// A consumer group without members gives way to a classic one of its name.
    fn bury_empty_consumer_group(&mut self, id: &GroupId, out: &mut Outcome<Reply>) {
        if let Some(Group::Consumer(group)) = self.groups.get(id)
            && group.is_empty()
        {
            group.bury(&mut out.records);
            self.groups.insert(Arc::clone(id), Group::simple(Arc::clone(id)));
        }
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
