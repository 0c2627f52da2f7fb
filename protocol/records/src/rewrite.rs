//! The header a leader stores in place of the producer's.
//!
//! Base offset and leader epoch lie outside the CRC and are free to change. Under LogAppendTime
//! attribute bit 3 and the largest timestamp change too, and the CRC with them (trap 35), as they do
//! where `validate` amends a header. Nothing else of a batch is ever rewritten.

use protocol_types::{LeaderEpoch, Offset, Timestamp};

use crate::crc::{crc32c, exchange_front};
use crate::header::{Attributes, BatchHeader, CRC_START, HEADER_LEN};
use crate::view::BatchView;

/// A header to be stored in front of the unchanged rest of its batch.
pub type HeaderBytes = [u8; HEADER_LEN];

/// The header with the leader's base offset and epoch.
#[must_use]
pub fn rewrite(view: &BatchView<'_>, base_offset: Offset, epoch: LeaderEpoch) -> HeaderBytes {
    let mut header = *view.header();
    header.base_offset = base_offset.to_wire();
    header.leader_epoch = epoch.to_wire();
    header.to_bytes()
}

/// The header of a batch in a topic whose records are stamped with the time of their append. The
/// new CRC is derived from the one `view` carries, which must have been checked; the body is not
/// scanned again.
#[must_use]
pub fn rewrite_log_append_time(
    view: &BatchView<'_>,
    base_offset: Offset,
    epoch: LeaderEpoch,
    now: Timestamp,
) -> HeaderBytes {
    let mut header = *view.header();
    header.base_offset = base_offset.to_wire();
    header.leader_epoch = epoch.to_wire();
    let before = header;
    header.attributes.0 |= Attributes::LOG_APPEND_TIME;
    header.max_timestamp = now.0;
    header.crc = crc_after(&before, &header, view.body().len());
    header.to_bytes()
}

/// The CRC of a batch whose header changes from `before`, which carries the right one, to `after`;
/// a body of `behind` bytes stays as it is.
pub(crate) fn crc_after(before: &BatchHeader, after: &BatchHeader, behind: usize) -> u32 {
    let (old, new) = (crc32c(covered(&before.to_bytes())), crc32c(covered(&after.to_bytes())));
    exchange_front(before.crc, old, new, behind)
}

/// The part of a header that the CRC covers.
fn covered(bytes: &HeaderBytes) -> &[u8] {
    bytes.get(CRC_START..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
