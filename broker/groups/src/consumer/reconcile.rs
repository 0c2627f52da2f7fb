//! From what a member owns to what it shall own, one safe step at a time.
//!
//! A member first gives up what it must, and says so, before it enters the epoch of the target; it
//! gets only partitions that nobody owns. So no partition has two owners, whatever answers are
//! lost. Pure: state and facts in, next state out.

use std::collections::BTreeSet;

use protocol_types::{PartitionIndex, TopicId};

use super::member::{Current, MemberState};
use super::partitions::{OwnedPartitions, Partitions};

#[cfg(test)]
mod tests;

/// What the step is decided from.
pub(super) struct Facts<'a> {
    pub(super) target_epoch: i32,
    pub(super) target: &'a Partitions,
    /// The topics the member is subscribed to now, those that exist.
    pub(super) subscribed: &'a BTreeSet<TopicId>,
    /// The subscription differs from the one the target was computed from.
    pub(super) subscription_changed: bool,
    /// What the member says it owns; `None` if it did not say.
    pub(super) owned: Option<&'a Partitions>,
    /// Whether no other member owns the partition.
    pub(super) is_free: &'a dyn Fn(TopicId, PartitionIndex) -> bool,
}

/// The member's next state, which may be the one it is in. One in a state unknown to this version
/// starts from nothing, so its caller must know that it owns nothing.
pub(super) fn reconcile(current: &Current, facts: &Facts<'_>) -> Current {
    match current.state {
        MemberState::Stable if current.epoch != facts.target_epoch => next(current, facts),
        MemberState::Unrevoked if !facts.owns_any(&current.revoking) => next(current, facts),
        MemberState::Stable | MemberState::Unrevoked if facts.subscription_changed => {
            without_unsubscribed(current, facts)
        }
        MemberState::Stable | MemberState::Unrevoked => current.clone(),
        MemberState::Unreleased | MemberState::Unknown => next(current, facts),
    }
}

/// A step towards the target.
fn next(current: &Current, facts: &Facts<'_>) -> Current {
    let wanted = |topic, partition| {
        facts.subscribed.contains(&topic) && facts.target.contains(topic, partition)
    };
    let mut assigned = OwnedPartitions::default();
    let mut revoking = OwnedPartitions::default();
    for (topic, partition, epoch) in current.assigned.iter() {
        let to = if wanted(topic, partition) { &mut assigned } else { &mut revoking };
        to.insert(topic, partition, epoch);
    }
    let mut after = current.clone();
    if !revoking.is_empty() && facts.owns_any(&revoking) {
        after.enter(current.epoch);
        after.state = MemberState::Unrevoked;
        after.assigned = assigned;
        after.revoking = revoking;
        return after;
    }
    let mut unreleased = false;
    for (topic, partition) in facts.target.iter() {
        if assigned.contains(topic, partition) || !facts.subscribed.contains(&topic) {
            continue;
        }
        // What the member itself was giving up is free for it again.
        if (facts.is_free)(topic, partition) {
            assigned.insert(topic, partition, facts.target_epoch);
        } else {
            unreleased = true;
        }
    }
    after.enter(facts.target_epoch);
    after.state = if unreleased { MemberState::Unreleased } else { MemberState::Stable };
    after.assigned = assigned;
    after.revoking = OwnedPartitions::default();
    after
}

/// The member's state without topics it no longer subscribes to, before a new target is computed.
fn without_unsubscribed(current: &Current, facts: &Facts<'_>) -> Current {
    let (mut assigned, mut revoking) = (OwnedPartitions::default(), current.revoking.clone());
    for (topic, partition, epoch) in current.assigned.iter() {
        let kept = facts.subscribed.contains(&topic);
        let to = if kept { &mut assigned } else { &mut revoking };
        to.insert(topic, partition, epoch);
    }
    let mut after = current.clone();
    if assigned == current.assigned {
        return after;
    }
    after.enter(current.epoch);
    after.assigned = assigned;
    if facts.owns_any(&revoking) {
        after.state = MemberState::Unrevoked;
        after.revoking = revoking;
    }
    after
}

impl Facts<'_> {
    /// Whether the member still owns any of these; one that does not say does.
    fn owns_any(&self, partitions: &OwnedPartitions) -> bool {
        self.owned.is_none_or(|owned| {
            owned.iter().any(|(topic, partition)| partitions.contains(topic, partition))
        })
    }
}
