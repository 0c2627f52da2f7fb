//! The consumers' embedded protocol: what they say and hear in the bytes of JoinGroup and SyncGroup.
//!
//! Classic groups are read for the topics of their members alone. Where classic members take part in
//! a group of the new protocol, the broker does what their leader did: it reads subscriptions and
//! writes assignments, by topic name. The bytes are a client's: anything may stand there.

use std::collections::BTreeSet;

use bytes::{Buf, BufMut, Bytes};
use protocol_types::PartitionIndex;

use crate::consumer::{Partitions, Topics};

#[cfg(test)]
mod tests;

/// The protocol type of groups whose members speak it.
pub(crate) const PROTOCOL_TYPE: &str = "consumer";

/// Partitions by the name of their topic.
type Named = Vec<(String, Vec<PartitionIndex>)>;

/// `ConsumerProtocolSubscription`, versions 0 to 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Embedded {
    pub(crate) version: i16,
    pub(crate) topics: BTreeSet<String>,
    /// By topic name.
    pub(crate) owned: Named,
    pub(crate) rack: Option<String>,
}

/// Reads a subscription; a later version is read as far as it is known.
pub(crate) fn subscription(mut bytes: &[u8]) -> Option<Embedded> {
    let from = &mut bytes;
    let version = from.try_get_i16().ok().filter(|version| *version >= 0)?;
    let mut topics = BTreeSet::new();
    for _ in 0..from.try_get_i32().ok()?.max(0) {
        topics.insert(string(from)?);
    }
    nullable_bytes(from)?;
    let owned = if version >= 1 { assigned(from)? } else { Vec::new() };
    if version >= 2 {
        from.try_get_i32().ok()?;
    }
    let rack = if version >= 3 { nullable_string(from)? } else { None };
    Some(Embedded { version, topics, owned, rack })
}

/// Adds the topics of a subscription, with which every version begins: what follows them may be
/// anything, so more is understood than by [`subscription`].
pub(crate) fn topics(mut subscription: &[u8], topics: &mut BTreeSet<String>) -> Option<()> {
    let version = subscription.try_get_i16().ok()?;
    if version < 0 {
        return None;
    }
    for _ in 0..subscription.try_get_i32().ok()?.max(0) {
        let length = usize::try_from(subscription.try_get_i16().ok()?).ok()?;
        let name = str::from_utf8(take(&mut subscription, length)?).ok()?;
        if !topics.contains(name) {
            topics.insert(name.to_owned());
        }
    }
    Some(())
}

/// Reads an assignment: partitions by topic name, and whether an assignor of the client's own left
/// data of its own in it.
pub(crate) fn assignment(mut bytes: &[u8]) -> Option<(Named, bool)> {
    if bytes.is_empty() {
        return Some((Vec::new(), false));
    }
    let from = &mut bytes;
    from.try_get_i16().ok().filter(|version| *version >= 0)?;
    let assigned = assigned(from)?;
    let user_data = nullable_bytes(from)?;
    Some((assigned, user_data.is_some_and(|data| !data.is_empty())))
}

/// Writes an assignment, in a version that a member of that subscription version understands.
/// Topics that are gone are left out.
pub(crate) fn write_assignment(
    topics: &dyn Topics,
    version: i16,
    partitions: &Partitions,
) -> Bytes {
    /// Newest version of an assignment.
    const VERSION_MAX: i16 = 3;
    let named: Vec<_> = partitions
        .topics()
        .filter_map(|(id, set)| topics.by_id(id).map(|topic| (topic.name, set)))
        .collect();
    let mut out = Vec::new();
    out.put_i16(version.clamp(0, VERSION_MAX));
    put_len(&mut out, named.len());
    for (name, set) in named {
        out.put_i16(i16::try_from(name.len()).unwrap_or(i16::MAX));
        out.put_slice(name.as_bytes());
        put_len(&mut out, set.len());
        set.iter().for_each(|partition| out.put_u32(partition.0));
    }
    // No user data: null.
    out.put_i32(-1);
    out.into()
}

fn put_len(out: &mut Vec<u8>, len: usize) {
    out.put_i32(i32::try_from(len).unwrap_or(i32::MAX));
}

/// Partitions by name as partitions by id; topics that are gone are left out.
pub(crate) fn by_id(topics: &dyn Topics, named: &[(String, Vec<PartitionIndex>)]) -> Partitions {
    named
        .iter()
        .filter_map(|(name, partitions)| Some((topics.by_name(name)?.id, partitions)))
        .flat_map(|(id, partitions)| partitions.iter().map(move |partition| (id, *partition)))
        .collect()
}

fn assigned(from: &mut &[u8]) -> Option<Named> {
    let mut topics = Vec::new();
    for _ in 0..from.try_get_i32().ok()?.max(0) {
        let name = string(from)?;
        let mut partitions = Vec::new();
        for _ in 0..from.try_get_i32().ok()?.max(0) {
            partitions.push(PartitionIndex(u32::try_from(from.try_get_i32().ok()?).ok()?));
        }
        topics.push((name, partitions));
    }
    Some(topics)
}

fn string(from: &mut &[u8]) -> Option<String> {
    nullable_string(from)?
}

#[expect(clippy::option_option, reason = "malformed, null, or a string")]
fn nullable_string(from: &mut &[u8]) -> Option<Option<String>> {
    let Ok(len) = usize::try_from(from.try_get_i16().ok()?) else { return Some(None) };
    String::from_utf8(take(from, len)?.to_vec()).ok().map(Some)
}

#[expect(clippy::option_option, reason = "malformed, null, or bytes")]
fn nullable_bytes<'a>(from: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let Ok(len) = usize::try_from(from.try_get_i32().ok()?) else { return Some(None) };
    take(from, len).map(Some)
}

fn take<'a>(from: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, rest) = from.split_at_checked(len)?;
    *from = rest;
    Some(head)
}
