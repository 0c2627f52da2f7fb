//! How long a connection is held back, and by what.

use crate::metrics::Limit;

#[cfg(test)]
mod tests;

/// A pause; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) ms: u64,
    /// What asked for it.
    pub(crate) cause: Option<Limit>,
}

impl Throttle {
    pub(crate) const fn new(cause: Limit, ms: u64) -> Self {
        Self { ms, cause: Some(cause) }
    }

    /// The longer of two pauses: they pass at the same time.
    #[must_use]
    pub(crate) const fn or(self, other: Self) -> Self {
        if other.ms > self.ms { other } else { self }
    }

    /// As answers tell it.
    pub(crate) fn to_wire(self) -> i32 {
        i32::try_from(self.ms).unwrap_or(i32::MAX)
    }
}
