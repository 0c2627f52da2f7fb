//! A file system in memory, as strict as a real one: positions of direct files are aligned,
//! read-only handles do not write, space runs out, locks end with their handle.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::image::{Image, Inode, Node};
use crate::disk::{BLOCK, Create, DirEntry, Disk, DiskFile, Open, Sync};

#[cfg(test)]
mod tests;

/// An in-memory [`Disk`]; clones share it.
#[derive(Clone)]
pub struct MemDisk {
    state: Arc<Mutex<State>>,
}

struct State {
    image: Image,
    /// Bytes of the file system.
    capacity: u64,
    /// Handles that are open, by file.
    handles: BTreeMap<Inode, usize>,
    /// Which handle holds the lock of a file.
    locks: BTreeMap<Inode, u64>,
    next_handle: u64,
    /// Direct I/O is refused, as by tmpfs.
    buffered: bool,
}

impl Default for MemDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl MemDisk {
    /// An empty disk of 64 GiB, of which only what is written takes memory.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Image::default(), 64 << 30)
    }

    /// An empty disk on which `capacity` bytes fit.
    #[must_use]
    pub fn with_capacity(capacity: u64) -> Self {
        Self::with(Image::default(), capacity)
    }

    /// A disk that starts with `image`: what a machine finds when it boots.
    #[must_use]
    pub fn from_image(image: Image) -> Self {
        Self::with(image, 64 << 30)
    }

    /// Refuses direct I/O from here on: files are opened through the cache.
    #[must_use]
    pub fn buffered(self) -> Self {
        self.state.lock().buffered = true;
        self
    }

    fn with(image: Image, capacity: u64) -> Self {
        let (handles, locks) = (BTreeMap::new(), BTreeMap::new());
        let state = State { image, capacity, handles, locks, next_handle: 0, buffered: false };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// What is on the disk now, synced or not.
    #[must_use]
    pub fn image(&self) -> Image {
        self.state.lock().image.clone()
    }

    /// Opens and says which file it is.
    pub(super) fn open_file(&self, path: &Path, how: Open) -> io::Result<Arc<MemFile>> {
        let mut state = self.state.lock();
        let inode = match (state.image.node(path), how.create) {
            (Some(Node::File(_)), Create::New) => {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    format!("{}: exists", path.display()),
                ));
            }
            (None, Create::IfMissing | Create::New) => {
                let inode = state.image.new_inode();
                state.image.link(path, inode)?;
                inode
            }
            _ => state.image.file(path)?,
        };
        if how.truncate {
            state.image.body_mut(inode).set_len(0)?;
        }
        *state.handles.entry(inode).or_default() += 1;
        let handle = state.next_handle;
        let how = Open { direct: how.direct && !state.buffered, ..how };
        state.next_handle += 1;
        drop(state);
        Ok(Arc::new(MemFile { disk: self.clone(), inode, handle, how }))
    }
}

impl fmt::Debug for MemDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemDisk").finish_non_exhaustive()
    }
}

impl Disk for MemDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.open_file(path, how)?)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.state.lock().image.make_dirs(dir)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        let replaced = state.image.file(to).ok();
        state.image.rename(from, to)?;
        state.reclaim(replaced);
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        let removed = state.image.unlink(path)?;
        state.reclaim(Some(removed));
        Ok(())
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.image.require_dir(dir)?;
        for path in state.image.below(dir).iter().rev() {
            if state.image.node(path) == Some(Node::Dir) {
                state.image.remove_dir(path)?;
            } else {
                let removed = state.image.unlink(path)?;
                state.reclaim(Some(removed));
            }
        }
        state.image.remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.state.lock().image.require_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        self.state.lock().image.list(dir)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.state.lock().image.node(path).is_some())
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        let state = self.state.lock();
        Ok(state.capacity.saturating_sub(state.image.used_bytes()))
    }

    fn total_bytes(&self, _path: &Path) -> io::Result<u64> {
        Ok(self.state.lock().capacity)
    }
}

impl State {
    /// Frees a file without names and handles.
    fn reclaim(&mut self, inode: Option<Inode>) {
        if let Some(inode) = inode
            && !self.handles.contains_key(&inode)
            && !self.image.is_linked(inode)
        {
            self.image.forget(inode);
        }
    }

    fn take_space(&self, inode: Inode, at: u64, len: u64) -> io::Result<()> {
        let needed = self.image.body(inode).missing_bytes(at, len);
        if needed > 0 && self.image.used_bytes() + needed > self.capacity {
            return Err(rustix::io::Errno::NOSPC.into());
        }
        Ok(())
    }
}

/// A handle on a file of a [`MemDisk`].
pub(super) struct MemFile {
    disk: MemDisk,
    inode: Inode,
    /// Tells this handle from the others: locks belong to handles.
    handle: u64,
    how: Open,
}

impl MemFile {
    pub(super) fn inode(&self) -> Inode {
        self.inode
    }

    fn check_aligned(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let aligned = bytes.as_ptr().addr().is_multiple_of(BLOCK)
            && bytes.len().is_multiple_of(BLOCK)
            && at.is_multiple_of(BLOCK as u64);
        if !self.how.direct || aligned {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "direct I/O needs position, length and address in multiples of {BLOCK}: \
                 {} bytes at {at}, address {:p}",
                bytes.len(),
                bytes.as_ptr()
            ),
        ))
    }

    fn check_writable(&self) -> io::Result<()> {
        if self.how.write { Ok(()) } else { Err(rustix::io::Errno::BADF.into()) }
    }
}

impl Drop for MemFile {
    fn drop(&mut self) {
        let mut state = self.disk.state.lock();
        if state.locks.get(&self.inode) == Some(&self.handle) {
            state.locks.remove(&self.inode);
        }
        if let Some(handles) = state.handles.get_mut(&self.inode) {
            *handles -= 1;
            if *handles == 0 {
                state.handles.remove(&self.inode);
                state.reclaim(Some(self.inode));
            }
        }
    }
}

impl fmt::Debug for MemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemFile").field("inode", &self.inode.0).finish_non_exhaustive()
    }
}

impl DiskFile for MemFile {
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        self.check_aligned(buf, at)?;
        Ok(self.disk.state.lock().image.body(self.inode).read(buf, at))
    }

    fn write_at(&self, bytes: &[u8], at: u64, _sync: Sync) -> io::Result<()> {
        self.check_writable()?;
        self.check_aligned(bytes, at)?;
        let mut state = self.disk.state.lock();
        state.take_space(self.inode, at, bytes.len() as u64)?;
        state.image.body_mut(self.inode).write(bytes, at)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        let mut state = self.disk.state.lock();
        state.take_space(self.inode, 0, len)?;
        state.image.body_mut(self.inode).allocate(len)
    }

    fn punch_hole(&self, at: u64, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.disk.state.lock().image.body_mut(self.inode).punch(at, len);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state.lock().image.body(self.inode).len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.disk.state.lock().image.body_mut(self.inode).set_len(len)
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut state = self.disk.state.lock();
        Ok(*state.locks.entry(self.inode).or_insert(self.handle) == self.handle)
    }

    fn drop_cache(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_direct(&self) -> bool {
        self.how.direct
    }
}
