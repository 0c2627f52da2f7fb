//! The operating system's disk.
//!
//! Two things may be refused and then have a stand-in with the same promise: `O_DIRECT` at open
//! (buffered instead) and `RWF_DSYNC` at write (write, then `fdatasync`).

use std::io;
use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Advice, FallocateFlags, FlockOperation, Mode, OFlags};
use rustix::io::{Errno, ReadWriteFlags};

use super::{Create, DirEntry, Disk, DiskFile, Open, Sync};

#[cfg(test)]
mod tests;

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsDisk;

/// Owner reads and writes, group reads: a log may hold anything.
const FILE_MODE: Mode = Mode::from_raw_mode(0o640);

/// One warning a process is enough: all files of a broker lie on one file system.
static WARNED_BUFFERED: AtomicBool = AtomicBool::new(false);

impl Disk for OsDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let (fd, direct) = open_direct_or_buffered(path, how).map_err(|e| at_path(path, e))?;
        Ok(Arc::new(OsFile { fd, direct, dsync_refused: AtomicBool::new(false) }))
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let missing: Vec<PathBuf> = dir
            .ancestors()
            .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
            .map(Path::to_path_buf)
            .collect();
        std::fs::create_dir_all(dir).map_err(|e| at_path(dir, e))?;
        for made in missing.iter().rev() {
            self.sync_dir(crate::crash_safe::parent_of(made))?;
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to).map_err(|e| at_path(from, e))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path).map_err(|e| at_path(path, e))
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(dir).map_err(|e| at_path(dir, e))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(dir, flags, Mode::empty()).map_err(|e| at_path(dir, e))?;
        rustix::fs::fsync(&fd).map_err(|e| at_path(dir, e))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(|e| at_path(dir, e))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                // Removed by another thread since the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(at_path(&entry.path(), error)),
            };
            let len = if meta.is_dir() { 0 } else { meta.len() };
            entries.push(DirEntry { name, len, is_dir: meta.is_dir() });
        }
        entries.sort();
        Ok(entries)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match std::fs::symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(at_path(path, error)),
        }
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path).map_err(|e| at_path(path, e))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn total_bytes(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path).map_err(|e| at_path(path, e))?;
        Ok(stat.f_blocks.saturating_mul(stat.f_frsize))
    }
}

/// Opens, and again without `O_DIRECT` where the file system refuses it. The flag tells which.
fn open_direct_or_buffered(path: &Path, how: Open) -> rustix::io::Result<(OwnedFd, bool)> {
    let mut flags = if how.write { OFlags::RDWR } else { OFlags::RDONLY } | OFlags::CLOEXEC;
    match how.create {
        Create::No => {}
        Create::IfMissing => flags |= OFlags::CREATE,
        Create::New => flags |= OFlags::CREATE | OFlags::EXCL,
    }
    flags.set(OFlags::TRUNC, how.truncate);
    if !how.direct {
        return Ok((rustix::fs::open(path, flags, FILE_MODE)?, false));
    }
    match rustix::fs::open(path, flags | OFlags::DIRECT, FILE_MODE) {
        Err(Errno::INVAL) => {
            if !WARNED_BUFFERED.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    path = %path.display(),
                    "file system refuses O_DIRECT: writing through the page cache, which costs CPU"
                );
            }
            // The refused call may have created the file already.
            flags.remove(OFlags::EXCL);
            Ok((rustix::fs::open(path, flags, FILE_MODE)?, false))
        }
        opened => Ok((opened?, true)),
    }
}

#[derive(Debug)]
struct OsFile {
    fd: OwnedFd,
    direct: bool,
    /// Remembered, so that the refused call is made once a file.
    dsync_refused: AtomicBool,
}

impl DiskFile for OsFile {
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..)
            && !rest.is_empty()
        {
            match rustix::io::pread(&self.fd, rest, at + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                // Behind the last, partial block of a direct file.
                Err(Errno::INVAL) if self.direct && done > 0 && done % super::BLOCK != 0 => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], at: u64, sync: Sync) -> io::Result<()> {
        self.write_parts_at(&[bytes], at, sync)
    }

    fn write_parts_at(&self, parts: &[&[u8]], at: u64, sync: Sync) -> io::Result<()> {
        match sync {
            Sync::Later => self.write_all(parts, at, ReadWriteFlags::empty())?,
            Sync::OwnBytes if self.dsync_refused.load(Ordering::Relaxed) => {
                self.write_all(parts, at, ReadWriteFlags::empty())?;
                rustix::fs::fdatasync(&self.fd)?;
            }
            Sync::OwnBytes => match self.write_all(parts, at, ReadWriteFlags::DSYNC) {
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                    self.dsync_refused.store(true, Ordering::Relaxed);
                    return self.write_parts_at(parts, at, sync);
                }
                written => written?,
            },
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&self.fd)?)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(&self.fd, FallocateFlags::empty(), 0, len)?)
    }

    fn punch_hole(&self, at: u64, len: u64) -> io::Result<()> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(rustix::fs::fallocate(&self.fd, flags, at, len)?)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(&self.fd)?.st_size.cast_unsigned())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&self.fd, len)?)
    }

    fn try_lock(&self) -> io::Result<bool> {
        match rustix::fs::flock(&self.fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn drop_cache(&self) -> io::Result<()> {
        if self.direct {
            return Ok(());
        }
        // Pages that still wait to be written cannot be dropped.
        self.sync_data()?;
        Ok(rustix::fs::fadvise(&self.fd, 0, None, Advice::DontNeed)?)
    }

    fn is_direct(&self) -> bool {
        self.direct
    }
}

impl OsFile {
    fn write_all(&self, parts: &[&[u8]], at: u64, flags: ReadWriteFlags) -> rustix::io::Result<()> {
        let whole = self.direct || flags.contains(ReadWriteFlags::DSYNC);
        write_all(parts, at, whole, |rest, at| rustix::io::pwritev2(&self.fd, rest, at, flags))
    }
}

/// Calls `write` until all is written. If it must be `whole`, a short write is an error, as a disk
/// that is well writes such calls whole; through the page cache a large one may be short.
fn write_all(
    parts: &[&[u8]],
    at: u64,
    whole: bool,
    write: impl Fn(&[IoSlice<'_>], u64) -> rustix::io::Result<usize>,
) -> rustix::io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut rest = slices.as_mut_slice();
    let mut at = at;
    // Empty slices in front are dropped; an empty list ends the loop.
    IoSlice::advance_slices(&mut rest, 0);
    let mut short = false;
    while !rest.is_empty() {
        match write(rest, at) {
            // A disk that takes nothing and reports nothing is broken.
            Ok(0) => return Err(Errno::IO),
            // The call after a short one was made to learn why: the disk may be full.
            Err(error @ (Errno::NOSPC | Errno::DQUOT)) => return Err(error),
            Ok(_) | Err(_) if short => return Err(Errno::IO),
            Ok(count) => {
                IoSlice::advance_slices(&mut rest, count);
                at += count as u64;
                short = whole && !rest.is_empty();
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Names the path, which the system's message leaves out. The kind stays; the raw code does not.
fn at_path(path: &Path, error: impl Into<io::Error>) -> io::Error {
    let error = error.into();
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
