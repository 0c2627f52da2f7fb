//! A look at a metadata directory nobody has open, with nothing written.

use std::path::Path;

use broker_env::disk::Disk;
use broker_metadata::Record;

use crate::log::{LogError, StoredLog};

/// What a metadata directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Every record in order: the snapshot's, then the log's.
    pub records: Vec<Record>,
    pub snapshot_records: usize,
    pub snapshot_bytes: u64,
    pub log_bytes: u64,
    /// Bytes of an append that was never finished; the next start cuts them off.
    pub torn_bytes: u64,
}

/// Reads the metadata in `dir`.
///
/// # Errors
/// A broker has it open, there is none, or it is damaged; the message names the file.
pub fn inspect(disk: &dyn Disk, dir: &Path) -> Result<Inspection, LogError> {
    let StoredLog { records, snapshot_records, snapshot_bytes, log_bytes, tail, .. } =
        StoredLog::read(disk, dir)?;
    Ok(Inspection {
        records,
        snapshot_records,
        snapshot_bytes,
        log_bytes,
        torn_bytes: log_bytes - tail,
    })
}

#[cfg(test)]
mod tests;
