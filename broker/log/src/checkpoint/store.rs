//! Checkpoint files on disk.
//!
//! `base` names a generation, and the deltas to it are in `deltas-<generation>`. A new base first
//! gets the file of the pages that are new in it, and its empty file of deltas, then takes the old
//! base's name in one rename; only then what it does not name goes. Whenever the machine stops,
//! `base` and all it names belong together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::crash_safe::{read_file, replace_file};
use broker_env::disk::{DirEntry, Disk, DiskFile, Open, Sync};
use broker_env::{HashMap, HashSet};
use protocol_types::{LocalId, Lsn, Offset};

use crate::{FileId, PAGE_SEGMENTS, PageRef, RESIDENT_SEGMENTS};

use super::format::{
    Bad, Header, MAJOR, apply_deltas, decode_base, encode_base, encode_based, encode_delta,
    encode_deltas,
};
use super::page_file::{PageFile, pages_name, pages_number};
use super::pages::read_page;
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
    /// The files of pages that the base names, if the last one was written.
    named_pages: HashSet<u64>,
    /// Number of the next file of pages; never reused, so that a page that is named is never
    /// overwritten.
    next_pages: u64,
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
        if !disk.exists(&dir.join(BASE)).map_err(io("look for the base"))? {
            return Self::start(disk, dir).map(|store| (store, CheckpointState::default()));
        }
        let (generation, base_len, mut state) = read_base(disk.as_ref(), dir)?;
        let (count, end) = read_deltas(disk.as_ref(), dir, generation, &mut state)?;
        let named_pages = named_pages(&state);
        let next_pages = check_pages(disk.as_ref(), dir, &named_pages)?;
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
            named_pages,
            next_pages,
        };
        store.remove_old_deltas();
        store.remove_unnamed_pages();
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
        let follows = |change: &PartitionChange| {
            debug_assert!(change.pages.is_empty(), "only a base tells of pages");
            change.check_follows(end(change.local_id)).is_ok()
        };
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

    /// Replaces the whole checkpoint: `all` holds every partition with all its pages and the
    /// segments in none. Where there are many, all but the newest of these are put into pages, which
    /// are returned: they are what the partitions may go by from now on. Durable when it returns.
    ///
    /// # Errors
    /// When writing fails; the checkpoint then is as before, or new already.
    pub fn write_base(
        &mut self,
        covered: Lsn,
        next_file: FileId,
        all: impl Iterator<Item = PartitionChange>,
    ) -> Result<Vec<(LocalId, PageRef)>, CheckpointError> {
        let mut sealed_ends = HashMap::default();
        let mut records = Vec::new();
        let (mut new, mut file) = (Vec::new(), PageFile::new(self.next_pages));
        let mut named = HashSet::default();
        for mut change in all {
            page_out(&mut change, &mut file, &mut new);
            named.extend(change.pages.iter().map(|page| page.file));
            sealed_ends.insert(change.local_id, change.sealed_end);
            records.push(encode_based(&change));
        }
        if let Some(pages) = file.finish() {
            let path = self.dir.join(pages_name(self.next_pages));
            self.next_pages += 1;
            replace_file(self.disk.as_ref(), &path, &pages).map_err(io("write pages"))?;
        }
        let generation = self.generation + 1;
        let header = Header {
            major: MAJOR,
            generation,
            covered,
            next_file: next_file.0,
            records: records.len() as u64,
        };
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
        self.named_pages = named;
        self.remove_old_deltas();
        Ok(new)
    }

    fn start(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, CheckpointError> {
        check_nothing_was_there(disk.as_ref(), dir)?;
        let header =
            Header { major: MAJOR, generation: 1, covered: Lsn(0), next_file: 0, records: 0 };
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
            named_pages: HashSet::default(),
            next_pages: 1,
        })
    }

    /// Removes the files of pages that nothing names. Call it once nobody wants to read of what died
    /// before the last base.
    pub fn remove_unnamed_pages(&self) {
        self.remove(|name| {
            pages_number(name).is_some_and(|number| !self.named_pages.contains(&number))
        });
    }

    /// Deltas of other bases are of no meaning.
    fn remove_old_deltas(&self) {
        let present = deltas_name(self.generation);
        self.remove(|name| name.starts_with(DELTAS) && name != present);
    }

    /// Removes files; those that cannot be removed now are left to a later call.
    fn remove(&self, which: impl Fn(&str) -> bool) {
        let entries = self.disk.list(&self.dir).unwrap_or_default();
        for name in entries.into_iter().map(|entry| entry.name).filter(|name| which(name)) {
            if let Err(error) = self.disk.remove_file(&self.dir.join(&name)) {
                tracing::warn!(name, %error, "cannot remove an old checkpoint file");
            }
        }
    }
}

/// Puts the oldest segments of `change` into pages, as long as a full page leaves the newest ones.
fn page_out(change: &mut PartitionChange, file: &mut PageFile, new: &mut Vec<(LocalId, PageRef)>) {
    let full = change.added.len().saturating_sub(RESIDENT_SEGMENTS) / PAGE_SEGMENTS;
    let recent = change.added.split_off(full * PAGE_SEGMENTS);
    let pages = change.added.chunks_exact(PAGE_SEGMENTS).filter_map(|page| file.add(page));
    let pages: Vec<PageRef> = pages.collect();
    new.extend(pages.iter().map(|page| (change.local_id, *page)));
    change.pages.extend(pages);
    change.added = recent;
}

/// The files of pages that `state` names.
fn named_pages(state: &CheckpointState) -> HashSet<u64> {
    let partitions = state.partitions.values();
    partitions.flat_map(|partition| &partition.state.pages).map(|page| page.file).collect()
}

/// Checks that the files of pages are there, without reading them; yields the next one's number.
fn check_pages(disk: &dyn Disk, dir: &Path, named: &HashSet<u64>) -> Result<u64, CheckpointError> {
    let entries = disk.list(dir).map_err(io("list its directory"))?;
    let there: HashSet<u64> =
        entries.iter().filter_map(|entry| pages_number(&entry.name)).collect();
    match named.difference(&there).min() {
        Some(&number) => Err(missing(pages_name(number))),
        None => Ok(there.into_iter().max().map_or(1, |number| number.saturating_add(1))),
    }
}

/// Reads the state without changing anything, for tools: all segments stand in it, and no pages.
///
/// # Errors
/// As [`CheckpointStore::open`]; also when there is no checkpoint, or a page is damaged.
pub fn read(disk: &dyn Disk, dir: &Path) -> Result<CheckpointState, CheckpointError> {
    let (generation, _, mut state) = read_base(disk, dir)?;
    read_deltas(disk, dir, generation, &mut state)?;
    for partition in state.partitions.values_mut() {
        let state = &mut partition.state;
        let mut segments = Vec::new();
        for page in std::mem::take(&mut state.pages) {
            segments.extend(read_page(disk, dir, &page)?);
        }
        segments.retain(|segment| segment.end > state.log_start);
        segments.append(&mut state.segments);
        state.segments = segments;
    }
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

pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> CheckpointError {
    move |source| CheckpointError::Io { doing, source }
}
