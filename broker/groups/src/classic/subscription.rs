//! Which topics members subscribe to, read out of what consumers say when they join.
//!
//! What is not understood counts as unknown, for the whole group, as in Kafka.

use std::collections::BTreeSet;

use super::group::Group;
use crate::consumer_protocol;

/// The topics of all members; `None` for other protocols, and when one member is not understood.
pub(super) fn topics_of(group: &Group) -> Option<BTreeSet<String>> {
    if !group.uses_consumer_protocol() {
        return None;
    }
    if group.member_count() == 0 {
        return Some(BTreeSet::new());
    }
    let protocol = group.protocol()?;
    let mut topics = BTreeSet::new();
    for member in group.members() {
        consumer_protocol::topics(&member.metadata(protocol), &mut topics)?;
    }
    Some(topics)
}
