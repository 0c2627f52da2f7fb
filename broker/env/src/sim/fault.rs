//! A disk that fails where a test asks for it, and counts, so that the test can show its fault
//! landed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rustix::io::Errno;

use crate::disk::{DirEntry, Disk, DiskFile, Open, Sync};

mod file;

use file::FaultFile;

#[cfg(test)]
mod tests;

/// What is called on a disk or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Open,
    Read,
    Write,
    SyncData,
    Allocate,
    PunchHole,
    SetLen,
    CreateDir,
    Rename,
    Remove,
    SyncDir,
    List,
    Exists,
    DropCache,
}

/// What happens to the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with EIO and has no effect.
    Eio,
    /// It fails with ENOSPC and has no effect.
    NoSpace,
    /// A write puts down its first `bytes` bytes and fails with EIO: a torn write.
    ShortWrite { bytes: usize },
    /// A read that covers position `at` of the file gets that byte with the bits of `mask` flipped.
    FlipOnRead { at: u64, mask: u8 },
    /// A write that covers position `at` succeeds, and the disk then holds that byte with the bits
    /// of `mask` flipped.
    FlipAtRest { at: u64, mask: u8 },
    /// It waits until [`Injected::release`], then goes on.
    Stall,
}

/// Which calls are hit: by kind, by path, by count.
pub struct Rule {
    call: Call,
    path: Box<dyn Fn(&Path) -> bool + Send + std::marker::Sync>,
    /// The first call that is hit, from 1.
    first: u64,
    /// The last.
    last: u64,
}

impl Rule {
    /// The next such call on any path, once.
    #[must_use]
    pub fn on(call: Call) -> Self {
        Self { call, path: Box::new(|_| true), first: 1, last: 1 }
    }

    /// On paths that `matches` only. Of a rename that is the old path.
    #[must_use]
    pub fn path(
        self,
        matches: impl Fn(&Path) -> bool + Send + std::marker::Sync + 'static,
    ) -> Self {
        Self { path: Box::new(matches), ..self }
    }

    /// The `nth` matching call, from 1, once.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self { first: nth, last: nth, ..self }
    }

    /// The `nth` matching call, from 1, and all after it.
    #[must_use]
    pub fn from_nth(self, nth: u64) -> Self {
        Self { first: nth, last: u64::MAX, ..self }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("call", &self.call)
            .field("first", &self.first)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

/// A fault put into a disk; clones are the same fault.
#[derive(Clone, Debug)]
pub struct Injected(Arc<Active>);

#[derive(Debug)]
struct Active {
    rule: Rule,
    fault: Fault,
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Count {
    /// Calls that matched kind, path and position.
    matched: u64,
    hits: u64,
    lifted: bool,
}

impl Injected {
    /// How often the fault has landed.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.0.count.lock().hits
    }

    /// Blocks until the fault has landed.
    pub fn wait_hit(&self) {
        let mut count = self.0.count.lock();
        while count.hits == 0 {
            self.0.changed.wait(&mut count);
        }
    }

    /// Ends the fault: stalled calls go on, later calls are not touched.
    pub fn release(&self) {
        self.0.count.lock().lifted = true;
        self.0.changed.notify_all();
    }
}

/// A [`Disk`] over another; clones share the faults. Without a fault it is the other.
#[derive(Clone, Debug)]
pub struct FaultDisk {
    inner: Arc<dyn Disk>,
    faults: Arc<Mutex<Vec<Injected>>>,
}

impl FaultDisk {
    #[must_use]
    pub fn over(inner: Arc<dyn Disk>) -> Self {
        Self { inner, faults: Arc::default() }
    }

    /// Puts `fault` in the way of the calls that `rule` chooses.
    pub fn inject(&self, rule: Rule, fault: Fault) -> Injected {
        let (count, changed) = (Mutex::default(), Condvar::new());
        let injected = Injected(Arc::new(Active { rule, fault, count, changed }));
        self.faults.lock().push(injected.clone());
        injected
    }

    /// Counts a call on the bytes `range` of `path`, waits if it is to stall, and returns the
    /// fault that hits it.
    fn hit(&self, call: Call, path: &Path, at: u64, len: usize) -> Option<Fault> {
        let faults: Vec<Injected> = self.faults.lock().clone();
        let mut landed = None;
        for Injected(active) in &faults {
            let rule = &active.rule;
            if rule.call != call || !active.fault.covers(at, len) || !(rule.path)(path) {
                continue;
            }
            let mut count = active.count.lock();
            count.matched += 1;
            if count.lifted || !(rule.first..=rule.last).contains(&count.matched) {
                continue;
            }
            count.hits += 1;
            active.changed.notify_all();
            if active.fault == Fault::Stall {
                while !count.lifted {
                    active.changed.wait(&mut count);
                }
            } else {
                landed = Some(active.fault);
            }
        }
        landed
    }

    /// For calls that either fail or do not.
    fn check(&self, call: Call, path: &Path) -> io::Result<()> {
        self.hit(call, path, 0, 0).map_or(Ok(()), |fault| Err(fault.error()))
    }
}

impl Fault {
    /// Whether a call on `len` bytes at `at` is one for this fault.
    fn covers(self, at: u64, len: usize) -> bool {
        match self {
            Self::FlipOnRead { at: byte, .. } | Self::FlipAtRest { at: byte, .. } => {
                byte >= at && byte - at < len as u64
            }
            Self::Eio | Self::NoSpace | Self::ShortWrite { .. } | Self::Stall => true,
        }
    }

    fn error(self) -> io::Error {
        if self == Self::NoSpace { Errno::NOSPC.into() } else { Errno::IO.into() }
    }
}

/// Flips the bits of `mask` in the byte at `at` of a file: rot, as the next reader finds it.
pub fn flip_bits(disk: &dyn Disk, path: &Path, at: u64, mask: u8) -> io::Result<()> {
    let file = disk.open(path, Open::update())?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at)?;
    file.write_at(&byte.map(|byte| byte ^ mask), at, Sync::OwnBytes)
}

impl Disk for FaultDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        self.check(Call::Open, path)?;
        let file = self.inner.open(path, how)?;
        let path: PathBuf = path.to_path_buf();
        Ok(Arc::new(FaultFile { disk: self.clone(), path, file }))
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.check(Call::CreateDir, dir)?;
        self.inner.create_dir_all(dir)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Call::Rename, from)?;
        self.inner.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.check(Call::Remove, path)?;
        self.inner.remove_file(path)
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.check(Call::Remove, dir)?;
        self.inner.remove_dir_all(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.check(Call::SyncDir, dir)?;
        self.inner.sync_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        self.check(Call::List, dir)?;
        self.inner.list(dir)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.check(Call::Exists, path)?;
        self.inner.exists(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.inner.free_bytes(path)
    }

    fn total_bytes(&self, path: &Path) -> io::Result<u64> {
        self.inner.total_bytes(path)
    }
}
