//! Commit cells: after a pause they say how far the log is durable, which under load the next
//! group's header says. Two cells alternate, so that a torn one leaves the other.

use crate::sector::{FORMAT, Get, Identity, Key, NUMBER_MAX, Put, Sector};

const MAGIC: [u8; 8] = *b"RTCELL\x00\x01";

/// Contents of a commit cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommitCell {
    pub(crate) identity: Identity,
    /// Grows with every write; its parity chooses the cell.
    pub(crate) sequence: u64,
    pub(crate) incarnation: u64,
    pub(crate) durable_floor: u64,
    pub(crate) trim_floor: u64,
}

impl CommitCell {
    pub(crate) fn encode(&self, key: Key) -> Sector {
        Put::new(MAGIC)
            .u16(FORMAT)
            .u16(0)
            .u32(0)
            .identity(&self.identity)
            .u64(self.sequence)
            .u64(self.incarnation)
            .u64(self.durable_floor)
            .u64(self.trim_floor)
            .seal(key)
    }

    /// `None` if the bytes are no cell of this ring.
    pub(crate) fn decode(bytes: &[u8], key: Key) -> Option<Self> {
        let mut get = Get::open(bytes, MAGIC, key)?;
        if get.u16()? != FORMAT {
            return None;
        }
        get.u16()?;
        get.u32()?;
        let read = Self {
            identity: get.identity()?,
            sequence: get.u64()?,
            incarnation: get.u64()?,
            durable_floor: get.u64()?,
            trim_floor: get.u64()?,
        };
        (read.sequence <= NUMBER_MAX).then_some(read)
    }
}

#[cfg(test)]
mod tests;
