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
    let _ = (view, target, from, limit);
    todo!()
}
