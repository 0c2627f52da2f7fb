//! The bytes themselves: one anonymous mapping, huge pages advised, zero until touched.
//!
//! Who may touch which byte when is decided above; here only the bounds are checked.

#![expect(unsafe_code, reason = "shared memory that is written while other parts of it are read")]

use std::io;
use std::ptr::NonNull;

/// An anonymous mapping. Miri, which knows no `mmap`, gets heap memory in its place.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to nobody's thread; all access goes through `write` and `read`, whose
// callers prove that no byte is written while another thread accesses it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    #[cfg(not(miri))]
    pub(super) fn anonymous(len: usize) -> io::Result<Self> {
        use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let rights = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let start = unsafe { mmap_anonymous(std::ptr::null_mut(), len, rights, flags) }?;
        // Advice may be refused; the pages are small then.
        // SAFETY: the range is the mapping just made, and the advice changes no content.
        let _ = unsafe { madvise(start, len, Advice::LinuxHugepage) };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len })
    }

    #[cfg(miri)]
    pub(super) fn anonymous(len: usize) -> io::Result<Self> {
        let layout = std::alloc::Layout::from_size_align(len, 4096).map_err(io::Error::other)?;
        // SAFETY: callers never ask for 0 bytes.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        let start = NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len })
    }

    /// Faults pages in, writable, as a first write would. Their bytes stay what they are, so others
    /// may read and write them meanwhile.
    #[cfg(not(miri))]
    pub(super) fn populate(&self, from: usize, to: usize) -> bool {
        use rustix::mm::{Advice, madvise};
        assert!(from <= to && to <= self.len, "pages past the mapping");
        // SAFETY: `from` is within the mapping or at its end.
        let start = unsafe { self.start.add(from) };
        // SAFETY: the range lies in our own mapping (checked), and the advice changes no content.
        let done = unsafe { madvise(start.as_ptr().cast(), to - from, Advice::LinuxPopulateWrite) };
        done.is_ok()
    }

    #[cfg(miri)]
    pub(super) fn populate(&self, _from: usize, _to: usize) -> bool {
        false
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Copies `bytes` to `at`.
    ///
    /// # Safety
    /// No other thread reads or writes `at .. at + bytes.len()` meanwhile, and no slice from `read`
    /// covers any of it.
    pub(super) unsafe fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at <= self.len, "write behind the mapping");
        assert!(bytes.len() <= self.len - at, "write past the mapping");
        // SAFETY: `at` is within the mapping or at its end.
        let target = unsafe { self.start.add(at) };
        // SAFETY: source is readable, target is `bytes.len()` writable bytes of the mapping
        // (checked), they do not overlap as the caller promises that no slice covers the target.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target.as_ptr(), bytes.len()) };
    }

    /// The bytes at `at`.
    ///
    /// # Safety
    /// Nobody writes `at .. at + len` while the slice lives.
    pub(super) unsafe fn read(&self, at: usize, len: usize) -> &[u8] {
        assert!(at <= self.len, "read behind the mapping");
        assert!(len <= self.len - at, "read past the mapping");
        // SAFETY: `at` is within the mapping or at its end.
        let source = unsafe { self.start.add(at) };
        // SAFETY: `len` bytes of the mapping (checked), initialised by the kernel's zeros, alive as
        // long as `self`, and not written meanwhile as the caller promises.
        unsafe { std::slice::from_raw_parts(source.as_ptr(), len) }
    }
}

impl Drop for Mapping {
    #[cfg(not(miri))]
    fn drop(&mut self) {
        // SAFETY: start and length are those of the mapping, and no slice outlives `self`.
        let unmapped = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "munmap of our own mapping failed");
    }

    #[cfg(miri)]
    fn drop(&mut self) {
        // SAFETY: size and alignment are those of `anonymous`, which accepted them.
        let layout = unsafe { std::alloc::Layout::from_size_align_unchecked(self.len, 4096) };
        // SAFETY: allocated with this layout, freed once.
        unsafe { std::alloc::dealloc(self.start.as_ptr(), layout) };
    }
}
