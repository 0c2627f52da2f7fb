//! How members go: by their own will, for a while, or because their time is over.

use std::collections::BTreeSet;

use broker_coordinator::Record;

use super::admit::{check_instance, unknown_instance};
use super::group::{Context, Group};
use super::member::{EPOCH_STATIC_LEFT, MemberId};
use super::partitions::OwnedPartitions;
use super::refusal::Refusal;
use super::request::{Beat, Heartbeat};
use super::timers::Timer;

/// What is left to do for the group after a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Aftermath {
    #[default]
    Stays,
    /// All members but these speak the classic protocol, so the group becomes a classic one. These
    /// have not been removed yet.
    Downgrade { leaving: BTreeSet<MemberId> },
}

/// A heartbeat that leaves.
pub(super) fn leave(
    group: &mut Group,
    cx: &Context<'_>,
    request: &Heartbeat,
    out: &mut Vec<Record>,
) -> Result<(Beat, Aftermath), Refusal> {
    let id = match &request.instance {
        None => MemberId::clone(group.member(&request.member)?.0),
        Some(instance) => {
            let owner = group.static_member(instance).ok_or_else(|| unknown_instance(instance))?;
            check_instance(owner, &request.member, instance)?;
            MemberId::clone(owner)
        }
    };
    let beat = Beat {
        member: MemberId::clone(&id),
        epoch: request.epoch,
        interval_ms: 0,
        assignment: None,
    };
    if request.instance.is_some() && request.epoch == EPOCH_STATIC_LEFT {
        leave_for_a_while(group, &id, out);
        return Ok((beat, Aftermath::Stays));
    }
    let aftermath = fence(group, cx, BTreeSet::from([id]), out);
    Ok((beat, aftermath))
}

/// The member keeps its partitions until its session ends, except those it was giving up.
fn leave_for_a_while(group: &mut Group, id: &MemberId, out: &mut Vec<Record>) {
    let Some(member) = group.members.get(id) else { return };
    let mut away = member.current.clone();
    away.epoch = EPOCH_STATIC_LEFT;
    away.revoking = OwnedPartitions::default();
    // Whoever comes back for it may commit at any epoch from then on.
    away.assigned = away.assigned.iter().map(|(topic, part, _)| (topic, part, 0)).collect();
    group.timers.cancel(id, Timer::Rebalance(0));
    group.put_current(id, away, out);
}

/// Removes members, unless the group is to become a classic one.
pub(super) fn fence(
    group: &mut Group,
    cx: &Context<'_>,
    leaving: BTreeSet<MemberId>,
    out: &mut Vec<Record>,
) -> Aftermath {
    if leaving.is_empty() {
        return Aftermath::Stays;
    }
    if group.may_become_classic(cx, &leaving, None) {
        return Aftermath::Downgrade { leaving };
    }
    for id in &leaving {
        group.remove(id, out);
    }
    group.drop_unused_regexes(out);
    group.raise_epoch(cx.topics, true, out);
    Aftermath::Stays
}

/// Removes the members whose time is over.
pub fn on_deadline(group: &mut Group, cx: &Context<'_>, out: &mut Vec<Record>) -> Aftermath {
    let mut leaving = BTreeSet::new();
    while let Some((id, timer)) = group.timers.pop_due(cx.now.instant) {
        let in_time = match timer {
            Timer::Session | Timer::Join | Timer::Sync => false,
            // It may have entered another epoch since.
            Timer::Rebalance(epoch) => {
                group.members.get(&id).is_none_or(|member| member.current.epoch != epoch)
            }
        };
        if !in_time {
            tracing::info!(
                group = &*group.id,
                member = &*id,
                ?timer,
                "member fenced, its time is over"
            );
            leaving.insert(id);
        }
    }
    leaving.retain(|id| group.members.contains_key(id));
    fence(group, cx, leaving, out)
}
