//! The maps of the project: std's tables over a fast hasher with one seed for the process.
//!
//! Iteration order depends on the seed and the keys alone, so that a run is reproducible. The
//! binary draws the seed at start, before any map exists; tests keep the default.

#![expect(clippy::disallowed_types, reason = "this is the one place that gives std's maps a seed")]

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};

#[cfg(test)]
mod tests;

/// `std`'s map with the process-wide seed. Make one with `HashMap::default()`.
pub type HashMap<K, V> = std::collections::HashMap<K, V, SeededState>;
/// `std`'s set with the process-wide seed. Make one with `HashSet::default()`.
pub type HashSet<T> = std::collections::HashSet<T, SeededState>;

static SEED: AtomicU64 = AtomicU64::new(0x52_494e_4754_4944);

/// Sets the seed of every map made from now on: the binary's guard against keys chosen to collide.
pub fn seed_hashers(seed: u64) {
    SEED.store(seed, Ordering::Relaxed);
}

/// Builds hashers from the seed that was set when the map was made.
#[derive(Clone, Debug)]
pub struct SeededState(SeedableRandomState);

impl Default for SeededState {
    fn default() -> Self {
        Self(SeedableRandomState::with_seed(
            SEED.load(Ordering::Relaxed),
            SharedSeed::global_fixed(),
        ))
    }
}

impl BuildHasher for SeededState {
    type Hasher = FoldHasher<'static>;

    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}
