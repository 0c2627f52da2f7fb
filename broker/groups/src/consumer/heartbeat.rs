//! ConsumerGroupHeartbeat: a member joins, tells what it wants and owns, and hears what it shall own.
//!
//! Everything that can refuse a heartbeat is looked at before anything changes, so that a refused
//! one leaves no trace. After that a step is taken: subscription, expressions, epoch, target, and
//! the member's own way to it.

use broker_coordinator::Record;
use protocol_types::ErrorCode;

use super::config::ConsumerConfig;
use super::group::{Context, Group};
use super::leave::{self, Aftermath};
use super::member::{EPOCH_STATIC_LEFT, Member, MemberId, MemberState, Subscription};
use super::partitions::{OwnedPartitions, Partitions};
use super::reconcile::{Facts, reconcile};
use super::refusal::Refusal;
use super::regex::ResolvedRegex;
use super::timers::Timer;
use super::topics;
use crate::group::GroupId;
use crate::records::{RECORD_BYTES_MAX, consumer as records};

/// A heartbeat. What is `None` has not changed since the last one.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub group: GroupId,
    /// Empty only where the broker names new members (version 0).
    pub member: String,
    /// Kafka's number: 0 joins, −1 leaves, −2 leaves for a while.
    pub epoch: i32,
    pub instance: Option<String>,
    pub rack: Option<String>,
    pub rebalance_timeout_ms: Option<i32>,
    pub topics: Option<Vec<String>>,
    /// An empty one takes the subscription back.
    pub regex: Option<String>,
    pub assignor: Option<String>,
    pub owned: Option<Partitions>,
    pub client_id: String,
    pub client_host: String,
    /// Clients name themselves (version 1).
    pub names_itself: bool,
    /// A text nobody else has, drawn by the shell: a new member's id.
    pub unique: String,
}

/// The answer to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    pub member: MemberId,
    pub epoch: i32,
    pub interval_ms: u32,
    /// `None`: as it was.
    pub assignment: Option<Partitions>,
}

/// A member as it comes: before anything of its request is taken in.
pub(super) struct Arrival {
    pub(super) id: MemberId,
    pub(super) before: Member,
    /// The member whose instance id it takes over.
    pub(super) replaces: Option<MemberId>,
    /// What its expression stands for, if nobody subscribed by it before.
    pub(super) resolved: Option<ResolvedRegex>,
}

impl Heartbeat {
    /// Whether the request is in a form that any group may be asked in.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn validate(&self, config: &ConsumerConfig) -> Result<(), Refusal> {
        if (self.names_itself || self.epoch > 0 || self.epoch == -1) && is_blank(&self.member) {
            return Err(Refusal::invalid("MemberId can't be empty."));
        }
        let optional = |text: &Option<String>| text.as_deref().is_some_and(is_blank);
        for (wrong, message) in [
            (is_blank(&self.group), "GroupId can't be empty."),
            (optional(&self.instance), "InstanceId can't be empty."),
            (optional(&self.rack), "RackId can't be empty."),
            (
                self.epoch == 0 && self.rebalance_timeout_ms.is_none(),
                "RebalanceTimeoutMs must be provided in first request.",
            ),
            (
                self.epoch == 0 && self.owned.as_ref().is_none_or(|owned| !owned.is_empty()),
                "TopicPartitions must be empty when (re-)joining.",
            ),
            (
                self.epoch == 0 && self.topics.is_none() && self.regex.is_none(),
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when \
                 (re-)joining.",
            ),
            (
                self.epoch == EPOCH_STATIC_LEFT && self.instance.is_none(),
                "InstanceId can't be null.",
            ),
            (self.epoch < EPOCH_STATIC_LEFT, "MemberEpoch is invalid."),
        ] {
            if wrong {
                return Err(Refusal::invalid(message));
            }
        }
        let supported = |name: &str| config.assignors.iter().any(|known| known.name() == name);
        match &self.assignor {
            Some(name) if !supported(name) => {
                let known: Vec<&str> = config.assignors.iter().map(|known| known.name()).collect();
                Err(Refusal::new(
                    ErrorCode::UnsupportedAssignor,
                    format!(
                        "ServerAssignor {name} is not supported. Supported assignors: {}.",
                        known.join(", ")
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether the heartbeat may create a group.
    #[must_use]
    pub const fn joins(&self) -> bool {
        self.epoch == 0
    }

    const fn leaves(&self) -> bool {
        matches!(self.epoch, -1 | EPOCH_STATIC_LEFT)
    }

    /// Whether the member told all of itself, and so wants to hear all.
    const fn is_full(&self) -> bool {
        self.rebalance_timeout_ms.is_some()
            && (self.topics.is_some() || self.regex.is_some())
            && self.owned.is_some()
    }

    /// What the member subscribes to after this heartbeat.
    fn subscription(&self, before: &Subscription) -> Subscription {
        let or = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        Subscription {
            instance: or(&self.instance, &before.instance),
            rack: or(&self.rack, &before.rack),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            topics: match &self.topics {
                Some(topics) => topics.iter().cloned().collect(),
                None => before.topics.clone(),
            },
            regex: or(&self.regex, &before.regex).filter(|regex| !regex.is_empty()),
            rebalance_timeout_ms: self.rebalance_timeout_ms.unwrap_or(before.rebalance_timeout_ms),
            assignor: or(&self.assignor, &before.assignor),
            classic: None,
        }
    }
}

/// As Java's `trim().isEmpty()`.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c <= ' ')
}

/// Handles a heartbeat that [`Heartbeat::validate`] passed.
///
/// # Errors
/// With what the client is told; the group is as it was.
pub fn heartbeat(
    group: &mut Group,
    cx: &Context<'_>,
    request: &Heartbeat,
    out: &mut Vec<Record>,
) -> Result<(Beat, Aftermath), Refusal> {
    if request.leaves() {
        return leave::leave(group, cx, request, out);
    }
    let mut arrival = admit(group, cx, request)?;
    let subscription = request.subscription(&arrival.before.subscription);
    check_record(group, &arrival, &subscription)?;
    arrival.resolved = group.resolve_new(cx, &subscription)?;
    let (id, before) = (MemberId::clone(&arrival.id), arrival.before.current.clone());
    step(group, cx, arrival, subscription, request.owned.as_ref(), out);
    let (_, member) = group.member(&id)?;
    let (epoch, assigned) = (member.current.epoch, member.current.assigned.clone());
    group.timers.set(
        &id,
        Timer::Session,
        cx.now.after_millis(u64::from(cx.config.session_timeout_ms)),
    );
    let changed = request.joins() || request.is_full() || before.assigned != assigned;
    let beat = Beat {
        member: id,
        epoch,
        interval_ms: cx.config.heartbeat_interval_ms,
        assignment: changed.then(|| assigned.partitions()),
    };
    Ok((beat, Aftermath::Stays))
}

/// Who sent the heartbeat, and whether it may.
fn admit(group: &Group, cx: &Context<'_>, request: &Heartbeat) -> Result<Arrival, Refusal> {
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

/// Takes in what the member told, and brings it as far as it may go.
pub(super) fn step(
    group: &mut Group,
    cx: &Context<'_>,
    arrival: Arrival,
    subscription: Subscription,
    owned: Option<&Partitions>,
    out: &mut Vec<Record>,
) {
    let changed = enter(group, cx, arrival, subscription, out);
    group.refresh_target(cx, out);
    bring_on(group, cx, &changed.id, changed.subscription, owned, out);
}

/// What [`enter`] did.
pub(super) struct Entered {
    pub(super) id: MemberId,
    /// The member's own subscription changed.
    pub(super) subscription: bool,
}

/// Takes in the subscription, and raises the group's epoch if it matters.
pub(super) fn enter(
    group: &mut Group,
    cx: &Context<'_>,
    arrival: Arrival,
    subscription: Subscription,
    out: &mut Vec<Record>,
) -> Entered {
    let Arrival { id, before, replaces, resolved } = arrival;
    let names = before.subscription.topics != subscription.topics;
    let by_regex = before.subscription.regex != subscription.regex;
    let regex = subscription.regex.clone();
    if let Some(old) = replaces {
        let target = group.target.get(&old).cloned().unwrap_or_default();
        group.remove(&old, out);
        group.put_subscription(&id, subscription, out);
        group.put_target(&id, target, out);
        group.put_current(&id, before.current, out);
    } else {
        group.put_subscription(&id, subscription, out);
    }
    if let (Some(resolved), Some(text)) = (resolved, regex) {
        group.put_regex(text, resolved, out);
    }
    let differs = group.refresh_regexes(cx, by_regex, out);
    group.raise_epoch(cx.topics, names || by_regex || differs, out);
    Entered { id, subscription: names || by_regex }
}

/// One step of the member towards the target.
pub(super) fn bring_on(
    group: &mut Group,
    cx: &Context<'_>,
    id: &MemberId,
    subscription_changed: bool,
    owned: Option<&Partitions>,
    out: &mut Vec<Record>,
) {
    let Some(member) = group.members.get(id) else { return };
    if !subscription_changed && member.is_reconciled_to(group.target_epoch) {
        return;
    }
    let none = Partitions::default();
    let after = reconcile(
        &member.current,
        &Facts {
            target_epoch: group.target_epoch,
            target: group.target.get(id).unwrap_or(&none),
            subscribed: &topics::ids(cx.topics, &group.names_of(&member.subscription)),
            subscription_changed,
            owned,
            is_free: &|topic, partition| group.is_free_for(id, topic, partition),
        },
    );
    if after == member.current {
        return;
    }
    group.put_current(id, after, out);
    if let Some(member) = group.members.get(id).cloned() {
        group.watch_revocation(cx.now, id, &member);
    }
}
