//! Groups between the protocols: classic members in consumer groups, and the way back.
//!
//! JoinGroup and its kin go to a consumer group as long as it has members; when its last member of
//! the consumer protocol is gone it becomes a classic group again, in the same decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use broker_coordinator::{Now, Outcome};
use protocol_types::ErrorCode;

use super::GroupMachine;
use crate::classic::{self, JoinReply, LeaveReply, SyncReply};
use crate::consumer::{self, Aftermath, Context, JoinAftermath, Joined, MemberId, Refusal};
use crate::consumer_protocol::PROTOCOL_TYPE;
use crate::group::{Group, GroupId};
use crate::request::Reply;

impl GroupMachine {
    /// Whether the group is a consumer group with members, to whom the classic protocol speaks.
    pub(super) fn is_live_consumer_group(&self, id: &str) -> bool {
        matches!(self.groups.get(id), Some(Group::Consumer(group)) if !group.is_empty())
    }

    /// Refuses whatever waits in a classic group that gives way to a consumer group.
    pub(super) fn retire_classic(&mut self, now: Now, id: &GroupId, out: &mut Outcome<Reply>) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(id) {
            let config = &self.config;
            group
                .retire(ErrorCode::RebalanceInProgress, &mut classic::Context { now, config, out });
        }
    }

    /// Runs `ask` on a consumer group, with its settings.
    fn with_consumer<T>(
        &mut self,
        now: Now,
        id: &GroupId,
        ask: impl FnOnce(&mut consumer::Group, &Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let config = self.consumer_config(id);
        let image = Arc::clone(&self.image);
        let cx = Context { now, topics: &*image, config: &config };
        match self.groups.get_mut(id) {
            Some(Group::Consumer(group)) => ask(group, &cx),
            _ => Err(Refusal::new(ErrorCode::UnknownMemberId, "")),
        }
    }

    pub(super) fn join_consumer_group(
        &mut self,
        now: Now,
        request: &classic::Join,
        out: &mut Outcome<Reply>,
    ) -> JoinReply {
        let id = &request.group_id;
        let records = &mut out.records;
        let joined = self.with_consumer(now, id, |group, cx| {
            group.check_classic_may_join(cx)?;
            consumer::classic_join(group, cx, request, records)
        });
        let joined = match joined {
            Ok(joined) => joined,
            Err(refusal) => {
                let new = refusal.code == ErrorCode::MemberIdRequired;
                let named = if new { Some(request.unique.as_str().into()) } else { None };
                return JoinReply::refused(
                    refusal.code,
                    named.or_else(|| request.member_id.clone()),
                );
            }
        };
        if let JoinAftermath::Downgrade { rebalance } = joined.aftermath {
            self.downgrade(now, id, &BTreeSet::new(), rebalance, out);
        }
        let Joined { member, generation, protocol, .. } = joined;
        JoinReply {
            error: ErrorCode::None,
            member_id: Some(member),
            generation: Some(generation),
            protocol_type: Some(PROTOCOL_TYPE.into()),
            protocol: Some(protocol.into()),
            leader: None,
            skip_assignment: false,
            members: Vec::new(),
        }
    }

    pub(super) fn sync_consumer_group(&mut self, now: Now, request: &classic::Sync) -> SyncReply {
        let synced = self.with_consumer(now, &request.group_id, |group, cx| {
            consumer::classic_sync(group, cx, request)
        });
        match synced {
            Ok(assignment) => SyncReply {
                error: ErrorCode::None,
                protocol_type: request.protocol_type.clone(),
                protocol: request.protocol.clone(),
                assignment,
            },
            Err(refusal) => SyncReply::refused(refusal.code),
        }
    }

    pub(super) fn heartbeat_consumer_group(
        &mut self,
        now: Now,
        request: &classic::Heartbeat,
    ) -> ErrorCode {
        let beat = self.with_consumer(now, &request.group_id, |group, cx| {
            consumer::classic_heartbeat(group, cx, request)
        });
        beat.map_or_else(|refusal| refusal.code, |()| ErrorCode::None)
    }

    pub(super) fn leave_consumer_group(
        &mut self,
        now: Now,
        request: &classic::Leave,
        out: &mut Outcome<Reply>,
    ) -> LeaveReply {
        let records = &mut out.records;
        let left = self.with_consumer(now, &request.group_id, |group, cx| {
            Ok(consumer::classic_leave(group, cx, request, records))
        });
        let Ok((told, aftermath)) = left else { return request.unknown() };
        self.settle_aftermath(now, &request.group_id, &aftermath, out);
        let members = request.members.iter().zip(told).map(|(leaver, error)| leaver.left(error));
        LeaveReply { error: ErrorCode::None, members: members.collect() }
    }

    /// What a decision leaves to do for its group.
    pub(super) fn settle_aftermath(
        &mut self,
        now: Now,
        id: &GroupId,
        aftermath: &Aftermath,
        out: &mut Outcome<Reply>,
    ) {
        if let Aftermath::Downgrade { leaving } = aftermath {
            self.downgrade(now, id, leaving, true, out);
        }
    }

    fn downgrade(
        &mut self,
        now: Now,
        id: &GroupId,
        leaving: &BTreeSet<MemberId>,
        rebalance: bool,
        out: &mut Outcome<Reply>,
    ) {
        let Some(Group::Consumer(group)) = self.groups.get(id) else { return };
        let config = self.consumer_config(id);
        let cx = Context { now, topics: &*self.image, config: &config };
        let from = consumer::downgrade(group, &cx, leaving, &mut out.records);
        let mut classic_cx = classic::Context { now, config: &self.config, out };
        let mut classic = classic::Group::take_over(GroupId::clone(id), from, &mut classic_cx);
        if rebalance {
            let reason = "the group went back to the classic protocol";
            classic.rebalance_after_takeover(reason, &mut classic_cx);
        }
        tracing::info!(group = &**id, "converted the consumer group to a classic group");
        self.groups.insert(GroupId::clone(id), Group::Classic(Box::new(classic)));
        self.settle(id);
    }
}
