//! The metadata log of a single broker: one file and a snapshot beside it.
//!
//! Invariants: a frame is durable before `append` returns; the log file and the snapshot are
//! replaced whole or not at all; frames the snapshot stands for are skipped, so that a crash
//! between the two replacements loses nothing; an append that failed is not there once another
//! succeeds. A bad frame with a sound one after it is
//! corruption and refuses the start; a bad frame at the end was never acknowledged and is cut.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::crash_safe::{read_file, replace_file};
use broker_env::disk::{Disk, DiskFile, Open, Sync};
use broker_metadata::{Record, decode_snapshot, encode_snapshot};

use super::format::{
    BadHead, HEAD_LEN, decode_frame, decode_head, decode_payload, encode_frame, encode_head,
    find_frame,
};
use super::{LogError, MetadataLog};

#[cfg(test)]
mod tests;

const LOG: &str = "metadata.log";
const SNAPSHOT: &str = "metadata.snapshot";
const LOCK: &str = "metadata.lock";

/// A log smaller than this is not worth a snapshot.
const SNAPSHOT_LOG_BYTES_MIN: u64 = 1 << 20;

/// See the module documentation.
#[derive(Debug)]
pub struct LocalMetadataLog {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file: Arc<dyn DiskFile>,
    /// Held open: its lock is this process's claim on the directory.
    _lock: Arc<dyn DiskFile>,
    /// Length of the sound part; the next frame goes here.
    tail: u64,
    /// Records before the next frame.
    position: u64,
    snapshot_bytes: u64,
    log_bytes_min: u64,
    poisoned: bool,
    /// What `open` read, until `replay` takes it.
    loaded: Vec<Record>,
}

impl LocalMetadataLog {
    /// Opens the log in `dir`, or begins one. Cuts a torn tail.
    ///
    /// # Errors
    /// It cannot be read, is corrupt, of a newer version, or open elsewhere.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, LogError> {
        disk.create_dir_all(dir).map_err(|error| LogError::Io { path: dir.into(), error })?;
        let lock = lock(&*disk, &dir.join(LOCK), Open::create())?;
        let log_path = dir.join(LOG);
        let io = |error| LogError::Io { path: log_path.clone(), error };
        let there = |path: &Path| {
            disk.exists(path).map_err(|error| LogError::Io { path: path.into(), error })
        };
        if !there(&log_path)? && !there(&dir.join(SNAPSHOT))? {
            replace_file(&*disk, &log_path, &encode_head(0)).map_err(io)?;
        }
        let stored = StoredLog::load(&*disk, dir)?;
        let file = disk.open(&log_path, Open::update()).map_err(io)?;
        if stored.tail < stored.log_bytes {
            tracing::warn!(
                path = %log_path.display(),
                cut_bytes = stored.log_bytes - stored.tail,
                "metadata log ends in an append that was never finished; it is cut"
            );
            file.set_len(stored.tail).and_then(|()| file.sync_data()).map_err(io)?;
        }
        Ok(Self {
            disk,
            dir: dir.into(),
            file,
            _lock: lock,
            tail: stored.tail,
            position: stored.position,
            snapshot_bytes: stored.snapshot_bytes,
            log_bytes_min: SNAPSHOT_LOG_BYTES_MIN,
            poisoned: false,
            loaded: stored.records,
        })
    }

    /// Lets tests see snapshots without megabytes of records.
    #[cfg(test)]
    pub(crate) fn set_snapshot_log_bytes_min(&mut self, bytes: u64) {
        self.log_bytes_min = bytes;
    }

    fn cut_to_tail(&self) -> io::Result<()> {
        self.file.set_len(self.tail)?;
        self.file.sync_data()
    }

    /// Begins a new log file after the snapshot, which stands for everything so far.
    fn restart_log(&mut self) -> Result<(), LogError> {
        let path = self.dir.join(LOG);
        let io = |error| LogError::Io { path: path.clone(), error };
        replace_file(&*self.disk, &path, &encode_head(self.position)).map_err(io)?;
        self.file = self.disk.open(&path, Open::update()).map_err(io)?;
        self.tail = HEAD_LEN as u64;
        Ok(())
    }
}

impl MetadataLog for LocalMetadataLog {
    fn replay(&mut self, apply: &mut dyn FnMut(&Record)) -> Result<(), LogError> {
        for record in std::mem::take(&mut self.loaded) {
            apply(&record);
        }
        Ok(())
    }

    fn append(&mut self, records: &[Record]) -> Result<(), LogError> {
        if self.poisoned {
            return Err(LogError::Poisoned);
        }
        let frame = encode_frame(self.position, records);
        if let Err(error) = self.file.write_at(&frame, self.tail, Sync::OwnBytes) {
            // Whether the frame is on disk is unknown; only a new start finds out. Of a full disk that is
            // settled here: cutting a file takes no room, and what lies before the cut was durable.
            let full = error.kind() == ErrorKind::StorageFull;
            self.poisoned = !full || self.cut_to_tail().is_err();
            return Err(LogError::Io { path: self.dir.join(LOG), error });
        }
        self.tail += frame.len() as u64;
        self.position += records.len() as u64;
        Ok(())
    }

    fn wants_snapshot(&self) -> bool {
        self.tail > self.log_bytes_min.max(2 * self.snapshot_bytes)
    }

    fn snapshot(&mut self, records: &[Record]) -> Result<(), LogError> {
        if self.poisoned {
            return Err(LogError::Poisoned);
        }
        let path = self.dir.join(SNAPSHOT);
        let bytes = encode_snapshot(self.position, records);
        replace_file(&*self.disk, &path, &bytes)
            .map_err(|error| LogError::Io { path: path.clone(), error })?;
        self.snapshot_bytes = bytes.len() as u64;
        // Once the file may have been replaced, appending to the old handle would lose records.
        let restarted = self.restart_log();
        self.poisoned = restarted.is_err();
        restarted
    }

    fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

/// What the two files hold.
#[derive(Debug)]
pub(crate) struct StoredLog {
    /// The snapshot's records, then the log's beyond it.
    pub(crate) records: Vec<Record>,
    pub(crate) snapshot_records: usize,
    pub(crate) snapshot_bytes: u64,
    pub(crate) log_bytes: u64,
    /// Length of the log's sound part.
    pub(crate) tail: u64,
    position: u64,
}

impl StoredLog {
    /// Reads a directory that no broker has open, and changes nothing.
    pub(crate) fn read(disk: &dyn Disk, dir: &Path) -> Result<Self, LogError> {
        let path = dir.join(LOCK);
        // A directory without a lock file was copied without it: nobody has it open.
        let there =
            disk.exists(&path).map_err(|error| LogError::Io { path: path.clone(), error })?;
        let _lock = if there { Some(lock(disk, &path, Open::read())?) } else { None };
        Self::load(disk, dir)
    }

    fn load(disk: &dyn Disk, dir: &Path) -> Result<Self, LogError> {
        let (end, mut records, snapshot_bytes) = load_snapshot(disk, &dir.join(SNAPSHOT))?;
        let snapshot_records = records.len();
        let path = dir.join(LOG);
        let bytes = match read_file(disk, &path) {
            Err(error) => return Err(LogError::Io { path, error }),
            Ok(None) => {
                let what = "it is missing".to_owned();
                return Err(LogError::Corrupt { path, at: 0, what });
            }
            Ok(Some(bytes)) => bytes,
        };
        let scan = scan(&path, &bytes, end)?;
        records.extend(scan.records);
        Ok(Self {
            records,
            snapshot_records,
            snapshot_bytes,
            log_bytes: bytes.len() as u64,
            tail: scan.tail,
            position: scan.position,
        })
    }
}

fn lock(disk: &dyn Disk, path: &Path, how: Open) -> Result<Arc<dyn DiskFile>, LogError> {
    let io = |error| LogError::Io { path: path.into(), error };
    let file = disk.open(path, how).map_err(io)?;
    if file.try_lock().map_err(io)? {
        Ok(file)
    } else {
        Err(LogError::Locked { path: path.into() })
    }
}

/// The position the snapshot stands for, its records and its length; nothing if there is none.
fn load_snapshot(disk: &dyn Disk, path: &Path) -> Result<(u64, Vec<Record>, u64), LogError> {
    let bytes = read_file(disk, path).map_err(|error| LogError::Io { path: path.into(), error })?;
    let Some(bytes) = bytes else { return Ok((0, Vec::new(), 0)) };
    let (end, records) =
        decode_snapshot(&bytes).map_err(|error| LogError::Snapshot { path: path.into(), error })?;
    Ok((end, records, bytes.len() as u64))
}

/// What the log file holds beyond the snapshot.
struct Scan {
    records: Vec<Record>,
    tail: u64,
    position: u64,
}

fn scan(path: &Path, bytes: &[u8], snapshot_end: u64) -> Result<Scan, LogError> {
    let corrupt = |at: usize, what: &str| LogError::Corrupt {
        path: path.into(),
        at: at as u64,
        what: what.to_owned(),
    };
    let base = decode_head(bytes).map_err(|bad| match bad {
        BadHead::Version(version) => LogError::UnknownVersion { path: path.into(), version },
        BadHead::Corrupt(what) => corrupt(0, what),
    })?;
    if base > snapshot_end {
        return Err(corrupt(0, "records between the snapshot and the log are missing"));
    }
    let mut at = HEAD_LEN;
    let mut position = base;
    let mut records = Vec::new();
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(frame) = decode_frame(rest).filter(|frame| frame.position == position) else {
            if find_frame(rest, position).is_some() {
                return Err(corrupt(at, "a frame is damaged, and sound ones follow"));
            }
            break;
        };
        let decoded = decode_payload(frame.payload)
            .ok_or_else(|| corrupt(at, "a sound frame does not hold whole records"))?
            .map_err(|error| LogError::Record { path: path.into(), error })?;
        position += decoded.len() as u64;
        if position > snapshot_end {
            if frame.position < snapshot_end {
                return Err(corrupt(at, "a frame straddles the snapshot's end"));
            }
            records.extend(decoded);
        }
        at += frame.len();
    }
    if position < snapshot_end {
        return Err(corrupt(at, "it ends before its snapshot"));
    }
    Ok(Scan { records, tail: at as u64, position })
}
