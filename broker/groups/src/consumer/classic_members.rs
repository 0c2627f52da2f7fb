//! Members that speak the classic protocol in a group of the new one.
//!
//! The broker does for them what a group's leader did: JoinGroup tells it the subscription, SyncGroup
//! answers the assignment, Heartbeat says when to join again. The generation is the member's epoch.

use std::collections::BTreeSet;

use broker_coordinator::Record;
use bytes::Bytes;
use protocol_types::ErrorCode;

use super::admit::{
    Arrival, check_instance, check_record, check_size, check_state, known_or_new, take_over,
    unknown_instance,
};
use super::group::{Context, Group};
use super::leave::{Aftermath, fence};
use super::member::{ClassicMember, Member, MemberId, MemberState, Subscription};
use super::migrate::go_back;
use super::refusal::Refusal;
use super::step::{bring_on, enter};
use super::timers::Timer;
use crate::classic;
use crate::consumer_protocol::{self, Embedded, PROTOCOL_TYPE};

/// What a JoinGroup of the classic protocol comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) member: MemberId,
    pub(crate) generation: i32,
    pub(crate) protocol: String,
    pub(crate) aftermath: JoinAftermath,
}

/// What is left to do for the group after a JoinGroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinAftermath {
    Stays,
    /// The joiner replaced the last member of the new protocol, so the group becomes a classic one,
    /// and rebalances if its target is out of date.
    Downgrade {
        rebalance: bool,
    },
}

/// JoinGroup.
///
/// # Errors
/// With what the client is told; MEMBER_ID_REQUIRED is for the caller to send with a new id.
pub(crate) fn join(
    group: &mut Group,
    cx: &Context<'_>,
    request: &classic::Join,
    out: &mut Vec<Record>,
) -> Result<Joined, Refusal> {
    let id = request.member_id.as_deref().unwrap_or(&request.unique);
    check_size(group, cx, id)?;
    check_protocols(group, id, request)?;
    if request.requires_known_member && request.member_id.is_none() && request.instance_id.is_none()
    {
        return Err(Refusal::new(ErrorCode::MemberIdRequired, ""));
    }
    let Some((protocol, embedded)) = request.protocols.first().and_then(|protocol| {
        Some((protocol.name.to_string(), consumer_protocol::subscription(&protocol.metadata)?))
    }) else {
        return Err(Refusal::new(
            ErrorCode::InconsistentGroupProtocol,
            format!("Member {id}'s embedded consumer protocol is malformed."),
        ));
    };
    let owned = consumer_protocol::by_id(cx.topics, &embedded.owned);
    let arrival = arrive(group, request, id)?;
    check_state(&arrival.before, Some(&owned))?;
    let subscription = subscription(&arrival.before.subscription, request, &embedded);
    check_record(group, &arrival, &subscription)?;
    let downgrade = arrival.replaces.as_ref().is_some_and(|old| {
        let target = group.target.get(old);
        let back = go_back(cx, &arrival.id, &subscription, target);
        let is_last = group.members.get(old).is_some_and(|member| !member.is_classic());
        is_last && group.may_become_classic(cx, &BTreeSet::from([MemberId::clone(old)]), back)
    });
    let entered = enter(group, cx, arrival, subscription, out);
    let rebalance = downgrade && group.target_epoch < group.epoch;
    if !downgrade {
        group.refresh_target(cx, out);
    }
    if !rebalance {
        bring_on(group, cx, &entered.id, entered.subscription, Some(&owned), out);
    }
    if !downgrade {
        watch_join(group, cx, &entered.id, request);
    }
    let (member, known) = group.member(&entered.id)?;
    let aftermath =
        if downgrade { JoinAftermath::Downgrade { rebalance } } else { JoinAftermath::Stays };
    Ok(Joined {
        member: MemberId::clone(member),
        generation: known.current.epoch,
        protocol,
        aftermath,
    })
}

fn arrive(group: &Group, request: &classic::Join, id: &str) -> Result<Arrival, Refusal> {
    let Some(instance) = request.instance_id.as_deref() else {
        return known_or_new(group, id, true);
    };
    let Some(owner) = group.static_member(instance) else {
        return match &request.member_id {
            None => known_or_new(group, id, true),
            Some(_) => Err(unknown_instance(instance)),
        };
    };
    let (owner, member) = group.member(owner)?;
    if request.member_id.is_none() {
        return Ok(take_over(owner, member, id));
    }
    check_instance(owner, id, instance)?;
    known_or_new(group, id, false)
}

/// There must be a protocol that all members of the old kind support.
fn check_protocols(group: &Group, id: &str, request: &classic::Join) -> Result<(), Refusal> {
    let classic =
        || group.members.values().filter_map(|member| member.subscription.classic.as_ref());
    let common = |name: &str| {
        classic().all(|member| member.protocols.iter().any(|(known, _)| known == name))
    };
    let supported = &*request.protocol_type == PROTOCOL_TYPE
        && request.protocols.iter().any(|protocol| common(&protocol.name));
    if supported {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::InconsistentGroupProtocol,
        format!("Member {id}'s protocols are not supported."),
    ))
}

fn subscription(
    before: &Subscription,
    request: &classic::Join,
    embedded: &Embedded,
) -> Subscription {
    let owned = |text: &Option<std::sync::Arc<str>>| text.as_ref().map(ToString::to_string);
    let rack = embedded.rack.clone().filter(|rack| !rack.is_empty());
    let protocols = request.protocols.iter();
    Subscription {
        instance: owned(&request.instance_id).or_else(|| before.instance.clone()),
        rack: rack.or_else(|| before.rack.clone()),
        client_id: request.client_id.to_string(),
        client_host: request.client_host.to_string(),
        topics: embedded.topics.clone(),
        regex: None,
        rebalance_timeout_ms: request.rebalance_timeout_ms,
        assignor: before.assignor.clone(),
        classic: Some(ClassicMember {
            session_timeout_ms: request.session_timeout_ms,
            protocols: protocols
                .map(|protocol| (protocol.name.to_string(), protocol.metadata.clone()))
                .collect(),
        }),
    }
}

fn millis(ms: i32) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

fn watch_join(group: &mut Group, cx: &Context<'_>, id: &MemberId, request: &classic::Join) {
    let timers = &mut group.timers;
    timers.cancel(id, Timer::Join);
    timers.cancel(id, Timer::Rebalance(0));
    timers.set(id, Timer::Session, cx.now.after_millis(millis(request.session_timeout_ms)));
    timers.set(id, Timer::Sync, cx.now.after_millis(millis(request.rebalance_timeout_ms)));
}

/// Whom a request of the classic protocol is of: a member that speaks it, at its epoch.
fn find(
    group: &Group,
    id: &str,
    instance: Option<&str>,
    generation: i32,
) -> Result<(MemberId, ClassicMember), Refusal> {
    if let Some(instance) = instance {
        let owner = group.static_member(instance).ok_or_else(|| {
            Refusal::new(
                ErrorCode::UnknownMemberId,
                format!(
                    "Member with instance id {instance} is not a member of group {}.",
                    group.id
                ),
            )
        })?;
        check_instance(owner, id, instance)?;
    }
    let (id, member) = group.member(id)?;
    let Some(classic) = &member.subscription.classic else {
        return Err(Refusal::new(
            ErrorCode::UnknownMemberId,
            format!("Member {id} does not use the classic protocol."),
        ));
    };
    let epoch = member.current.epoch;
    if generation != epoch {
        return Err(Refusal::new(
            ErrorCode::IllegalGeneration,
            format!(
                "The request generation id {generation} is not equal to the member epoch {epoch} \
                 of member {id}."
            ),
        ));
    }
    Ok((MemberId::clone(id), classic.clone()))
}

/// SyncGroup: the member's assignment, in the version it understands.
///
/// # Errors
/// With what the client is told.
pub(crate) fn sync(
    group: &mut Group,
    cx: &Context<'_>,
    request: &classic::Sync,
) -> Result<Bytes, Refusal> {
    let instance = request.instance_id.as_deref();
    let (id, classic) = find(group, &request.member_id, instance, request.generation)?;
    let (protocol, metadata) = classic.protocols.first().cloned().unwrap_or_default();
    let other_type = request.protocol_type.as_deref().is_some_and(|name| name != PROTOCOL_TYPE);
    let other_name = request.protocol.as_deref().is_some_and(|name| name != protocol);
    if other_type || other_name {
        return Err(Refusal::new(
            ErrorCode::InconsistentGroupProtocol,
            format!("Member {id} was answered protocol {protocol} of type {PROTOCOL_TYPE}."),
        ));
    }
    let (_, member) = group.member(&id)?;
    let outdated = group.target_epoch > member.current.epoch;
    if outdated && member.current.state != MemberState::Unrevoked {
        let at = cx.now.after_millis(millis(member.subscription.rebalance_timeout_ms));
        group.timers.set_if_absent(&id, Timer::Join, at);
        return Err(Refusal::new(
            ErrorCode::RebalanceInProgress,
            format!(
                "A new rebalance is triggered in group {} and member {id} should rejoin to catch \
                 up.",
                group.id
            ),
        ));
    }
    let version =
        consumer_protocol::subscription(&metadata).map_or(0, |subscription| subscription.version);
    let assigned = member.current.assigned.partitions();
    group.timers.cancel(&id, Timer::Sync);
    let session = cx.now.after_millis(millis(classic.session_timeout_ms));
    group.timers.set(&id, Timer::Session, session);
    Ok(consumer_protocol::write_assignment(cx.topics, version, &assigned))
}

/// Heartbeat.
///
/// # Errors
/// With what the client is told: REBALANCE_IN_PROGRESS when it should join again.
pub(crate) fn heartbeat(
    group: &mut Group,
    cx: &Context<'_>,
    request: &classic::Heartbeat,
) -> Result<(), Refusal> {
    let instance = request.instance_id.as_deref();
    let (id, classic) = find(group, &request.member_id, instance, request.generation)?;
    let session = cx.now.after_millis(millis(classic.session_timeout_ms));
    group.timers.set(&id, Timer::Session, session);
    let (_, member) = group.member(&id)?;
    let must_join = member.current.epoch < group.target_epoch
        || match member.current.state {
            MemberState::Unrevoked => true,
            MemberState::Unreleased => !waits_for_others(group, &id, member),
            MemberState::Stable | MemberState::Unknown => false,
        };
    if !must_join {
        return Ok(());
    }
    let at = cx.now.after_millis(millis(member.subscription.rebalance_timeout_ms));
    group.timers.set_if_absent(&id, Timer::Join, at);
    Err(Refusal::new(ErrorCode::RebalanceInProgress, ""))
}

/// Whether a partition of its target is still another's.
fn waits_for_others(group: &Group, id: &MemberId, member: &Member) -> bool {
    let target = group.target.get(id).into_iter().flat_map(|target| target.iter());
    let mut missing =
        target.filter(|(topic, partition)| !member.current.assigned.contains(*topic, *partition));
    missing.any(|(topic, partition)| !group.is_free_for(id, topic, partition))
}

/// LeaveGroup: what each leaver is told, in the order of the request, and what becomes of the group.
pub(crate) fn leave(
    group: &mut Group,
    cx: &Context<'_>,
    request: &classic::Leave,
    out: &mut Vec<Record>,
) -> (Vec<ErrorCode>, Aftermath) {
    let mut leaving = BTreeSet::new();
    let told = request.members.iter().map(|leaver| match leaver_id(group, leaver) {
        Ok(id) => {
            leaving.insert(id);
            ErrorCode::None
        }
        Err(refusal) => refusal.code,
    });
    let told = told.collect();
    (told, fence(group, cx, leaving, out))
}

fn leaver_id(group: &Group, leaver: &classic::Leaver) -> Result<MemberId, Refusal> {
    let named = leaver.member_id.as_deref();
    let Some(instance) = leaver.instance_id.as_deref() else {
        return group.member(named.unwrap_or_default()).map(|(id, _)| MemberId::clone(id));
    };
    let owner = group.static_member(instance).ok_or_else(|| unknown_instance(instance))?;
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        check_instance(owner, named, instance)?;
    }
    Ok(MemberId::clone(owner))
}
