//! What the log tells its owner: progress, death, and what recovery found.

use std::io;

use protocol_types::{LocalId, Lsn};

/// Called by the log's threads and by appenders; must be quick and must not call back into
/// `append` or `admit`.
pub trait WalEvents: Send + Sync {
    /// All entries that end at or below `durable` are on stable storage. On the writer thread, once
    /// per group or run of groups; `touched` names each partition with entries in them once.
    fn durable(&self, durable: Lsn, touched: &[LocalId]);
    /// `published` passed entries of other appenders, because a large copy in front of them is done.
    fn published_late(&self, published: Lsn);
    /// The first I/O error: nothing will be acknowledged any more, the process must end.
    fn poisoned(&self, error: &io::Error);
    /// There is more room: the trim floor on disk rose to `trim`.
    fn trimmed(&self, trim: Lsn) {
        let _ = trim;
    }
}

/// What recovery found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// First byte that was kept.
    pub trim: Lsn,
    /// End of what was recovered; the START entry lies here.
    pub head: Lsn,
    /// Highest durable floor that was found.
    pub floor: Lsn,
    pub groups: u64,
    pub entries: u64,
    /// Entries handed to `replay`.
    pub replayed: u64,
    /// The last incarnation before this one, 0 if there was none.
    pub last_incarnation: u64,
    /// What was cut off, if anything: never acknowledged under `fsync`.
    pub truncated: Option<Truncation>,
    /// Whether the ring was made by this open.
    pub created: bool,
}

/// A torn tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    pub at: Lsn,
    /// Why the group there does not count.
    pub reason: &'static str,
}
