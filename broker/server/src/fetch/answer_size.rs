//! How many bytes of records one answer holds.
//!
//! What a socket does not take at once is copied and kept, so an answer grows with what the socket
//! takes, and no client is given more than a share of the memory that is free. While that is short,
//! a client gets what its socket took last: those who read go on, those who do not add nothing.
//! Pure but for the one look at the budget.

use super::FetchContext;

/// Bounds of what is usual.
const USUAL_MIN: u64 = 1 << 20;
const USUAL_MAX: u64 = 16 << 20;

/// Every socket takes about so much at once.
const TAKEN_MIN: u64 = 64 << 10;

/// A client gets so much of the free memory at most.
const SHARE: u64 = 4;

/// An answer up to this length is given even when no memory is left for what is not taken of it.
const UNCOVERED_MAX: u64 = 64 << 10;

/// The memory for what sockets do not take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) free: u64,
    pub(super) short: bool,
}

impl Memory {
    pub(super) fn of(context: &FetchContext<'_>) -> Self {
        let responses = &context.shard.broker.budgets.responses;
        Self { free: responses.free(), short: responses.is_short() }
    }

    /// Whether an answer with `bytes` of records may be given.
    pub(super) fn admits(self, bytes: u64) -> bool {
        bytes <= self.free.max(UNCOVERED_MAX)
    }
}

/// See the module's documentation.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnswerSize {
    usual: u64,
    /// What the socket took at once.
    taken: u64,
}

impl Default for AnswerSize {
    fn default() -> Self {
        Self { usual: USUAL_MIN, taken: TAKEN_MIN }
    }
}

impl AnswerSize {
    /// Most bytes of the next answer to a client that asks for `bytes_min` at least.
    pub(super) fn most(self, bytes_min: u64, memory: Memory) -> u64 {
        let most = if memory.short { self.taken } else { self.usual.max(bytes_min) };
        most.min(memory.free / SHARE)
    }

    /// The socket took `written` bytes of `total`.
    pub(super) fn wrote(&mut self, written: u64, total: u64) {
        if written < total {
            self.usual = written.clamp(USUAL_MIN, USUAL_MAX);
            self.taken = written.clamp(TAKEN_MIN, USUAL_MAX);
            return;
        }
        self.taken = self.taken.max(written).min(USUAL_MAX);
        if total >= self.usual / 2 {
            self.usual = (self.usual * 2).min(USUAL_MAX);
        }
    }
}

/// How many bytes are enough to answer a client that asks for `bytes_min`, of which an answer can
/// hold `most`. Batches are whole: an answer is seldom filled to its last byte.
pub(super) fn enough(bytes_min: u64, most: u64) -> u64 {
    if bytes_min <= most { bytes_min } else { (most / 2).max(1) }
}

#[cfg(test)]
mod tests;
