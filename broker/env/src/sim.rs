//! Disks for tests: one in memory, one that remembers every operation so that any crash can be
//! staged, one that fails where a test asks for it.
//!
//! A plain public module, because the tests of every crate above use it. It reproduces what a file
//! system promises and no more: what was not synced may be lost, whole or in parts.

mod allocations;
mod crash;
mod fault;
mod image;
mod mem;
mod rng;

pub use allocations::{CountingAllocator, allocations_of, peak_of};
pub use crash::{Choices, CrashLog, CrashPoint, CrashPoints, DiskOp, Kept, RecordingDisk};
pub use fault::{Call, Fault, FaultDisk, Injected, Rule, flip_bits};
pub use image::Image;
pub use mem::MemDisk;
pub use rng::Rng;
