//! Memory that `O_DIRECT` accepts.
//!
//! The buffer never grows, so a pointer the kernel was given stays good as long as the buffer.

#![expect(unsafe_code, reason = "an alignment above that of u8 needs the allocator itself")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
use std::num::NonZero;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::caches;
use crate::disk::BLOCK;

#[cfg(test)]
mod tests;

const ALIGN: NonZero<usize> = NonZero::new(BLOCK).unwrap();

/// A heap buffer of fixed length that starts on a 4 KiB boundary.
pub struct AlignedBuf {
    /// Start of `layout.size()` initialised bytes; an aligned address of nothing if that is 0.
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the buffer owns its bytes alone, as `Box<[u8]>` does; nothing else points to them.
unsafe impl Send for AlignedBuf {}
// SAFETY: `&AlignedBuf` gives out `&[u8]` only.
unsafe impl Sync for AlignedBuf {}

impl AlignedBuf {
    /// `len` zero bytes. The pages are touched only when written.
    ///
    /// # Panics
    /// If `len` exceeds `isize::MAX` less one block, which no caller's limit allows.
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        let layout = Layout::from_size_align(len, BLOCK).unwrap_or_else(|_| {
            panic!("a buffer of {len} bytes cannot exist: its size must be bounded by the caller")
        });
        if len == 0 {
            return Self { start: NonNull::without_provenance(ALIGN), layout };
        }
        // SAFETY: the size of `layout` is not 0.
        let start = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        Self { start, layout }
    }

    /// `bytes`, padded with zeros to whole blocks of 4 KiB.
    #[must_use]
    pub fn padded(bytes: &[u8]) -> Self {
        let mut buffer = Self::zeroed(bytes.len().next_multiple_of(BLOCK));
        buffer.split_at_mut(bytes.len()).0.copy_from_slice(bytes);
        buffer
    }

    /// Copies `bytes` to `at` for the disk to read: past the processor's caches.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn stream(&mut self, at: usize, bytes: &[u8]) {
        assert!(at <= self.layout.size(), "a copy behind the buffer");
        assert!(bytes.len() <= self.layout.size() - at, "a copy past the buffer");
        // SAFETY: `at` is within the buffer or at its end.
        let target = unsafe { self.start.add(at) };
        // SAFETY: the target lies in the buffer (checked), which `&mut self` holds alone.
        unsafe { caches::copy_past(bytes, target.as_ptr()) };
    }
}

impl Deref for AlignedBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `start` points to `size` initialised bytes that live as long as `self`; for size
        // 0 it is aligned and not null, as an empty slice wants it.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }
}

impl DerefMut for AlignedBuf {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and `&mut self` is the only way to the bytes.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

impl Drop for AlignedBuf {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: `start` came from `alloc_zeroed` with this very layout and is freed once.
            unsafe { dealloc(self.start.as_ptr(), self.layout) };
        }
    }
}

impl AsRef<[u8]> for AlignedBuf {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for AlignedBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlignedBuf").field("len", &self.len()).finish_non_exhaustive()
    }
}
