//! Range: each topic is cut into runs, one per subscriber, in the order of the subscribers.
//!
//! Static members come first, by instance id, so that a restart with another member id changes
//! nothing. It is as sticky as the order of its members, and no more.

use std::collections::BTreeMap;

use protocol_types::{PartitionIndex, TopicId};

use super::GroupSpec;
use crate::consumer::partitions::Partitions;

/// What is left of a topic to hand out.
struct Cut {
    next: u32,
    each: u32,
    /// So many subscribers get one more than `each`.
    extra: u32,
}

pub(super) fn assign(spec: &GroupSpec<'_>) -> Vec<Partitions> {
    let mut order: Vec<(usize, &super::MemberSpec<'_>)> = spec.members.iter().enumerate().collect();
    order.sort_by_key(|(_, member)| (member.instance.is_none(), member.instance, member.id));
    let mut cuts: BTreeMap<TopicId, Cut> = spec
        .subscribers()
        .into_iter()
        .map(|(topic, subscribers)| {
            let (partitions, members) =
                (spec.partition_count(topic), u32::try_from(subscribers.len()).unwrap_or(u32::MAX));
            (topic, Cut { next: 0, each: partitions / members, extra: partitions % members })
        })
        .collect();
    let mut assigned = vec![Partitions::default(); spec.members.len()];
    for (at, member) in order {
        let Some(own) = assigned.get_mut(at) else { continue };
        for topic in &member.topics {
            let Some(cut) = cuts.get_mut(topic) else { continue };
            let one_more = u32::from(cut.extra > 0);
            cut.extra -= one_more;
            let until = cut.next + cut.each + one_more;
            for partition in cut.next..until {
                own.insert(*topic, PartitionIndex(partition));
            }
            cut.next = until;
        }
    }
    assigned
}
