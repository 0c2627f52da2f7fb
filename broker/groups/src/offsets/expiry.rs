//! Expiry: which offsets nobody has needed for the retention, and which groups go with them.

use broker_coordinator::Record;
use protocol_types::Timestamp;

use super::{Committed, Offsets};
use crate::group::{Group, OffsetExpiry};
use crate::records::offset_commit;

/// Adds tombstones of the group's expired offsets and, when none is left and the group is empty,
/// of the group.
pub(crate) fn expire(
    id: &str,
    group: &Group,
    offsets: &Offsets,
    now: Timestamp,
    retention_ms: u64,
    records: &mut Vec<Record>,
) {
    let expiry = group.offset_expiry();
    let mut all_expired = true;
    for (topic, partition, committed) in offsets.of_group(id) {
        if !group.is_subscribed(topic) && is_expired(committed, expiry, now, retention_ms) {
            records.push(offset_commit::tombstone(id, topic, partition));
        } else {
            all_expired = false;
        }
    }
    if all_expired && group.is_empty() {
        group.tombstones(records);
    }
}

fn is_expired(
    committed: &Committed,
    expiry: OffsetExpiry,
    now: Timestamp,
    retention_ms: u64,
) -> bool {
    let since = match expiry {
        OffsetExpiry::Never => return false,
        OffsetExpiry::SinceCommit => committed.committed_at,
        OffsetExpiry::SinceEmpty(since) => since,
    };
    match committed.expires_at {
        // The time the client asked for, with a version that could.
        Some(at) => now >= at,
        None => {
            let age = now.0.saturating_sub(since.0);
            u64::try_from(age).is_ok_and(|age| age >= retention_ms)
        }
    }
}
