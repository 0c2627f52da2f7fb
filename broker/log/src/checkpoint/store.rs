//! Checkpoint files on disk.
//!
//! `base` names a generation, and the deltas to it are in `deltas-<generation>`. A new base first
//! gets its empty file of deltas, then takes the old base's name in one rename; only then the old
//! deltas go. Whenever the machine stops, `base` and the deltas it names belong together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::HashMap;
use broker_env::crash_safe::{read_file, replace_file};
use broker_env::disk::{DirEntry, Disk, DiskFile, Open, Sync};
use protocol_types::{LocalId, Lsn, Offset};

use crate::FileId;

use super::format::{
    Bad, Header, apply_deltas, decode_base, encode_base, encode_change, encode_delta, encode_deltas,
};
use super::{CheckpointError, CheckpointState, Delta, PartitionChange};

#[cfg(test)]
mod tests;

const BASE: &str = "base";
const DELTAS: &str = "deltas-";
/// Deltas up to this size never make a base due: rewriting a small one often gains nothing.
const DELTAS_MIN: u64 = 1 << 20;

/// See the module documentation.
#[derive(Debug)]
pub struct CheckpointStore {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    generation: u64,
    base_len: u64,
    deltas: Arc<dyn DiskFile>,
    deltas_len: u64,
    deltas_count: u64,
    /// A delta failed or was left out: only a base tells everything again.
    failed: bool,
    /// Up to where each partition's segments are known.
    sealed_ends: HashMap<LocalId, Offset>,
}

impl CheckpointStore {
    /// Opens the checkpoint in `dir`, or starts an empty one. A delta torn by a crash is dropped.
    ///
    /// # Errors
    /// When the checkpoint is corrupt, of a newer format or unreadable.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
    ) -> Result<(Self, CheckpointState), CheckpointError> {
        disk.create_dir_all(dir).map_err(io("create its directory"))?;
        if !disk.exists(&dir.join(BASE)) {
            return Self::start(disk, dir).map(|store| (store, CheckpointState::default()));
        }
        let (generation, base_len, mut state) = read_base(disk.as_ref(), dir)?;
        let (count, end) = read_deltas(disk.as_ref(), dir, generation, &mut state)?;
        let path = dir.join(deltas_name(generation));
        let deltas = disk.open(&path, Open::update()).map_err(io("open the deltas"))?;
        // A torn delta must not be mistaken for a part of the next one.
        deltas.set_len(end).map_err(io("drop a torn delta"))?;
        deltas.sync_data().map_err(io("drop a torn delta"))?;
        let store = Self {
            disk,
            dir: dir.to_path_buf(),
            generation,
            base_len,
            deltas,
            deltas_len: end,
            deltas_count: count,
            failed: false,
            sealed_ends: state.partitions.iter().map(|(&id, p)| (id, p.state.sealed_end)).collect(),
        };
        store.remove_old_deltas();
        Ok((store, state))
    }

    /// Adds a delta; durable when it returns.
    ///
    /// # Errors
    /// When writing fails, or the delta leaves out segments (of a round that failed half-way). The
    /// checkpoint then is as before, or holds the delta already; until [`Self::write_base`] has
    /// replaced it, no further delta is taken.
    pub fn append_delta(&mut self, delta: &Delta) -> Result<(), CheckpointError> {
        let end = |id| self.sealed_ends.get(&id).copied().unwrap_or_default();
        let follows = |change: &PartitionChange| change.check_follows(end(change.local_id)).is_ok();
        if self.failed || !delta.changed.iter().all(follows) {
            self.failed = true;
            return Err(CheckpointError::BaseDue);
        }
        let frame = encode_delta(self.deltas_count + 1, delta);
        self.failed = true;
        self.deltas
            .write_at(&frame, self.deltas_len, Sync::Later)
            .and_then(|()| self.deltas.sync_data())
            .map_err(io("write a delta"))?;
        self.failed = false;
        self.deltas_len += frame.len() as u64;
        self.deltas_count += 1;
        for change in &delta.changed {
            self.sealed_ends.insert(change.local_id, change.sealed_end);
        }
        for local_id in &delta.removed {
            self.sealed_ends.remove(local_id);
        }
        Ok(())
    }

    /// Makes a base due: something was sealed of which no delta will tell.
    pub const fn require_base(&mut self) {
        self.failed = true;
    }

    /// Whether the deltas have outgrown the base, or one has failed.
    #[must_use]
    pub fn base_due(&self) -> bool {
        self.failed || self.deltas_len > self.base_len.max(DELTAS_MIN)
    }

    /// Replaces the whole checkpoint: `all` holds every partition with all its segments. Durable
    /// when it returns.
    ///
    /// # Errors
    /// When writing fails; the checkpoint then is as before, or new already.
    pub fn write_base(
        &mut self,
        covered: Lsn,
        next_file: FileId,
        all: impl Iterator<Item = PartitionChange>,
    ) -> Result<(), CheckpointError> {
        let mut sealed_ends = HashMap::default();
        let mut records = Vec::new();
        for change in all {
            sealed_ends.insert(change.local_id, change.sealed_end);
            records.push(encode_change(&change));
        }
        let generation = self.generation + 1;
        let header =
            Header { generation, covered, next_file: next_file.0, records: records.len() as u64 };
        let base = encode_base(&header, &records);
        // If this fails half-way, either base may be the one on disk.
        self.failed = true;
        let (deltas, deltas_len) =
            replace_checkpoint(self.disk.as_ref(), &self.dir, header, &base)?;
        self.failed = false;
        self.generation = generation;
        self.base_len = base.len() as u64;
        (self.deltas, self.deltas_len, self.deltas_count) = (deltas, deltas_len, 0);
        self.sealed_ends = sealed_ends;
        self.remove_old_deltas();
        Ok(())
    }

    fn start(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, CheckpointError> {
        check_nothing_was_there(disk.as_ref(), dir)?;
        let header = Header { generation: 1, covered: Lsn(0), next_file: 0, records: 0 };
        let base = encode_base(&header, &[]);
        let (deltas, deltas_len) = replace_checkpoint(disk.as_ref(), dir, header, &base)?;
        Ok(Self {
            disk,
            dir: dir.to_path_buf(),
            generation: header.generation,
            base_len: base.len() as u64,
            deltas,
            deltas_len,
            deltas_count: 0,
            failed: false,
            sealed_ends: HashMap::default(),
        })
    }

    /// Deltas of other bases are of no meaning; if they cannot be removed now, a later call does.
    fn remove_old_deltas(&self) {
        let present = deltas_name(self.generation);
        let entries = self.disk.list(&self.dir).unwrap_or_default();
        let old = |name: &String| name.starts_with(DELTAS) && *name != present;
        for name in entries.into_iter().map(|entry| entry.name).filter(old) {
            if let Err(error) = self.disk.remove_file(&self.dir.join(&name)) {
                tracing::warn!(name, %error, "cannot remove an old checkpoint file");
            }
        }
    }
}

/// Reads the state without changing anything, for tools.
///
/// # Errors
/// As [`CheckpointStore::open`]; also when there is no checkpoint.
pub fn read(disk: &dyn Disk, dir: &Path) -> Result<CheckpointState, CheckpointError> {
    let (generation, _, mut state) = read_base(disk, dir)?;
    read_deltas(disk, dir, generation, &mut state)?;
    Ok(state)
}

fn read_base(disk: &dyn Disk, dir: &Path) -> Result<(u64, u64, CheckpointState), CheckpointError> {
    let bytes = read_file(disk, &dir.join(BASE)).map_err(io("read the base"))?;
    let Some(bytes) = bytes else { return Err(missing(BASE.to_owned())) };
    let (header, state) = decode_base(&bytes).map_err(|bad| named(bad, BASE.to_owned()))?;
    Ok((header.generation, bytes.len() as u64, state))
}

/// How many deltas there are, and where the last one ends.
fn read_deltas(
    disk: &dyn Disk,
    dir: &Path,
    generation: u64,
    state: &mut CheckpointState,
) -> Result<(u64, u64), CheckpointError> {
    let name = deltas_name(generation);
    let bytes = read_file(disk, &dir.join(&name)).map_err(io("read the deltas"))?;
    let Some(bytes) = bytes else { return Err(missing(name)) };
    let (count, end) = apply_deltas(&bytes, generation, state).map_err(|bad| named(bad, name))?;
    Ok((count, end as u64))
}

/// Puts a base and its empty deltas in the place of what is there.
fn replace_checkpoint(
    disk: &dyn Disk,
    dir: &Path,
    header: Header,
    base: &[u8],
) -> Result<(Arc<dyn DiskFile>, u64), CheckpointError> {
    let path = dir.join(deltas_name(header.generation));
    let empty = encode_deltas(header.generation);
    replace_file(disk, &path, &empty).map_err(io("write new deltas"))?;
    let deltas = disk.open(&path, Open::update()).map_err(io("open the deltas"))?;
    replace_file(disk, &dir.join(BASE), base).map_err(io("write the base"))?;
    Ok((deltas, empty.len() as u64))
}

/// A base that is gone must not look like a first start.
fn check_nothing_was_there(disk: &dyn Disk, dir: &Path) -> Result<(), CheckpointError> {
    let empty = encode_deltas(0).len() as u64;
    let entries = disk.list(dir).map_err(io("list its directory"))?;
    let full = |entry: &DirEntry| {
        entry.name.starts_with(DELTAS) && !entry.name.ends_with(".tmp") && entry.len > empty
    };
    if entries.iter().any(full) { Err(missing(BASE.to_owned())) } else { Ok(()) }
}

fn deltas_name(generation: u64) -> String {
    format!("{DELTAS}{generation:016x}")
}

const fn missing(name: String) -> CheckpointError {
    CheckpointError::Corrupt { name, at: 0, what: "the file is missing" }
}

fn named(bad: Bad, name: String) -> CheckpointError {
    match bad {
        Bad::Corrupt { at, what } => CheckpointError::Corrupt { name, at: at as u64, what },
        Bad::Newer { major, minor } => CheckpointError::Newer { name, major, minor },
    }
}

fn io(doing: &'static str) -> impl FnOnce(io::Error) -> CheckpointError {
    move |source| CheckpointError::Io { doing, source }
}
