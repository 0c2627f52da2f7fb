//! Where an answer tells its client to wait.
//!
//! How long is known only when the answer is ready, so it is written into the encoded frame. Nearly
//! every answer begins with the field, from some version on; a few have it elsewhere or not at all.
//! Produce and Fetch encode theirs themselves.

use protocol_types::ApiKey;

use crate::cursor::Cursor;
use crate::error::Malformed;
use crate::versions;

#[cfg(test)]
mod tests;

/// Bytes of the length and the correlation id.
const HEAD_LEN: usize = 8;

const FIELD_LEN: usize = 4;

/// Where the field stands in an answer's body.
enum Place {
    None,
    /// So many bytes after the start, from this version on.
    After(usize, i16),
    AfterApiKeys,
    /// Last, but for tags.
    Last,
}

/// Writes `throttle_time_ms` into a whole answer; one whose version has no such field stays.
pub fn set_throttle_time(api: ApiKey, version: i16, frame: &mut [u8], throttle_time_ms: i32) {
    let at = find(api, version, frame).ok().flatten();
    if let Some(field) = at.and_then(|at| frame.get_mut(at..at + FIELD_LEN)) {
        field.copy_from_slice(&throttle_time_ms.to_be_bytes());
    }
}

fn find(api: ApiKey, version: i16, frame: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some(served) = versions::served(api) else { return Ok(None) };
    // The tags of an answer's header are always none: one byte.
    let body = HEAD_LEN + usize::from(served.response_header_version(version) > 0);
    let tags = usize::from(served.is_flexible(version));
    Ok(match place(api) {
        Place::After(bytes, first) if version >= first => Some(body + bytes),
        Place::Last => frame.len().checked_sub(FIELD_LEN + tags),
        Place::AfterApiKeys if version >= 1 => after_api_keys(frame, body, tags != 0)?,
        Place::None | Place::After(..) | Place::AfterApiKeys => None,
    })
}

/// Each entry is three numbers, and in flexible versions a byte that says it has no tags.
fn after_api_keys(frame: &[u8], body: usize, flexible: bool) -> Result<Option<usize>, Malformed> {
    let mut cursor = Cursor::new(frame.get(body..).unwrap_or_default());
    cursor.i16("error_code")?;
    let (count, entry) = if flexible {
        (cursor.unsigned_varint("api_keys")?.saturating_sub(1), 7)
    } else {
        (cursor.i32("api_keys")?.unsigned_abs(), 6)
    };
    let before = frame.len() - cursor.remaining();
    Ok(usize::try_from(u64::from(count) * entry).ok().map(|keys| before.saturating_add(keys)))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the usual place; the test names every served api"
)]
const fn place(api: ApiKey) -> Place {
    match api {
        ApiKey::ListOffsets
        | ApiKey::CreateTopics
        | ApiKey::JoinGroup
        | ApiKey::OffsetForLeaderEpoch => Place::After(0, 2),
        ApiKey::Metadata | ApiKey::OffsetCommit | ApiKey::OffsetFetch => Place::After(0, 3),
        ApiKey::FindCoordinator
        | ApiKey::Heartbeat
        | ApiKey::LeaveGroup
        | ApiKey::SyncGroup
        | ApiKey::DescribeGroups
        | ApiKey::ListGroups
        | ApiKey::DeleteTopics => Place::After(0, 1),
        ApiKey::OffsetDelete => Place::After(2, 0),
        ApiKey::RenewDelegationToken | ApiKey::ExpireDelegationToken => Place::After(10, 0),
        ApiKey::CreateDelegationToken | ApiKey::DescribeDelegationToken => Place::Last,
        ApiKey::ApiVersions => Place::AfterApiKeys,
        ApiKey::Produce
        | ApiKey::Fetch
        | ApiKey::SaslHandshake
        | ApiKey::SaslAuthenticate
        | ApiKey::DescribeQuorum
        | ApiKey::WriteTxnMarkers => Place::None,
        _ => Place::After(0, 0),
    }
}
