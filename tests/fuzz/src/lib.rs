//! The fuzz table: what reads bytes of clients or disks, fed with bytes that nobody meant.
//!
//! A target is a row: a corpus of well-formed inputs, a repair that makes their checksums right
//! again after mutation, and a function that must return for any input, without a panic and within
//! a ceiling of memory. Stable Rust alone: no coverage feedback, so depth comes from the corpora
//! and the repairs. `RINGTIDE_FUZZ_SECONDS` is the budget per target, see [`run`].

mod mutate;
mod run;
pub mod targets;

pub use mutate::Shape;
pub use run::{Report, run};

/// The allocator that ceilings are measured with.
#[global_allocator]
static ALLOCATOR: broker_env::sim::CountingAllocator = broker_env::sim::CountingAllocator;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Also the name of the test that runs it, behind `fuzz_`.
    pub name: &'static str,
    /// Well-formed inputs, and inputs that once failed.
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// Makes lengths and checksums right again, where it can find them; half of the inputs get it.
    pub repair: fn(&mut [u8]),
    /// Panics where a property does not hold. Yields whether the input was taken for a good one: a
    /// run in which none is has tested the outermost check alone.
    pub execute: fn(&[u8]) -> bool,
    /// Bytes that an execution may hold beside an input of this length.
    pub ceiling: fn(usize) -> u64,
    pub shape: Shape,
}
