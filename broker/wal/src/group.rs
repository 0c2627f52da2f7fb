//! Groups: the unit that is written, hashed and made durable, and the header each begins with.
//!
//! A group starts on a block and takes whole blocks. Its header fills the first sector and is
//! written once, with the group: identity, place, payload hash, link to the header before it, and
//! the durable and trim floors that were known when it was written.

use crate::geometry::{BLOCK, Geometry, SECTOR};
use crate::sector::{FORMAT, Get, Identity, Key, NUMBER_MAX, Put, Sector};

const MAGIC: [u8; 8] = *b"RTGROUP\x01";

/// Link of the first group of a ring: there is no header before it.
pub(crate) const GENESIS: u128 = 0;

/// The header of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupHeader {
    pub(crate) identity: Identity,
    /// Boot of the process that wrote it.
    pub(crate) incarnation: u64,
    /// Start of the group.
    pub(crate) lsn: u64,
    /// Bytes to the next group, a multiple of 4 KiB.
    pub(crate) length: u64,
    /// Bytes that were written; less than `length` only where the rest of a lap is skipped.
    pub(crate) stored: u64,
    /// Bytes to the end of the last entry.
    pub(crate) used: u64,
    pub(crate) entries: u32,
    /// Hash of the stored bytes behind the header.
    pub(crate) payload_hash: u128,
    /// Hash of the header before, [`GENESIS`] for the first.
    pub(crate) chain: u128,
    /// Everything below it was durable when this was written.
    pub(crate) durable_floor: u64,
    /// Nothing below it was needed when this was written.
    pub(crate) trim_floor: u64,
}

impl GroupHeader {
    pub(crate) fn encode(&self, key: Key) -> Sector {
        Put::new(MAGIC)
            .u16(FORMAT)
            .u16(0)
            .u32(self.entries)
            .identity(&self.identity)
            .u64(self.incarnation)
            .u64(self.lsn)
            .u64(self.length)
            .u64(self.stored)
            .u64(self.used)
            .u128(self.payload_hash)
            .u128(self.chain)
            .u64(self.durable_floor)
            .u64(self.trim_floor)
            .seal(key)
    }

    /// `None` if the bytes are no header of this ring.
    pub(crate) fn decode(bytes: &[u8], key: Key) -> Option<Self> {
        let mut get = Get::open(bytes, MAGIC, key)?;
        if get.u16()? != FORMAT {
            return None;
        }
        get.u16()?;
        let entries = get.u32()?;
        let read = Self {
            entries,
            identity: get.identity()?,
            incarnation: get.u64()?,
            lsn: get.u64()?,
            length: get.u64()?,
            stored: get.u64()?,
            used: get.u64()?,
            payload_hash: get.u128()?,
            chain: get.u128()?,
            durable_floor: get.u64()?,
            trim_floor: get.u64()?,
        };
        let numbers = [read.lsn, read.length, read.incarnation];
        numbers.iter().all(|number| *number <= NUMBER_MAX).then_some(read)
    }

    /// Position after the group.
    pub(crate) const fn end(&self) -> u64 {
        self.lsn.saturating_add(self.length)
    }

    /// Whether the lengths can be true in this ring; says what is wrong.
    pub(crate) const fn check_lengths(&self, ring: Geometry) -> Result<(), &'static str> {
        let blocks = self.length.is_multiple_of(BLOCK) && self.stored.is_multiple_of(BLOCK);
        if !blocks || self.stored == 0 || self.stored > self.length {
            return Err("group lengths are no whole blocks");
        }
        if self.lsn.checked_add(self.length).is_none() || !ring.in_one_piece(self.lsn, self.length)
        {
            return Err("group passes the ring's end");
        }
        if self.used < SECTOR || self.used > self.stored {
            return Err("entries pass the end of their group");
        }
        Ok(())
    }
}

/// What the next header links to.
pub(crate) fn link(header: &Sector, key: Key) -> u128 {
    key.hash(header)
}

#[cfg(test)]
mod tests;
