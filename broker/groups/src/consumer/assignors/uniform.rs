//! Uniform: members of the same subscription differ by one partition at most, and nobody loses a
//! partition without need.
//!
//! Where all members subscribe to the same topics a quota per member decides. Where they do not,
//! partitions go to the least loaded subscriber, and then from the most loaded to the least loaded
//! one, topic by topic, as long as that helps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use protocol_types::{PartitionIndex, TopicId};

use super::GroupSpec;
use crate::consumer::partitions::Partitions;

/// Rounds of balancing; each roughly halves what is left of the imbalance.
const ROUNDS_MAX: usize = 16;

pub(super) fn assign(spec: &GroupSpec<'_>) -> Vec<Partitions> {
    let Some(first) = spec.members.first() else { return Vec::new() };
    if spec.members.iter().all(|member| member.topics == first.topics) {
        by_quota(spec, &first.topics)
    } else {
        let mut balance = Balance::of(spec);
        balance.assign_rest();
        balance.level();
        balance.assigned
    }
}

/// What every member keeps at most, without regard to quotas; and whom each partition has.
fn kept(spec: &GroupSpec<'_>) -> (Vec<Partitions>, BTreeMap<TopicId, BTreeSet<PartitionIndex>>) {
    let mut free: BTreeMap<TopicId, BTreeSet<PartitionIndex>> =
        spec.topics.keys().map(|topic| (*topic, spec.partitions(*topic).collect())).collect();
    let keep = |member: &super::MemberSpec<'_>| {
        let assigned = member.assigned.into_iter().flat_map(Partitions::iter);
        assigned
            .filter(|(topic, partition)| {
                member.topics.contains(topic)
                    // False for a partition that another member has, or that is gone.
                    && free.get_mut(topic).is_some_and(|free| free.remove(partition))
            })
            .collect()
    };
    let kept = spec.members.iter().map(keep).collect();
    (kept, free)
}

fn by_quota(spec: &GroupSpec<'_>, topics: &BTreeSet<TopicId>) -> Vec<Partitions> {
    let (mut assigned, free) = kept(spec);
    let total: usize = topics.iter().map(|topic| spec.partitions(*topic).count()).sum();
    let members = spec.members.len();
    let (quota, mut extra) = (total / members, total % members);
    // One more than the quota goes first to those who have it already.
    let mut quotas = vec![quota; members];
    for pass in [true, false] {
        for (own, quota_own) in assigned.iter().zip(&mut quotas) {
            if extra > 0 && *quota_own == quota && (own.len() > quota) == pass {
                *quota_own += 1;
                extra -= 1;
            }
        }
    }
    let mut rest: Vec<(TopicId, PartitionIndex)> = free
        .into_iter()
        .filter(|(topic, _)| topics.contains(topic))
        .flat_map(|(topic, partitions)| partitions.into_iter().map(move |p| (topic, p)))
        .collect();
    for (own, quota) in assigned.iter_mut().zip(&quotas) {
        let over: Vec<_> = own.iter().skip(*quota).collect();
        for (topic, partition) in over {
            own.remove(topic, partition);
            rest.push((topic, partition));
        }
    }
    let mut rest = rest.into_iter();
    for (own, quota) in assigned.iter_mut().zip(quotas) {
        let missing = quota.saturating_sub(own.len());
        for (topic, partition) in rest.by_ref().take(missing) {
            own.insert(topic, partition);
        }
    }
    debug_assert_eq!(rest.len(), 0, "the quotas add up to the partitions");
    assigned
}

/// An assignment in the making.
struct Balance {
    assigned: Vec<Partitions>,
    /// How many partitions each member has.
    loads: Vec<usize>,
    free: BTreeMap<TopicId, BTreeSet<PartitionIndex>>,
    subscribers: BTreeMap<TopicId, Vec<usize>>,
    /// The scarcest topics first: most partitions for each subscriber, then fewest subscribers.
    topics: Vec<TopicId>,
}

impl Balance {
    fn of(spec: &GroupSpec<'_>) -> Self {
        let (assigned, free) = kept(spec);
        let subscribers = spec.subscribers();
        let mut topics: Vec<TopicId> = subscribers.keys().copied().collect();
        topics.sort_by(|a, b| {
            let count = |topic| subscribers.get(topic).map_or(0, Vec::len) as u64;
            let partitions = |topic: &TopicId| u64::from(spec.partition_count(*topic));
            // a/b as cross products: no rounding.
            let (left, right) = (partitions(a) * count(b), partitions(b) * count(a));
            right.cmp(&left).then_with(|| count(a).cmp(&count(b))).then_with(|| a.cmp(b))
        });
        let loads = assigned.iter().map(Partitions::len).collect();
        Self { assigned, loads, free, subscribers, topics }
    }

    fn load(&self, member: usize) -> usize {
        self.loads.get(member).copied().unwrap_or(0)
    }

    fn give(&mut self, member: usize, topic: TopicId, partition: PartitionIndex) {
        let (own, load) = (self.assigned.get_mut(member), self.loads.get_mut(member));
        if let (Some(own), Some(load)) = (own, load) {
            *load += usize::from(own.insert(topic, partition));
        }
    }

    fn take(&mut self, member: usize, topic: TopicId, partition: PartitionIndex) {
        let (own, load) = (self.assigned.get_mut(member), self.loads.get_mut(member));
        if let (Some(own), Some(load)) = (own, load) {
            *load -= usize::from(own.remove(topic, partition));
        }
    }

    /// Every partition without owner goes to its least loaded subscriber.
    fn assign_rest(&mut self) {
        for topic in self.topics.clone() {
            let free = self.free.remove(&topic).unwrap_or_default();
            let subscribers = self.subscribers.get(&topic).into_iter().flatten();
            let mut least: BinaryHeap<_> =
                subscribers.map(|member| Reverse((self.load(*member), *member))).collect();
            for partition in free {
                let Some(Reverse((load, member))) = least.pop() else { break };
                self.give(member, topic, partition);
                least.push(Reverse((load + 1, member)));
            }
        }
    }

    /// Moves partitions until no topic can be levelled further.
    fn level(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for topic in self.topics.clone() {
                moved |= self.level_topic(topic);
            }
            if !moved {
                return;
            }
        }
    }

    /// Whether anything moved.
    fn level_topic(&mut self, topic: TopicId) -> bool {
        let subscribers = self.subscribers.get(&topic).cloned().unwrap_or_default();
        // The partitions each subscriber could give away.
        let mut givable: BTreeMap<usize, Vec<PartitionIndex>> = BTreeMap::new();
        for member in &subscribers {
            let own = self.assigned.get(*member).into_iter().flat_map(Partitions::topics);
            let own = own.filter(|(id, _)| *id == topic).flat_map(|(_, set)| set.iter().copied());
            givable.insert(*member, own.collect());
        }
        let mut takers: BTreeSet<(usize, usize)> =
            subscribers.iter().map(|member| (self.load(*member), *member)).collect();
        let has = |member: &usize| givable.get(member).is_some_and(|own| !own.is_empty());
        let mut givers: BTreeSet<(usize, usize)> =
            takers.iter().filter(|(_, member)| has(member)).copied().collect();
        let mut moved = false;
        while let (Some(&(most, from)), Some(&(least, to))) = (givers.last(), takers.first()) {
            if most <= least + 1 {
                break;
            }
            let Some(partition) = givable.get_mut(&from).and_then(Vec::pop) else {
                givers.remove(&(most, from));
                continue;
            };
            self.take(from, topic, partition);
            self.give(to, topic, partition);
            for set in [&mut takers, &mut givers] {
                if set.remove(&(most, from)) {
                    set.insert((most - 1, from));
                }
                if set.remove(&(least, to)) {
                    set.insert((least + 1, to));
                }
            }
            moved = true;
        }
        moved
    }
}
