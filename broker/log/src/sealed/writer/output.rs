//! A file written front to back in aligned chunks, and removed if it is not finished.
//!
//! Its space is allocated ahead of the writes, so that several of them can be under way: a write
//! that extends a file keeps all others out.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{Disk, DiskFile, Open, Sync};

use super::lanes::{FileWrites, WriteLanes};
use crate::FileId;
use crate::sealed::format::BLOCK;
use crate::sealed::{Pace, SealError, Spare, path_of};

/// Bytes per write: larger ones would hold up the ring's writer on the same disk.
pub(super) const CHUNK: usize = 1 << 20;
/// How far space is allocated ahead.
const ALLOCATION: u64 = 16 << 20;

pub(super) struct Output {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    path: PathBuf,
    id: FileId,
    /// `None` once the file is finished, or closed to be removed.
    file: Option<Arc<dyn DiskFile>>,
    buffer: AlignedBuf,
    filled: usize,
    written: u64,
    allocated: u64,
    /// Bytes of the file so far, those of a former life included.
    len: u64,
    lanes: WriteLanes,
    /// `None` once the file is finished, or closed to be removed.
    writes: Option<FileWrites>,
    pace: Pace,
}

impl Output {
    pub(super) fn create(
        spare: Option<Spare>,
        disk: Arc<dyn Disk>,
        dir: &Path,
        id: FileId,
        lanes: &WriteLanes,
        pace: Pace,
    ) -> Result<Self, SealError> {
        let path = path_of(dir, id);
        let len = spare.as_ref().map_or(0, Spare::len);
        let file = match spare {
            Some(spare) => spare.become_file(&*disk, &path),
            None => disk.open(&path, Open::create_new().direct()),
        };
        let file = file.map_err(|source| error(id, "create it", source))?;
        Ok(Self {
            disk,
            dir: dir.to_path_buf(),
            path,
            id,
            writes: Some(FileWrites::of(&file)),
            file: Some(file),
            buffer: lanes.buffer(),
            filled: 0,
            written: 0,
            allocated: 0,
            len,
            lanes: lanes.clone(),
            pace,
        })
    }

    /// Where the next byte goes.
    pub(super) const fn position(&self) -> u64 {
        self.written + self.filled as u64
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(CHUNK - self.filled));
            let end = self.filled + now.len();
            self.buffer.stream(self.filled, now);
            self.filled = end;
            rest = later;
            if self.filled == CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Zeros up to the next multiple of `alignment`, less `short` bytes.
    pub(super) fn pad(&mut self, alignment: u64, short: u64) -> Result<(), SealError> {
        let to = (self.position() + short).next_multiple_of(alignment) - short;
        while self.position() < to {
            let zeros = [0; 4096];
            let len = protocol_types::to_usize(to - self.position()).min(zeros.len());
            self.put(zeros.get(..len).unwrap_or(&zeros))?;
        }
        Ok(())
    }

    /// Makes file and name durable; the position is a multiple of the block by now.
    pub(super) fn finish(mut self) -> Result<(), SealError> {
        assert!(self.position().is_multiple_of(BLOCK), "a file ends with a whole block");
        let id = self.id;
        let Some(file) = self.file.clone() else { return Ok(()) };
        if let Some(mut writes) = self.writes.take() {
            writes.drain().map_err(|source| error(id, "write it", source))?;
        }
        let chunk = self.buffer.get(..self.filled).unwrap_or_default();
        if !chunk.is_empty() {
            (self.pace)(chunk.len());
            let written = file.write_at(chunk, self.written, Sync::Later);
            written.map_err(|source| error(id, "write it", source))?;
        }
        if self.len > self.position() {
            let cut = file.set_len(self.position());
            cut.map_err(|source| error(id, "cut it to its length", source))?;
        }
        file.sync_data().map_err(|source| error(id, "sync it", source))?;
        self.disk.sync_dir(&self.dir).map_err(|source| error(id, "sync its directory", source))?;
        self.file = None;
        Ok(())
    }

    /// Hands a whole chunk to the disk.
    fn flush(&mut self) -> Result<(), SealError> {
        let id = self.id;
        let failed = |source| error(id, "write it", source);
        let Some(file) = &self.file else { return Ok(()) };
        let end = self.written + CHUNK as u64;
        if end > self.allocated {
            self.allocated = end.next_multiple_of(ALLOCATION);
            file.allocate(self.allocated).map_err(|source| error(id, "allocate it", source))?;
            self.len = self.len.max(self.allocated);
        }
        (self.pace)(CHUNK);
        let full = std::mem::replace(&mut self.buffer, self.lanes.buffer());
        if let Some(writes) = &mut self.writes {
            writes.write(&self.lanes, full, self.written).map_err(failed)?;
        }
        self.written = end;
        self.filled = 0;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.lanes.give_back(std::mem::replace(&mut self.buffer, AlignedBuf::zeroed(0)));
        self.writes = None;
        if self.file.take().is_some()
            && let Err(error) = self.disk.remove_file(&self.path)
        {
            tracing::warn!(file = %self.id, %error, "cannot remove an unfinished sealed file");
        }
    }
}

fn error(file: FileId, doing: &'static str, source: io::Error) -> SealError {
    if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return SealError::NoSpace { file };
    }
    SealError::Io { file, doing, source }
}
