//! Every state in which a crash may leave the disk.
//!
//! A [`RecordingDisk`] works as its [`MemDisk`] does and writes every operation into a
//! [`CrashLog`]. Afterwards the log walks through all crash points: one before every operation and
//! one after the last, with a write just issued still in flight. At each point some changes
//! are durable, the others are *pending*: sectors of 512 bytes, lengths, names. Any subset of the
//! pending ones may have reached the disk, and [`CrashPoint::image`] builds the disk for it.
//!
//! `Sync::OwnBytes` makes its own bytes durable and nothing written before them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::image::{Image, Inode};
use super::mem::{MemDisk, MemFile};
use crate::disk::{DirEntry, Disk, DiskFile, Open, Sync};

mod choices;
mod model;

pub use choices::{Choices, Kept};
use model::Model;

#[cfg(test)]
mod tests;

/// What was done to the disk. Files are numbered in the order of their creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskOp {
    Create {
        path: PathBuf,
        file: u64,
    },
    Write {
        file: u64,
        at: u64,
        bytes: Arc<[u8]>,
        sync: Sync,
    },
    SyncData {
        file: u64,
    },
    Allocate {
        file: u64,
        len: u64,
    },
    PunchHole {
        file: u64,
        at: u64,
        len: u64,
    },
    SetLen {
        file: u64,
        len: u64,
    },
    MakeDirs {
        dir: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    RemoveDirs {
        dir: PathBuf,
    },
    SyncDir {
        dir: PathBuf,
    },
    /// Something the test wants to see in order with the operations: an acknowledgement.
    Mark(u64),
}

/// The operations on a [`RecordingDisk`] in order, and what was on it before; clones share it.
#[derive(Clone)]
pub struct CrashLog {
    start: Arc<Image>,
    ops: Arc<Mutex<Vec<DiskOp>>>,
}

impl CrashLog {
    /// Notes that `what` happened after all operations so far: they all have returned.
    pub fn mark(&self, what: u64) {
        self.ops.lock().push(DiskOp::Mark(what));
    }

    /// Operations so far, marks included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.lock().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the operations so far.
    #[must_use]
    pub fn ops(&self) -> Vec<DiskOp> {
        self.ops.lock().clone()
    }

    /// A walk over all crash points of the operations so far.
    #[must_use]
    pub fn points(&self) -> CrashPoints {
        CrashPoints {
            ops: self.ops().into_iter(),
            model: Model::new(&self.start),
            marks: Vec::new(),
            issued: None,
        }
    }
}

impl fmt::Debug for CrashLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashLog").field("ops", &self.len()).finish_non_exhaustive()
    }
}

/// A walk over crash points; see [`CrashLog::points`].
#[derive(Debug)]
pub struct CrashPoints {
    ops: std::vec::IntoIter<DiskOp>,
    model: Model,
    marks: Vec<u64>,
    /// Operations issued before the current point; `None` before the first.
    issued: Option<usize>,
}

impl CrashPoints {
    /// The next crash point: the first is before every operation, each further one after issuing
    /// one more, which, if it is a write, has not returned yet.
    pub fn advance(&mut self) -> Option<CrashPoint<'_>> {
        let issued = match self.issued {
            None => 0,
            Some(issued) => {
                let op = self.ops.next()?;
                if let DiskOp::Mark(what) = op {
                    self.model.settle();
                    self.marks.push(what);
                } else {
                    self.model.issue(op);
                }
                issued + 1
            }
        };
        self.issued = Some(issued);
        Some(CrashPoint { issued, model: &self.model, marks: &self.marks })
    }
}

/// One moment at which the machine may stop.
#[derive(Debug)]
pub struct CrashPoint<'a> {
    issued: usize,
    model: &'a Model,
    marks: &'a [u64],
}

impl CrashPoint<'_> {
    /// Operations issued before the crash, marks included; all but the last have returned.
    #[must_use]
    pub fn issued(&self) -> usize {
        self.issued
    }

    /// What was marked before the crash.
    #[must_use]
    pub fn marks(&self) -> &[u64] {
        self.marks
    }

    /// Changes that may have reached the disk or not, numbered from 0 in the order of issue.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.model.pending()
    }

    /// What the machine finds after the crash if of the pending changes those chosen by `kept`
    /// reached the disk.
    #[must_use]
    pub fn image(&self, kept: &Kept) -> Image {
        self.model.image(kept)
    }
}

/// A [`MemDisk`] that records; clones share disk and log.
#[derive(Clone, Debug)]
pub struct RecordingDisk {
    disk: MemDisk,
    log: CrashLog,
}

impl Default for RecordingDisk {
    fn default() -> Self {
        Self::over(Image::default())
    }
}

impl RecordingDisk {
    /// A disk that starts with `image`, all of which is durable.
    #[must_use]
    pub fn over(image: Image) -> Self {
        let disk = MemDisk::from_image(image.clone());
        Self { disk, log: CrashLog { start: Arc::new(image), ops: Arc::default() } }
    }

    #[must_use]
    pub fn log(&self) -> &CrashLog {
        &self.log
    }

    /// What a process sees now, synced or not.
    #[must_use]
    pub fn image(&self) -> Image {
        self.disk.image()
    }

    /// Acts and records under one lock, so that the log has the order of the effects.
    fn record<T>(&self, op: DiskOp, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let mut ops = self.log.ops.lock();
        let done = act()?;
        ops.push(op);
        Ok(done)
    }
}

impl Disk for RecordingDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut ops = self.log.ops.lock();
        let existed = self.disk.exists(path)?;
        let file = self.disk.open_file(path, how)?;
        let Inode(number) = file.inode();
        if !existed {
            ops.push(DiskOp::Create { path: path.to_path_buf(), file: number });
        } else if how.truncate {
            ops.push(DiskOp::SetLen { file: number, len: 0 });
        }
        drop(ops);
        Ok(Arc::new(RecordingFile { disk: self.clone(), file, number }))
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let op = DiskOp::MakeDirs { dir: dir.to_path_buf() };
        self.record(op, || self.disk.create_dir_all(dir))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let op = DiskOp::Rename { from: from.to_path_buf(), to: to.to_path_buf() };
        self.record(op, || self.disk.rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let op = DiskOp::Remove { path: path.to_path_buf() };
        self.record(op, || self.disk.remove_file(path))
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        let op = DiskOp::RemoveDirs { dir: dir.to_path_buf() };
        self.record(op, || self.disk.remove_dir_all(dir))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let op = DiskOp::SyncDir { dir: dir.to_path_buf() };
        self.record(op, || self.disk.sync_dir(dir))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        self.disk.list(dir)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.disk.exists(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.disk.free_bytes(path)
    }

    fn total_bytes(&self, path: &Path) -> io::Result<u64> {
        self.disk.total_bytes(path)
    }
}

#[derive(Debug)]
struct RecordingFile {
    disk: RecordingDisk,
    file: Arc<MemFile>,
    number: u64,
}

impl DiskFile for RecordingFile {
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(buf, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64, sync: Sync) -> io::Result<()> {
        let op = DiskOp::Write { file: self.number, at, bytes: Arc::from(bytes), sync };
        self.disk.record(op, || self.file.write_at(bytes, at, sync))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.record(DiskOp::SyncData { file: self.number }, || self.file.sync_data())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.disk.record(DiskOp::Allocate { file: self.number, len }, || self.file.allocate(len))
    }

    fn punch_hole(&self, at: u64, len: u64) -> io::Result<()> {
        let op = DiskOp::PunchHole { file: self.number, at, len };
        self.disk.record(op, || self.file.punch_hole(at, len))
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.record(DiskOp::SetLen { file: self.number, len }, || self.file.set_len(len))
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn drop_cache(&self) -> io::Result<()> {
        self.file.drop_cache()
    }

    fn is_direct(&self) -> bool {
        self.file.is_direct()
    }
}
