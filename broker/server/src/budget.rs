//! Budgets that clients cannot grow past.
//!
//! A budget is taken **before** memory is allocated and given back when its permit drops. Whoever
//! finds one empty waits or closes; nobody allocates first and counts later.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A number of bytes (or things) that may be held at once, shared by all shards.
#[derive(Debug)]
pub(crate) struct Budget {
    capacity: AtomicU64,
    used: AtomicU64,
}

impl Budget {
    pub(crate) fn new(capacity: u64) -> Arc<Self> {
        Arc::new(Self { capacity: AtomicU64::new(capacity), used: AtomicU64::new(0) })
    }

    /// Takes `amount`, or nothing when it does not fit.
    pub(crate) fn take(self: &Arc<Self>, amount: u64) -> Option<Permit> {
        let capacity = self.capacity();
        let fits = |used: u64| used.checked_add(amount).filter(|&sum| sum <= capacity);
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
            .ok()
            .map(|_| Permit { budget: Arc::clone(self), amount })
    }

    /// Takes `amount` even beyond the capacity: for bytes that are here already. Whoever may bring
    /// more asks [`Budget::has_room`] first.
    pub(crate) fn force(self: &Arc<Self>, amount: u64) -> Permit {
        self.used.fetch_add(amount, Ordering::AcqRel);
        Permit { budget: Arc::clone(self), amount }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.used() < self.capacity()
    }

    /// Whether more than half is used: what can do with less should.
    pub(crate) fn is_short(&self) -> bool {
        self.used() > self.capacity() / 2
    }

    pub(crate) fn free(&self) -> u64 {
        self.capacity().saturating_sub(self.used())
    }

    pub(crate) fn capacity(&self) -> u64 {
        // Nothing is ordered by it: whoever takes meanwhile may still find the one before.
        self.capacity.load(Ordering::Relaxed)
    }

    /// Lends up to `capacity` from now on. What was lent beyond it stays lent.
    pub(crate) fn set_capacity(&self, capacity: u64) {
        self.capacity.store(capacity, Ordering::Relaxed);
    }

    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }
}

/// A part of a budget; dropping it gives the part back.
#[derive(Debug)]
pub(crate) struct Permit {
    budget: Arc<Budget>,
    amount: u64,
}

impl Permit {
    pub(crate) const fn amount(&self) -> u64 {
        self.amount
    }

    /// One permit for what both covered.
    pub(crate) fn join(mut self, mut other: Self) -> Self {
        assert!(Arc::ptr_eq(&self.budget, &other.budget), "permits of one budget");
        self.amount += std::mem::take(&mut other.amount);
        self
    }

    /// Gives back all but `amount`.
    pub(crate) fn shrink(&mut self, amount: u64) {
        let surplus = self.amount.saturating_sub(amount);
        self.budget.used.fetch_sub(surplus, Ordering::AcqRel);
        self.amount -= surplus;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let before = self.budget.used.fetch_sub(self.amount, Ordering::AcqRel);
        assert!(before >= self.amount, "a permit gives back what it took, once");
    }
}

#[cfg(test)]
mod tests;
