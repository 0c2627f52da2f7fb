//! The superblock: what must be known before the first group can be read. Three copies, a block
//! each, all rewritten one after the other; the one with the highest sequence counts.
//!
//! A copy's checksum covers its number, so that a copy written to another's place does not count.

use crate::geometry::{BLOCK, SUPERBLOCKS};
use crate::sector::{FORMAT, Get, Identity, Key, NUMBER_MAX, Put, Sector};

const MAGIC: [u8; 8] = *b"RTSUPER\x01";

/// Contents of a superblock. All positions only grow over the life of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Superblock {
    pub(crate) identity: Identity,
    /// Grows with every write.
    pub(crate) sequence: u64,
    pub(crate) capacity: u64,
    /// Of the process that wrote it.
    pub(crate) incarnation: u64,
    /// Where that process began to append. What lies behind it and is older was cut off.
    pub(crate) start: u64,
    /// Start of the first group that is needed; space below is reused only after this is on disk.
    pub(crate) trim: u64,
    /// Link that the group at `trim` carries.
    pub(crate) trim_chain: u128,
    /// Everything below it was durable when this was written.
    pub(crate) durable_floor: u64,
    /// Slots below it hold real zeros or groups. Nothing is written or read beyond it.
    pub(crate) frontier: u64,
}

/// What the places of the copies hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Superblock(Superblock),
    /// A copy is intact, but of a format of the future.
    Newer(u16),
    /// No copy is intact.
    Nothing,
}

impl Superblock {
    pub(crate) fn encode(&self, copy: u16) -> Sector {
        Put::new(MAGIC)
            .u16(FORMAT)
            .u16(copy)
            .u32(0)
            .identity(&self.identity)
            .u64(self.sequence)
            .u64(self.capacity)
            .u64(self.incarnation)
            .u64(self.start)
            .u64(self.trim)
            .u128(self.trim_chain)
            .u64(self.durable_floor)
            .u64(self.frontier)
            .seal(key(copy))
    }

    fn decode(bytes: &[u8], copy: u16) -> Option<Result<Self, u16>> {
        let mut get = Get::open(bytes, MAGIC, key(copy))?;
        let format = get.u16()?;
        if format > FORMAT {
            return Some(Err(format));
        }
        if get.u16()? != copy {
            return None;
        }
        get.u32()?;
        let read = Self {
            identity: get.identity()?,
            sequence: get.u64()?,
            capacity: get.u64()?,
            incarnation: get.u64()?,
            start: get.u64()?,
            trim: get.u64()?,
            trim_chain: get.u128()?,
            durable_floor: get.u64()?,
            frontier: get.u64()?,
        };
        let numbers = [read.sequence, read.capacity, read.incarnation, read.trim, read.frontier];
        let possible = numbers.iter().all(|number| *number <= NUMBER_MAX);
        (possible && read.trim.is_multiple_of(BLOCK)).then_some(Ok(read))
    }

    /// Whether the positions can be true. A checksum guards against accidents only.
    pub(crate) fn is_plausible(&self) -> bool {
        let whole = self.trim.is_multiple_of(BLOCK)
            && self.start.is_multiple_of(BLOCK)
            && self.frontier.is_multiple_of(BLOCK);
        // Far enough below the end of all numbers that no sum of positions overflows.
        let low = self.trim.max(self.start).max(self.durable_floor) < 1 << 62;
        whole && low && self.frontier <= self.capacity
    }

    /// Chooses among the blocks that were read at the places of the copies.
    pub(crate) fn choose(blocks: [&[u8]; SUPERBLOCKS.len()]) -> Found {
        let mut found = Found::Nothing;
        for (copy, block) in (0..).zip(blocks) {
            match Self::decode(block, copy) {
                None => {}
                Some(Err(format)) => return Found::Newer(format),
                Some(Ok(read)) => match found {
                    Found::Superblock(best) if best.sequence >= read.sequence => {}
                    Found::Superblock(_) | Found::Newer(_) | Found::Nothing => {
                        found = Found::Superblock(read);
                    }
                },
            }
        }
        found
    }
}

fn key(copy: u16) -> Key {
    Key::fixed(u64::from(copy) + 1)
}

#[cfg(test)]
mod tests;
