//! What a ring is opened with.

use std::path::PathBuf;
use std::time::Duration;

/// Whose ring it is. A ring file of another identity is never opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeIdentity {
    pub cluster: [u8; 16],
    pub broker: u32,
}

/// Settings of a ring log. [`WalConfig::new`] gives every limit its default.
#[derive(Clone, Debug)]
pub struct WalConfig {
    /// Holds `ring.log` and `ring.lock`; created if it is missing.
    pub dir: PathBuf,
    /// Bytes of the ring, a multiple of 64 KiB.
    pub capacity: u64,
    /// Shards that pin ring memory, numbered from 0; each has one pin at a time.
    pub shards: usize,
    /// A group closes at this size; it is larger only if it holds exactly one larger entry.
    pub group_bytes_max: u64,
    pub node: NodeIdentity,
    /// How far real zeros are kept ahead of the head during the first lap.
    pub zero_ahead: u64,
    /// An async-only group is written after this many bytes ...
    pub async_bytes: u64,
    /// ... or this time, whichever comes first.
    pub async_delay: Duration,
    /// Written but unsynced bytes are synced after this time.
    pub async_sync: Duration,
    /// A durable floor that no synced header records by then gets a commit cell.
    pub commit_cell_idle: Duration,
    /// How long a group of many tiny entries is left open for more.
    pub gather: Duration,
}

impl WalConfig {
    /// Defaults for a ring of `capacity` bytes in `dir`.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, capacity: u64, shards: usize, node: NodeIdentity) -> Self {
        Self {
            dir: dir.into(),
            capacity,
            shards,
            group_bytes_max: 4 << 20,
            node,
            zero_ahead: (capacity / 4).max(16 << 20),
            async_bytes: 64 << 10,
            async_delay: Duration::from_millis(2),
            async_sync: Duration::from_secs(1),
            commit_cell_idle: Duration::from_millis(5),
            gather: Duration::from_micros(100),
        }
    }
}
