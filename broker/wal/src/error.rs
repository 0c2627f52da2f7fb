//! What can go wrong, typed: refusals for lack of room, failed opens, failed reads, a dead log.

use std::io;
use std::path::PathBuf;

use protocol_types::Lsn;
use thiserror::Error;

/// No room for an append: nothing was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the ring log has no room for {wanted} bytes: {used} of {capacity} are used")]
pub struct Full {
    pub reason: FullReason,
    /// Bytes the append would take at most, padding included.
    pub wanted: u64,
    pub used: u64,
    pub capacity: u64,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullReason {
    /// Later, after trimming, there will be.
    Occupied,
    /// Larger than the ring can ever take.
    TooLarge,
    /// The log is dead.
    Poisoned,
    /// The log was shut down.
    Closed,
}

/// Replay was stopped by its consumer.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct ReplayError(pub Box<dyn std::error::Error + Send + Sync>);

/// The ring could not be opened. Nothing was changed that recovery would miss.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("ring log {path}: {source}; check the disk and the permissions of the directory")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "ring log {path}: no space for its {bytes} bytes ({source}); free space or set a smaller ring size"
    )]
    NoSpace { path: PathBuf, bytes: u64, source: io::Error },
    #[error("ring log {path} is in use by another process: stop it first")]
    InUse { path: PathBuf },
    #[error("a ring of {bytes} bytes cannot be made: {reason}")]
    Config { bytes: u64, reason: &'static str },
    #[error(
        "ring log {path} is {found} bytes large and the configuration says {configured}: set the ring size to {found}"
    )]
    Capacity { path: PathBuf, found: u64, configured: u64 },
    #[error(
        "ring log {path} is missing, but the checkpoint says that one was begun, up to {from:?} at least: mount or restore it"
    )]
    Missing { path: PathBuf, from: Lsn },
    #[error("ring log {path} belongs to another broker or cluster: {what}")]
    Foreign { path: PathBuf, what: String },
    #[error(
        "ring log {path} has format {found}; this program reads up to {known}: use a newer one"
    )]
    Format { path: PathBuf, found: u16, known: u16 },
    #[error(
        "ring log {path}: no copy of the superblock is readable; restore the file from a replica"
    )]
    Superblock { path: PathBuf },
    #[error(
        "ring log {path}: incarnation {given} was or may have been used already (last is {last}): the metadata log was rolled back"
    )]
    Incarnation { path: PathBuf, given: u64, last: u64 },
    #[error(
        "ring log {path} is corrupt at {at:?} ({reason}), below the durable floor {floor:?}: acknowledged records are damaged and nothing was truncated; restore the file or the broker from a replica"
    )]
    Corrupt { path: PathBuf, at: Lsn, floor: Lsn, reason: &'static str },
    #[error(
        "ring log {path}: the group at {at:?} holds an entry of kind {kind}, which this program does not know: use a newer one"
    )]
    UnknownKind { path: PathBuf, at: Lsn, kind: u8 },
    #[error(
        "ring log {path} ends at {head:?}, below the checkpoint's {from:?}: ring and checkpoint do not belong together"
    )]
    CheckpointAhead { path: PathBuf, head: Lsn, from: Lsn },
    #[error(
        "ring log {path} was trimmed to {trim:?}, above the checkpoint's {from:?}: the checkpoint is not the latest one"
    )]
    CheckpointBehind { path: PathBuf, trim: Lsn, from: Lsn },
    #[error(
        "ring log {path} has no room left to start: {used} of {capacity} bytes wait to be sealed; free space for sealed files"
    )]
    Full { path: PathBuf, used: u64, capacity: u64 },
    #[error("replay of the entry at {at:?} failed: {source}")]
    Replay { at: Lsn, source: ReplayError },
}

/// Bytes of the ring could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The range was trimmed, before or while it was read: look in the sealed files.
    #[error("ring bytes at {0:?} were trimmed")]
    Trimmed(Lsn),
    /// The range is not published, or crosses the ring's end: a broken caller.
    #[error("ring bytes at {0:?} are not there")]
    Absent(Lsn),
    #[error("ring bytes at {at:?}: {source}")]
    Io { at: Lsn, source: io::Error },
}

/// The log is dead.
#[derive(Debug, Error)]
pub enum WalError {
    /// A write or sync failed; nothing more is acknowledged and the process must end.
    #[error("the ring log stopped after an I/O error: {0}")]
    Poisoned(String),
    #[error("the ring log was shut down")]
    Closed,
}
