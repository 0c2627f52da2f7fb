//! An allocator that counts, for tests that hold code to a ceiling.
//!
//! Counts per thread, so that tests in parallel do not see each other; memory that another thread
//! frees stays counted. It serves what the system's allocator serves and refuses only what no test
//! of ours can mean, so that a length believed by mistake ends in an abort that names it.

#![expect(unsafe_code, reason = "an allocator can be written in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// A single allocation above this is refused.
const REFUSED: usize = 4 << 30;

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

/// Install it with `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

/// What `act` returns, and the most bytes this thread held at a time while it ran, beyond what it
/// held before. 0 unless [`CountingAllocator`] is installed.
pub fn peak_of<T>(act: impl FnOnce() -> T) -> (T, u64) {
    let before = LIVE.get();
    PEAK.set(before);
    let result = act();
    (result, (PEAK.get() - before).cast_unsigned())
}

/// What `act` returns, and how often this thread took memory while it ran, growth of what it had included. 0
/// unless [`CountingAllocator`] is installed.
pub fn allocations_of<T>(act: impl FnOnce() -> T) -> (T, u64) {
    let before = TAKEN.get();
    let result = act();
    (result, TAKEN.get() - before)
}

// SAFETY: every call is handed to `System` unchanged or refused with null, which the contract of
// `GlobalAlloc` allows; counting touches no memory that is handed out.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > REFUSED {
            return std::ptr::null_mut();
        }
        count(layout.size(), 0);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > REFUSED {
            return std::ptr::null_mut();
        }
        count(layout.size(), 0);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > REFUSED {
            return std::ptr::null_mut();
        }
        count(size, layout.size());
        // SAFETY: `block` came from `System` with this layout, as every block does.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: `block` came from `System` with this layout, as every block does.
        unsafe { System.dealloc(block, layout) }
    }
}

/// A thread that is ending may have no counters left; nobody measures it then.
fn count(more: usize, less: usize) {
    let _ = LIVE.try_with(|live| {
        let now = live.get() + signed(more);
        // A block that moves exists twice for a moment.
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now)));
        live.set(now - signed(less));
    });
    if more > 0 {
        let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
    }
}

/// Layouts are never above `isize::MAX`.
const fn signed(bytes: usize) -> i64 {
    bytes.cast_signed() as i64
}
