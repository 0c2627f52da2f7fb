//! Files and directories as a trait, so that tests put a simulated disk in the place of a real one.
//!
//! What is durable when: bytes of a file after [`DiskFile::sync_data`] or a write with
//! [`Sync::OwnBytes`]; names (create, rename, remove) after [`Disk::sync_dir`] of their directory;
//! directories when [`Disk::create_dir_all`] returns. Nothing else survives a crash for certain.

use std::fmt::Debug;
use std::io;
use std::marker::Sync as Shareable;
use std::path::Path;
use std::sync::Arc;

use crate::aligned::AlignedBuf;

mod os;

pub use os::OsDisk;

#[cfg(test)]
mod tests;

/// Unit of direct I/O: position, length and memory address are multiples of it.
pub const BLOCK: usize = 4096;
/// What a disk writes whole or not at all.
pub const SECTOR: usize = 512;

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Writable; every file is readable.
    pub write: bool,
    pub create: Create,
    /// Starts with length 0.
    pub truncate: bool,
    /// Past the page cache where the file system can (see [`DiskFile::is_direct`]). Then every
    /// position, length and address is a multiple of [`BLOCK`].
    pub direct: bool,
}

/// What to do if the file is missing, or there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Create {
    /// It must be there.
    #[default]
    No,
    /// Created if it is not there.
    IfMissing,
    /// It must not be there.
    New,
}

impl Open {
    /// An existing file, for reading.
    #[must_use]
    pub const fn read() -> Self {
        Self { write: false, create: Create::No, truncate: false, direct: false }
    }

    /// An existing file, for reading and writing.
    #[must_use]
    pub const fn update() -> Self {
        Self { write: true, ..Self::read() }
    }

    /// For reading and writing, created if it is missing.
    #[must_use]
    pub const fn create() -> Self {
        Self { create: Create::IfMissing, ..Self::update() }
    }

    /// For reading and writing; an error if it exists.
    #[must_use]
    pub const fn create_new() -> Self {
        Self { create: Create::New, ..Self::update() }
    }

    /// For reading and writing, empty, whether it existed or not.
    #[must_use]
    pub const fn replace() -> Self {
        Self { truncate: true, ..Self::create() }
    }

    /// The same, past the page cache.
    #[must_use]
    pub const fn direct(self) -> Self {
        Self { direct: true, ..self }
    }
}

/// When written bytes must be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// At the next [`DiskFile::sync_data`].
    Later,
    /// When the call returns; says nothing about bytes written earlier.
    OwnBytes,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// Names that are not UTF-8 are not ours and not listed.
    pub name: String,
    /// Bytes, 0 for a directory.
    pub len: u64,
    pub is_dir: bool,
}

/// A file system.
pub trait Disk: Send + Shareable + Debug {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>>;
    /// Creates `dir` and what is missing above it; they are durable when the call returns.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Replaces `to` if it is a file that exists.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Open files stay usable until they are dropped.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory and what is in it.
    fn remove_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Makes creations, renames and removals directly in `dir` durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Names directly in `dir`, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>>;
    /// Whether the name is there, whatever it leads to: a symbolic link counts by itself. An error
    /// says that nobody knows.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Bytes that this process can still use on the file system that holds `path`.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
    /// Size of the file system that holds `path`.
    fn total_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// An open file. All positions are explicit, so that threads share it without a lock.
pub trait DiskFile: Send + Shareable + Debug {
    /// Reads up to `buf.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes all of `bytes` or fails; after a failure any part of them may be there.
    fn write_at(&self, bytes: &[u8], at: u64, sync: Sync) -> io::Result<()>;
    /// Writes the parts one behind the other, as one write.
    fn write_parts_at(&self, parts: &[&[u8]], at: u64, sync: Sync) -> io::Result<()> {
        let mut joined = AlignedBuf::zeroed(parts.iter().map(|part| part.len()).sum());
        let mut rest: &mut [u8] = &mut joined;
        for part in parts {
            let (place, behind) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = behind;
        }
        self.write_at(&joined, at, sync)
    }
    /// Makes everything written so far durable, and the length.
    fn sync_data(&self) -> io::Result<()>;
    /// Takes disk space for the first `len` bytes, so that writing there cannot run out of it. A
    /// shorter file becomes `len` long, with zeros.
    fn allocate(&self, len: u64) -> io::Result<()>;
    /// Gives the whole blocks of the range back to the file system; they read as zeros. A file
    /// system that cannot answers `Unsupported`.
    fn punch_hole(&self, at: u64, len: u64) -> io::Result<()>;
    fn len(&self) -> io::Result<u64>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Takes the exclusive lock of the file; `false` if another opener holds it. It ends with this
    /// handle, also when the process dies.
    fn try_lock(&self) -> io::Result<bool>;
    /// Makes the next reads ask the disk: after a failed write-back the system keeps pages as if
    /// the disk held them. Syncs first. Nothing to do for a direct file, which has no pages, and
    /// without effect where the cache is all there is.
    fn drop_cache(&self) -> io::Result<()>;
    /// Whether I/O goes past the page cache and so must be aligned.
    fn is_direct(&self) -> bool;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` or fails with `UnexpectedEof`.
    fn read_exact_at(&self, buf: &mut [u8], at: u64) -> io::Result<()> {
        if self.read_at(buf, at)? == buf.len() {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("file ends within the {} bytes at {at}", buf.len()),
        ))
    }
}
