//! Which subsets of the pending changes a test looks at.

use crate::sim::Rng;

/// A subset of the pending changes of a crash point: those that reached the disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kept {
    bits: Vec<u64>,
}

impl Kept {
    /// None of the `pending` changes.
    #[must_use]
    pub fn none(pending: usize) -> Self {
        Self { bits: vec![0; pending.div_ceil(64)] }
    }

    /// All of them.
    #[must_use]
    pub fn all(pending: usize) -> Self {
        Self { bits: vec![u64::MAX; pending.div_ceil(64)] }
    }

    /// The same, with change `at` kept or lost.
    #[must_use]
    pub fn with(mut self, at: usize, kept: bool) -> Self {
        if let Some(word) = self.bits.get_mut(at / 64) {
            let bit = 1 << (at % 64);
            *word = if kept { *word | bit } else { *word & !bit };
        }
        self
    }

    /// Whether change `at` reached the disk.
    #[must_use]
    pub fn has(&self, at: usize) -> bool {
        self.bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

/// How many subsets of many changes are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    /// Up to so many changes every subset is tried.
    pub exhaustive: usize,
    /// Beyond: none, all, all but one, and so many drawn at random.
    pub random: usize,
    pub seed: u64,
}

impl Default for Choices {
    fn default() -> Self {
        Self { exhaustive: 12, random: 2000, seed: 1 }
    }
}

impl Choices {
    /// The subsets of `pending` changes to look at.
    ///
    /// # Panics
    /// If `exhaustive` is 64 or more: no test looks at so many states.
    pub fn subsets(self, pending: usize) -> impl Iterator<Item = Kept> {
        assert!(self.exhaustive < 64, "2^{} subsets are too many to try", self.exhaustive);
        let exhaustive = pending <= self.exhaustive;
        let every = if exhaustive { 1_u64 << pending } else { 0 };
        let every = (0..every).map(move |bits| Kept { bits: vec![bits; pending.div_ceil(64)] });

        let (drops, random) = if exhaustive { (0, 0) } else { (pending, self.random) };
        let ends = (!exhaustive).then(|| [Kept::none(pending), Kept::all(pending)]);
        let single = (0..drops).map(move |at| Kept::all(pending).with(at, false));
        let mut rng = Rng::new(self.seed);
        let random = (0..random).map(move |_| {
            // A crash rarely loses half of everything: draw how much, then what.
            let odds = rng.below(255);
            let mut kept = Kept::none(pending);
            for at in 0..pending {
                kept = kept.with(at, rng.below(255) < odds);
            }
            kept
        });
        every.chain(ends.into_iter().flatten()).chain(single).chain(random)
    }
}
