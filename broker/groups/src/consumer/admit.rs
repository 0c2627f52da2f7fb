//! Who may come in, by either protocol, and as which member.
//!
//! Everything that can refuse a request is looked at here, before anything changes, so that a
//! refused one leaves no trace.

use protocol_types::ErrorCode;

use super::group::{Context, Group};
use super::member::{EPOCH_STATIC_LEFT, Member, MemberId, MemberState, Subscription};
use super::partitions::{OwnedPartitions, Partitions};
use super::refusal::Refusal;
use super::regex::ResolvedRegex;
use super::request::Heartbeat;
use crate::records::{RECORD_BYTES_MAX, consumer as records};

/// A member as it comes: before anything of its request is taken in.
pub(super) struct Arrival {
    pub(super) id: MemberId,
    pub(super) before: Member,
    /// The member whose instance id it takes over.
    pub(super) replaces: Option<MemberId>,
    /// What its expression stands for, if nobody subscribed by it before.
    pub(super) resolved: Option<ResolvedRegex>,
}

/// Who sent the heartbeat, and whether it may.
///
/// # Errors
/// With what the client is told.
pub(super) fn admit(
    group: &Group,
    cx: &Context<'_>,
    request: &Heartbeat,
) -> Result<Arrival, Refusal> {
    check_size(group, cx, &request.member)?;
    let named = if request.member.is_empty() { &request.unique } else { &request.member };
    let joins = request.joins();
    let arrival = match &request.instance {
        None => known_or_new(group, named, joins)?,
        Some(instance) => arrive_static(group, named, instance, joins)?,
    };
    let member = &arrival.before;
    if arrival.replaces.is_none() {
        check_epoch(member, request.epoch, request.owned.as_ref())?;
    }
    check_state(member, request.owned.as_ref())?;
    Ok(arrival)
}

/// # Errors
/// GROUP_MAX_SIZE_REACHED, for all who are not members.
pub(super) fn check_size(group: &Group, cx: &Context<'_>, member: &str) -> Result<(), Refusal> {
    let full = group.members.len() >= usize::try_from(cx.config.size_max).unwrap_or(usize::MAX);
    if full && !group.members.contains_key(member) {
        return Err(Refusal::new(
            ErrorCode::GroupMaxSizeReached,
            format!(
                "The consumer group has reached its maximum capacity of {} members.",
                cx.config.size_max
            ),
        ));
    }
    Ok(())
}

/// A member by its id.
pub(super) fn known_or_new(group: &Group, id: &str, create: bool) -> Result<Arrival, Refusal> {
    let (id, before) = match group.member(id) {
        Ok((id, member)) => (MemberId::clone(id), member.clone()),
        Err(_) if create => (id.into(), Member::default()),
        Err(unknown) => return Err(unknown),
    };
    Ok(Arrival { id, before, replaces: None, resolved: None })
}

fn arrive_static(group: &Group, id: &str, instance: &str, joins: bool) -> Result<Arrival, Refusal> {
    let Some(owner) = group.static_member(instance) else {
        return if joins { known_or_new(group, id, true) } else { Err(unknown_instance(instance)) };
    };
    let (owner, member) = group.member(owner)?;
    if !joins {
        check_instance(owner, id, instance)?;
        return known_or_new(group, id, false);
    }
    if !member.is_classic() && member.current.epoch != EPOCH_STATIC_LEFT {
        return Err(Refusal::new(
            ErrorCode::UnreleasedInstanceId,
            format!(
                "Static member {id} with instance id {instance} cannot join the group because the \
                 instance id is owned by {owner} member."
            ),
        ));
    }
    Ok(take_over(owner, member, id))
}

/// A static member that comes back under another id has what it had, at epoch 0.
pub(super) fn take_over(owner: &MemberId, member: &Member, id: &str) -> Arrival {
    let mut before = member.clone();
    before.current.epoch = 0;
    before.current.previous_epoch = 0;
    let replaces = Some(MemberId::clone(owner));
    Arrival { id: id.into(), before, replaces, resolved: None }
}

pub(super) fn unknown_instance(instance: &str) -> Refusal {
    Refusal::new(ErrorCode::UnknownMemberId, format!("Instance id {instance} is unknown."))
}

/// # Errors
/// FENCED_INSTANCE_ID: another member has the instance id now.
pub(super) fn check_instance(owner: &str, id: &str, instance: &str) -> Result<(), Refusal> {
    if owner == id {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::FencedInstanceId,
        format!("Static member {id} with instance id {instance} was fenced by member {owner}."),
    ))
}

/// A member may repeat the epoch before, if what it owns is ours: our last answer was lost.
fn check_epoch(member: &Member, epoch: i32, owned: Option<&Partitions>) -> Result<(), Refusal> {
    let current = &member.current;
    let known = current.epoch;
    let repeats = epoch == current.previous_epoch
        && owned.is_some_and(|owned| is_subset(owned, &current.assigned));
    if epoch == 0 || epoch == known || (epoch < known && repeats) {
        return Ok(());
    }
    let which = if epoch > known { "greater" } else { "smaller" };
    Err(Refusal::fenced(format!(
        "The consumer group member has a {which} member epoch ({epoch}) than the one known by the \
         group coordinator ({known}). The member must abandon all its partitions and rejoin."
    )))
}

fn is_subset(owned: &Partitions, assigned: &OwnedPartitions) -> bool {
    owned.iter().all(|(topic, partition)| assigned.contains(topic, partition))
}

/// A state written by a later version is left by giving up everything.
pub(super) fn check_state(member: &Member, owned: Option<&Partitions>) -> Result<(), Refusal> {
    let unknown = member.current.state == MemberState::Unknown;
    if unknown && owned.is_none_or(|owned| !owned.is_empty()) {
        return Err(Refusal::fenced(
            "The consumer group member is in a unknown state. The member must abandon all its \
             partitions and rejoin.",
        ));
    }
    Ok(())
}

/// # Errors
/// INVALID_REQUEST: what the member tells of itself does not fit into its record.
pub(super) fn check_record(
    group: &Group,
    arrival: &Arrival,
    subscription: &Subscription,
) -> Result<(), Refusal> {
    let fits = arrival.before.subscription == *subscription
        || records::member(&group.id, &arrival.id, subscription).size() <= RECORD_BYTES_MAX;
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "The subscription of member {} is larger than {RECORD_BYTES_MAX} bytes.",
        arrival.id
    )))
}
