//! A consumer group: epochs, members, the target assignment and who owns what now.
//!
//! Invariants: a partition has at most one owner; the target's epoch is at most the group's; an
//! instance id names one member. Every change of what a restart must know comes with its record, so
//! replaying the records yields an equal group. Timers and what is only remembered to save work
//! are not part of that.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use broker_coordinator::{Now, Record};
use protocol_types::{ErrorCode, Instant, PartitionIndex, TopicId};

use super::assignors::Assignor;
use super::config::ConsumerConfig;
use super::member::{Current, Member, MemberId, Subscription};
use super::partitions::{OwnedPartitions, Partitions};
use super::refusal::Refusal;
use super::regex::ResolvedRegex;
use super::timers::{Timer, Timers};
use super::topics::{self, Topics};
use crate::group::GroupId;
use crate::records::consumer as records;

/// What one decision works with besides the group.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub now: Now,
    pub topics: &'a dyn Topics,
    /// The settings in effect for the group.
    pub config: &'a ConsumerConfig,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Group {
    pub(super) id: GroupId,
    pub(super) epoch: i32,
    /// Of the topics that were subscribed to when the epoch last rose.
    pub(super) metadata_hash: i64,
    pub(super) target_epoch: i32,
    /// When the target was computed, milliseconds since the epoch; 0 = long ago.
    pub(super) target_at_ms: i64,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) target: BTreeMap<MemberId, Partitions>,
    pub(super) regexes: BTreeMap<String, ResolvedRegex>,
    /// Instance id to member.
    pub(super) statics: BTreeMap<String, MemberId>,
    /// Who owns a partition, those to be given up included.
    pub(super) owners: BTreeMap<(TopicId, PartitionIndex), MemberId>,
    pub(super) timers: Timers,
    /// Topics may have changed since the hash was computed.
    pub(super) metadata_stale: bool,
    /// Topics came or went since the expressions were resolved.
    pub(super) regexes_stale: bool,
    /// When they were resolved last, milliseconds since the epoch.
    pub(super) regexes_at_ms: i64,
}

/// A new group's epoch, and that of its target, which gives nobody anything. A member that joins
/// and subscribes to nothing yet enters it: epoch 0 would tell it to join again.
const EPOCH_FIRST: i32 = 1;

impl Group {
    #[must_use]
    pub fn new(id: GroupId) -> Self {
        Self {
            id,
            epoch: EPOCH_FIRST,
            metadata_hash: 0,
            target_epoch: EPOCH_FIRST,
            target_at_ms: 0,
            members: BTreeMap::new(),
            target: BTreeMap::new(),
            regexes: BTreeMap::new(),
            statics: BTreeMap::new(),
            owners: BTreeMap::new(),
            timers: Timers::default(),
            metadata_stale: true,
            regexes_stale: false,
            regexes_at_ms: 0,
        }
    }

    #[must_use]
    pub const fn id(&self) -> &GroupId {
        &self.id
    }

    #[must_use]
    pub const fn epoch(&self) -> i32 {
        self.epoch
    }

    #[must_use]
    pub const fn target_epoch(&self) -> i32 {
        self.target_epoch
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Every member, in the order of their ids.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&MemberId, &Member)> {
        self.members.iter()
    }

    #[must_use]
    pub fn target_of(&self, member: &str) -> Option<&Partitions> {
        self.target.get(member)
    }

    /// When a member falls due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// # Errors
    /// UNKNOWN_MEMBER_ID.
    pub(super) fn member(&self, id: &str) -> Result<(&MemberId, &Member), Refusal> {
        self.members.get_key_value(id).ok_or_else(|| {
            Refusal::new(
                ErrorCode::UnknownMemberId,
                format!("Member {id} is not a member of group {}.", self.id),
            )
        })
    }

    pub(super) fn static_member(&self, instance: &str) -> Option<&MemberId> {
        self.statics.get(instance)
    }

    /// Whether a member that has not this id owns the partition.
    pub(super) fn is_free_for(
        &self,
        member: &str,
        topic: TopicId,
        partition: PartitionIndex,
    ) -> bool {
        self.owners.get(&(topic, partition)).is_none_or(|owner| &**owner == member)
    }

    /// Whether every member but these speaks the classic protocol.
    pub(super) fn all_classic_but(&self, leaving: &BTreeSet<MemberId>) -> bool {
        let mut rest = self.members.iter().filter(|(id, _)| !leaving.contains(*id));
        rest.all(|(_, member)| member.is_classic())
    }

    /// The names a subscription stands for, those of its expression included.
    pub(super) fn names_of(&self, subscription: &Subscription) -> BTreeSet<String> {
        let resolved = subscription.regex.as_ref().and_then(|regex| self.regexes.get(regex));
        let resolved = resolved.into_iter().flat_map(|resolved| &resolved.topics);
        subscription.topics.iter().chain(resolved).cloned().collect()
    }

    /// Whether a member subscribes to the topic.
    #[must_use]
    pub fn is_subscribed(&self, topic: &str) -> bool {
        let named = |member: &Member| member.subscription.topics.contains(topic);
        self.members.values().any(named)
            || self.regexes.values().any(|resolved| resolved.topics.contains(topic))
    }

    /// The assignor most members ask for; of several the first by name.
    #[must_use]
    pub fn preferred_assignor(&self) -> Option<&str> {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for name in self.members.values().filter_map(|m| m.subscription.assignor.as_deref()) {
            *votes.entry(name).or_default() += 1;
        }
        let most = votes.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)));
        most.map(|(name, _)| name)
    }

    pub(super) fn assignor(&self, config: &ConsumerConfig) -> Assignor {
        let preferred = self.preferred_assignor().and_then(Assignor::named);
        preferred.unwrap_or_else(|| config.assignor_default())
    }

    /// The hash of every topic subscribed to.
    fn hash(&self, topics: &dyn Topics) -> i64 {
        let names = self.members.values().flat_map(|member| &member.subscription.topics);
        let resolved = self.regexes.values().flat_map(|resolved| &resolved.topics);
        topics::hash(topics, &names.chain(resolved).cloned().collect())
    }

    /// Raises the epoch if `must`, or if the subscribed topics changed.
    pub(super) fn raise_epoch(&mut self, topics: &dyn Topics, must: bool, out: &mut Vec<Record>) {
        if !must && !self.metadata_stale {
            return;
        }
        let hash = self.hash(topics);
        self.metadata_stale = false;
        if must || hash != self.metadata_hash {
            self.epoch = self.epoch.saturating_add(1);
            self.metadata_hash = hash;
            out.push(records::group(&self.id, self.epoch, hash));
        }
    }

    /// Sets what a member tells of itself.
    pub(super) fn put_subscription(
        &mut self,
        id: &MemberId,
        subscription: Subscription,
        out: &mut Vec<Record>,
    ) {
        let known = self.members.get(id).map(|member| &member.subscription);
        if known == Some(&subscription) {
            return;
        }
        out.push(records::member(&self.id, id, &subscription));
        self.install_subscription(id, subscription);
    }

    pub(super) fn install_subscription(&mut self, id: &MemberId, subscription: Subscription) {
        let before = self.members.get(id).and_then(|member| member.subscription.instance.as_ref());
        if let Some(before) =
            before.filter(|before| subscription.instance.as_ref() != Some(*before))
        {
            self.statics.remove(before);
        }
        if let Some(instance) = &subscription.instance {
            self.statics.insert(instance.clone(), MemberId::clone(id));
        }
        self.members.entry(MemberId::clone(id)).or_default().subscription = subscription;
    }

    /// Sets what a member owns.
    pub(super) fn put_current(&mut self, id: &MemberId, current: Current, out: &mut Vec<Record>) {
        if self.members.get(id).is_some_and(|member| member.current == current) {
            return;
        }
        out.push(records::current(&self.id, id, &current));
        self.disown(id);
        self.own(id, &current);
        self.members.entry(MemberId::clone(id)).or_default().current = current;
    }

    /// Of these partitions those that had no owner; `id` is it now.
    pub(super) fn first_owned(
        &mut self,
        id: &MemberId,
        owned: &OwnedPartitions,
    ) -> OwnedPartitions {
        let mut first = |(topic, partition, _): &(TopicId, PartitionIndex, i32)| {
            let Entry::Vacant(free) = self.owners.entry((*topic, *partition)) else { return false };
            free.insert(MemberId::clone(id));
            true
        };
        owned.iter().filter(|owned| first(owned)).collect()
    }

    fn own(&mut self, id: &MemberId, current: &Current) {
        for (topic, partition, _) in current.assigned.iter().chain(current.revoking.iter()) {
            let before = self.owners.insert((topic, partition), MemberId::clone(id));
            debug_assert!(before.is_none(), "{topic}-{partition:?} has the owner {before:?}");
        }
    }

    fn disown(&mut self, id: &MemberId) {
        let Some(member) = self.members.get(id) else { return };
        let current = &member.current;
        for (topic, partition, _) in current.assigned.iter().chain(current.revoking.iter()) {
            if self.owners.get(&(topic, partition)) == Some(id) {
                self.owners.remove(&(topic, partition));
            }
        }
    }

    /// Sets what a member shall own.
    pub(super) fn put_target(&mut self, id: &MemberId, target: Partitions, out: &mut Vec<Record>) {
        if self.target.get(id) != Some(&target) {
            out.push(records::target(&self.id, id, &target));
            self.target.insert(MemberId::clone(id), target);
        }
    }

    /// Removes a member with all that is known of it.
    pub(super) fn remove(&mut self, id: &MemberId, out: &mut Vec<Record>) {
        self.disown(id);
        self.timers.cancel_all(id);
        let Some(member) = self.members.remove(id) else { return };
        if let Some(instance) = member.subscription.instance
            && self.statics.get(&instance) == Some(id)
        {
            self.statics.remove(&instance);
        }
        self.target.remove(id);
        out.push(records::current_gone(&self.id, id));
        out.push(records::target_gone(&self.id, id));
        out.push(records::member_gone(&self.id, id));
    }

    /// A member of the new protocol that must give up partitions has so long for it.
    pub(super) fn watch_revocation(&mut self, now: Now, id: &MemberId, member: &Member) {
        let timer = Timer::Rebalance(member.current.epoch);
        if member.is_classic() {
            return;
        }
        if member.current.state == super::member::MemberState::Unrevoked {
            let millis = u64::try_from(member.subscription.rebalance_timeout_ms).unwrap_or(0);
            self.timers.set(id, timer, now.after_millis(millis));
        } else {
            self.timers.cancel(id, timer);
        }
    }

    /// Topics were created, grew or went.
    pub fn topics_changed(&mut self) {
        self.metadata_stale = true;
        self.regexes_stale = true;
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("now", &self.now).finish_non_exhaustive()
    }
}
