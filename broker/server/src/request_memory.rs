//! The memory of decoded requests, until they are answered.

use crate::{broker::Budgets, budget::Permit};

/// A request of so many bytes, decoded, is answered whatever memory there is.
const SMALL_BYTES: u64 = 16 << 10;

/// The memory of one request.
///
/// It is a part of `memory.request.bytes`, and all of them together are at most half of that:
/// a group's members may wait for minutes, and records must find room meanwhile.
#[derive(Debug, Default)]
pub(crate) struct RequestMemory {
    _permits: Option<(Permit, Permit)>,
}

impl RequestMemory {
    /// Whether a request of `bytes` at least is worth a closer look.
    pub(crate) fn may_be_had(budgets: &Budgets, bytes: u64) -> bool {
        bytes <= SMALL_BYTES.max(budgets.decoded.free()) || budgets.decoded.used() == 0
    }

    /// Takes `bytes`, or nothing while others hold too much. What is larger than there is at all
    /// gets through alone.
    pub(crate) fn take(budgets: &Budgets, bytes: u64) -> Option<Self> {
        let decoded = match budgets.decoded.take(bytes) {
            Some(permit) => permit,
            None if bytes <= SMALL_BYTES || budgets.decoded.used() == 0 => {
                budgets.decoded.force(bytes)
            }
            None => return None,
        };
        Some(Self { _permits: Some((decoded, budgets.requests.force(bytes))) })
    }

    /// As [`RequestMemory::take`], for requests that come by the ten thousand a second: of a small one
    /// nothing is counted, since a connection has few of them under way.
    pub(crate) fn of_large(budgets: &Budgets, bytes: u64) -> Option<Self> {
        if bytes <= SMALL_BYTES { Some(Self::default()) } else { Self::take(budgets, bytes) }
    }
}

#[cfg(test)]
mod tests;
