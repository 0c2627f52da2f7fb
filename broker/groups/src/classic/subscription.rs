//! Which topics members subscribe to, read out of what consumers say when they join.
//!
//! The bytes are a client's: anything may stand there. What is not understood counts as unknown,
//! for the whole group, as in Kafka.

use std::collections::BTreeSet;

use bytes::Buf;

use super::group::Group;

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
        read_topics(&member.metadata(protocol), &mut topics)?;
    }
    Some(topics)
}

/// `ConsumerProtocolSubscription`, of which every version begins with the topics.
fn read_topics(mut subscription: &[u8], topics: &mut BTreeSet<String>) -> Option<()> {
    let version = subscription.try_get_i16().ok()?;
    if version < 0 {
        return None;
    }
    for _ in 0..subscription.try_get_i32().ok()?.max(0) {
        let length = usize::try_from(subscription.try_get_i16().ok()?).ok()?;
        let (name, rest) = subscription.split_at_checked(length)?;
        let name = str::from_utf8(name).ok()?;
        if !topics.contains(name) {
            topics.insert(name.to_owned());
        }
        subscription = rest;
    }
    Some(())
}

#[cfg(test)]
mod tests;
