//! The metadata log: orders and stores records. The one seam behind which a Raft log will stand.

mod format;
mod local;

use std::fmt::Debug;
use std::io;
use std::path::PathBuf;

use broker_metadata::{DecodeError, Record, SnapshotError};

pub use local::LocalMetadataLog;
pub(crate) use local::StoredLog;

#[cfg(test)]
pub(crate) mod contract;

/// Stores metadata records in order. Contract, tested on every implementation:
/// what `append` returned `Ok` for is replayed by every later open, in order and whole; what it
/// refused may be there or not, but is there whole or not at all; after an error nothing is
/// accepted any more; a snapshot changes nothing but the space taken.
pub trait MetadataLog: Send + Debug {
    /// Hands over every stored record in order. Called once, before the first append.
    ///
    /// # Errors
    /// A record cannot be read.
    fn replay(&mut self, apply: &mut dyn FnMut(&Record)) -> Result<(), LogError>;

    /// Stores `records`, all or none; durable on return.
    ///
    /// # Errors
    /// They could not be made durable; no later append succeeds.
    fn append(&mut self, records: &[Record]) -> Result<(), LogError>;

    /// Whether the log has outgrown its last snapshot.
    fn wants_snapshot(&self) -> bool;

    /// Replaces everything stored so far by `records`, which replay to the same image.
    ///
    /// # Errors
    /// The snapshot could not be made durable; what was stored before still is.
    fn snapshot(&mut self, records: &[Record]) -> Result<(), LogError>;

    /// Whether nothing is accepted any more.
    fn is_poisoned(&self) -> bool;
}

/// A metadata log that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error("{path} is open in another process; stop that one, or use another data directory")]
    Locked { path: PathBuf },
    #[error("{path} is corrupt at byte {at}: {what}; restore the file from a backup")]
    Corrupt { path: PathBuf, at: u64, what: String },
    #[error("{path} has format version {version}; start a newer ringtide")]
    UnknownVersion { path: PathBuf, version: u16 },
    #[error("{path}: {error}")]
    Record { path: PathBuf, error: DecodeError },
    #[error("{path}: {error}")]
    Snapshot { path: PathBuf, error: SnapshotError },
    #[error("the metadata log failed before and takes nothing more; start the broker again")]
    Poisoned,
}
