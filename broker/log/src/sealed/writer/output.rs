//! A file written front to back in aligned chunks, and removed if it is not finished.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{Disk, DiskFile, Open, Sync};

use crate::FileId;
use crate::sealed::format::BLOCK;
use crate::sealed::{Pace, SealError, path_of};

/// Bytes per write: larger ones would hold up the ring's writer on the same disk.
pub(super) const CHUNK: usize = 1 << 20;

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
    pace: Pace,
}

impl Output {
    pub(super) fn create(
        disk: Arc<dyn Disk>,
        dir: &Path,
        id: FileId,
        pace: Pace,
    ) -> Result<Self, SealError> {
        let path = path_of(dir, id);
        let file = disk
            .open(&path, Open::create_new().direct())
            .map_err(|source| error(id, "create it", source))?;
        Ok(Self {
            disk,
            dir: dir.to_path_buf(),
            path,
            id,
            file: Some(file),
            buffer: AlignedBuf::zeroed(CHUNK),
            filled: 0,
            written: 0,
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
            if let Some(room) = self.buffer.get_mut(self.filled..end) {
                room.copy_from_slice(now);
            }
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
        self.flush()?;
        let id = self.id;
        if let Some(file) = &self.file {
            file.sync_data().map_err(|source| error(id, "sync it", source))?;
        }
        self.disk.sync_dir(&self.dir).map_err(|source| error(id, "sync its directory", source))?;
        self.file = None;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SealError> {
        let chunk = self.buffer.get(..self.filled).unwrap_or_default();
        if let Some(file) = self.file.as_ref().filter(|_| !chunk.is_empty()) {
            (self.pace)(chunk.len());
            file.write_at(chunk, self.written, Sync::Later)
                .map_err(|source| error(self.id, "write it", source))?;
        }
        self.written += self.filled as u64;
        self.filled = 0;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
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
