//! Read buffers that are used again: fresh pages cost more than the read.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::DiskFile;
use bytes::Bytes;
use parking_lot::Mutex;

/// Buffers that are kept come in multiples of this, so that they fit again; smaller ones cost no
/// fresh pages and are not kept.
const STEP: usize = 64 << 10;
/// Bytes of one read. A disk serves one after the other: the ring's next write, for which producers wait, waits for so
/// much of each reader and not for all that one has asked for.
const READ_AT_ONCE: usize = 512 << 10;

/// Keeps freed buffers up to a limit of bytes.
#[derive(Debug)]
pub(super) struct BufferPool {
    free: Mutex<Free>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Free {
    buffers: Vec<AlignedBuf>,
    bytes: usize,
}

impl BufferPool {
    pub(super) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::default(), bytes_max })
    }

    /// A buffer of at least `len` bytes with any contents.
    pub(super) fn take(self: &Arc<Self>, len: usize) -> PooledBuf {
        let pool = Arc::clone(self);
        if len < STEP {
            return PooledBuf { buffer: Some(AlignedBuf::zeroed(len)), pool };
        }
        let fits = |buffer: &AlignedBuf| buffer.len() >= len && buffer.len() / 2 <= len.max(STEP);
        let mut free = self.free.lock();
        let found = free.buffers.iter().position(fits).map(|at| free.buffers.swap_remove(at));
        free.bytes -= found.as_ref().map_or(0, |buffer| buffer.len());
        drop(free);
        let buffer = found.unwrap_or_else(|| AlignedBuf::zeroed(len.next_multiple_of(STEP)));
        PooledBuf { buffer: Some(buffer), pool }
    }

    fn put(&self, buffer: AlignedBuf) {
        let mut free = self.free.lock();
        if buffer.len() >= STEP && free.bytes + buffer.len() <= self.bytes_max {
            free.bytes += buffer.len();
            free.buffers.push(buffer);
        }
    }
}

/// A buffer that goes back to its pool.
#[derive(Debug)]
pub(super) struct PooledBuf {
    /// `None` only while it is dropped.
    buffer: Option<AlignedBuf>,
    pool: Arc<BufferPool>,
}

impl PooledBuf {
    /// Reads its first `len` bytes from `at` of `file` on; all three are multiples of the block.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before.
    pub(super) fn read(&mut self, file: &dyn DiskFile, at: u64, len: usize) -> io::Result<()> {
        let buffer = self.buffer.as_mut().and_then(|buffer| buffer.get_mut(..len));
        let parts = buffer.unwrap_or_default().chunks_mut(READ_AT_ONCE);
        for (at, part) in (at..).step_by(READ_AT_ONCE).zip(parts) {
            file.read_exact_at(part, at)?;
        }
        Ok(())
    }

    /// Shares a part of it; the buffer goes back when the last share is dropped.
    pub(super) fn share(self, range: Range<usize>) -> Bytes {
        Bytes::from_owner(self).slice(range)
    }
}

impl AsRef<[u8]> for PooledBuf {
    fn as_ref(&self) -> &[u8] {
        self.buffer.as_deref().unwrap_or_default()
    }
}

impl Drop for PooledBuf {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.pool.put(buffer);
        }
    }
}
