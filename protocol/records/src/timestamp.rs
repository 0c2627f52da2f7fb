//! Exact lookup of a timestamp within a batch (trap 60).

use protocol_types::{Offset, Timestamp};

use crate::records::DecodeError;
use crate::view::BatchView;

/// The first record at or after offset `from` whose timestamp is at least `target`. Looks at every
/// record up to it, because producers may send timestamps out of order.
///
/// # Errors
/// When the records cannot be read within `limit` decompressed bytes.
pub fn find_timestamp(
    view: &BatchView<'_>,
    target: Timestamp,
    from: Offset,
    limit: usize,
) -> Result<Option<(Offset, Timestamp)>, DecodeError> {
    let decoded = view.decode(limit)?;
    for record in decoded.records() {
        let record = record?;
        let (offset, timestamp) = (decoded.offset_of(&record), decoded.timestamp_of(&record));
        if timestamp >= target && offset >= from {
            return Ok(Some((offset, timestamp)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
