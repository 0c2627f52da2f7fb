//! How much room appends take at worst, and how much each class may take. Pure arithmetic.
//!
//! An append is admitted before it is placed, while other admitted appends may be placed first. So
//! what counts is what everything admitted can take together, wherever the groups will be cut.

use crate::config::WalConfig;
use crate::entry::{self, Class};
use crate::geometry::{BLOCK, SECTOR, block_end};

/// Header and padding that a group adds to its entries, at most.
const GROUP_OVERHEAD: u64 = SECTOR + BLOCK - 8;
/// Groups that any append may begin: by closing the open one, at a lap's end, and its last.
const GROUPS_BEGUN: u64 = 3;
/// Padding and header of an entry, at most.
const ENTRY_OVERHEAD: u64 = entry::HEADER_LEN as u64 + 7;

/// Bytes that an append takes at most, without the rest of a lap that it may have to skip.
pub(crate) const fn worst_case(entries: u64, bytes: u64, group_bytes_max: u64) -> u64 {
    let placed = bytes + entries * ENTRY_OVERHEAD;
    // The entries of a group and the first one of the next exceed one group, or they would share
    // it; so each pair of groups takes that much.
    let groups = GROUPS_BEGUN + (2 * placed).div_ceil(group_bytes_max - GROUP_OVERHEAD);
    // And each but the one that is open already begins with an entry.
    let groups = if groups < entries { groups } else { entries + 1 };
    placed + groups * GROUP_OVERHEAD
}

/// The longest rest of a lap that is too short for an entry.
pub(crate) const fn worst_gap(largest: u64) -> u64 {
    block_end(SECTOR + entry::size(largest)) - BLOCK
}

/// What each class may fill, in bytes of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    user: u64,
    internal: u64,
    control: u64,
}

impl Limits {
    /// Of the last 8 %, the larger of 2 % and four groups of 4 KiB belongs to control entries
    /// alone, the rest to internal topics.
    pub(crate) fn new(config: &WalConfig) -> Self {
        let capacity = config.capacity;
        let internal = capacity - (capacity / 50).max(4 * BLOCK);
        Self { user: (capacity / 100 * 92).min(internal), internal, control: capacity }
    }

    /// What only control entries may fill.
    pub(crate) const fn control_reserve(self) -> u64 {
        self.control - self.internal
    }

    pub(crate) const fn of(self, class: Class) -> u64 {
        match class {
            Class::User => self.user,
            Class::Internal => self.internal,
            Class::Control => self.control,
        }
    }
}

#[cfg(test)]
mod tests;
