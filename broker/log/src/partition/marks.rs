//! The marks of a partition.

use protocol_types::Offset;

/// Where readers and the sealer may go. `log_start ≤ last_stable ≤ high_watermark ≤ log_end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub log_start: Offset,
    /// Everything below is on stable storage.
    pub durable_end: Offset,
    /// Everything below may be read: the durable end under fsync, the published end under async.
    pub high_watermark: Offset,
    /// The high watermark, until there are transactions.
    pub last_stable: Offset,
    pub log_end: Offset,
}

/// How far into the tail each watermark has been followed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursors {}
