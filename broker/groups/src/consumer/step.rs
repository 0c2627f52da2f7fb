//! One step of a member: what it told is taken in, the target follows, and the member is brought as
//! far towards it as it may go.

use broker_coordinator::Record;

use super::admit::Arrival;
use super::group::{Context, Group};
use super::member::{MemberId, Subscription};
use super::partitions::Partitions;
use super::reconcile::{Facts, reconcile};
use super::topics;

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
