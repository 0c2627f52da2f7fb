//! A group that comes from the other protocol: its members go on where they are.

use std::sync::Arc;

use super::{
    group::{Context, Group},
    member::Member,
    request::Protocol,
    state::State,
};
use crate::{
    consumer::{Downgraded, DowngradedMember},
    consumer_protocol::PROTOCOL_TYPE,
    group::GroupId,
};

impl Group {
    /// The classic group that a consumer group becomes: stable, with the target as its assignment.
    /// Writes its record and begins the sessions.
    pub(crate) fn take_over(id: GroupId, from: Downgraded, cx: &mut Context<'_>) -> Self {
        let mut group = Self::simple(id);
        group.generation = from.generation;
        group.protocol_type = Some(PROTOCOL_TYPE.into());
        group.since = Some(cx.now.wall);
        for member in from.members {
            group.members.insert(taken_over(member));
        }
        if !group.members.is_empty() {
            group.state = State::Stable;
        }
        group.protocol = group.members.elect_protocol();
        group.reckon_topics();
        group.persist(cx);
        for id in group.members.ids() {
            group.renew_session(&id, cx);
        }
        group
    }

    /// Asks the members to join again: the assignment is out of date.
    pub(crate) fn rebalance_after_takeover(&mut self, reason: &str, cx: &mut Context<'_>) {
        self.prepare_rebalance(reason, cx);
    }
}

fn taken_over(member: DowngradedMember) -> Member {
    let protocol = |(name, metadata): (String, _)| Protocol { name: name.into(), metadata };
    Member {
        id: member.id,
        instance_id: member.instance.map(Arc::from),
        client_id: member.client_id.into(),
        client_host: member.client_host.into(),
        rebalance_timeout_ms: member.rebalance_timeout_ms.max(0),
        session_timeout_ms: member.session_timeout_ms.max(0),
        protocols: Protocol::distinct(member.protocols.into_iter().map(protocol).collect()),
        assignment: member.assignment,
        joining: None,
        syncing: None,
        is_new: false,
        expires: None,
    }
}
