//! Where things lie: LSN to slot to position in the ring file. Pure arithmetic.
//!
//! The file is a 64 KiB head (superblock copies and commit cells, a block each, apart from each
//! other) and then the ring. An LSN's slot is the LSN modulo the capacity.

use crate::error::OpenError;

/// What is written and addressed: a group starts and ends on a block.
pub(crate) const BLOCK: u64 = 4096;
/// [`BLOCK`] for slices.
pub(crate) const BLOCK_LEN: usize = 4096;
/// What a disk writes whole or not at all; a group's header is one sector.
pub(crate) const SECTOR: u64 = 512;
/// [`SECTOR`] for slices.
pub(crate) const SECTOR_LEN: usize = 512;
/// The ring begins here in the file.
pub(crate) const DATA_START: u64 = 64 << 10;
/// Ring sizes are multiples of this.
pub(crate) const GRAIN: u64 = 64 << 10;
/// Places of the superblock copies in the file.
pub(crate) const SUPERBLOCKS: [u64; 3] = [0, 4 * BLOCK, 8 * BLOCK];
/// Places of the commit cells in the file.
pub(crate) const COMMIT_CELLS: [u64; 2] = [12 * BLOCK, 14 * BLOCK];

const _: () = assert!(SUPERBLOCKS[2] + BLOCK <= COMMIT_CELLS[0]);
const _: () = assert!(COMMIT_CELLS[1] + BLOCK <= DATA_START);

/// The ring's size and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    capacity: u64,
}

impl Geometry {
    /// Refuses sizes that are no multiple of 64 KiB.
    pub(crate) fn new(capacity: u64) -> Result<Self, OpenError> {
        let refused = |reason| Err(OpenError::Config { bytes: capacity, reason });
        if capacity == 0 || !capacity.is_multiple_of(GRAIN) {
            return refused("its size must be a multiple of 64 KiB");
        }
        if capacity > 1 << 46 {
            return refused("it must not be larger than 64 TiB");
        }
        Ok(Self { capacity })
    }

    pub(crate) const fn capacity(self) -> u64 {
        self.capacity
    }

    /// Bytes of the ring file.
    pub(crate) const fn file_len(self) -> u64 {
        DATA_START + self.capacity
    }

    pub(crate) const fn slot(self, lsn: u64) -> u64 {
        lsn % self.capacity
    }

    /// Position in the ring file.
    pub(crate) const fn file_at(self, lsn: u64) -> u64 {
        DATA_START + self.slot(lsn)
    }

    /// Bytes from `lsn` to the end of its lap, the whole capacity at a lap's start.
    pub(crate) const fn lap_left(self, lsn: u64) -> u64 {
        self.capacity - self.slot(lsn)
    }

    /// Whether `lsn .. lsn + len` lies in one piece.
    pub(crate) const fn in_one_piece(self, lsn: u64, len: u64) -> bool {
        len <= self.lap_left(lsn)
    }
}

/// `at`, or the next block's start.
pub(crate) const fn block_end(at: u64) -> u64 {
    at.next_multiple_of(BLOCK)
}

#[cfg(test)]
mod tests;
