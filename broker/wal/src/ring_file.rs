//! The ring file: which call writes and reads what, and where. Knows no threads and decides nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{DiskFile, Sync};

use crate::commit_cell::CommitCell;
use crate::geometry::{BLOCK, BLOCK_LEN, COMMIT_CELLS, DATA_START, Geometry, SUPERBLOCKS};
use crate::sector::{Key, Sector};
use crate::superblock::{Found, Superblock};

/// Name of the ring file in its directory.
pub(crate) const RING_FILE: &str = "ring.log";
/// The file under construction.
pub(crate) const NEW_FILE: &str = "ring.log.new";
/// The file whose lock says who has the ring open.
pub(crate) const LOCK_FILE: &str = "ring.lock";

/// An open ring file.
#[derive(Clone, Debug)]
pub(crate) struct RingFile {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    pub(crate) geometry: Geometry,
}

impl RingFile {
    pub(crate) const fn new(file: Arc<dyn DiskFile>, path: PathBuf, geometry: Geometry) -> Self {
        Self { file, path, geometry }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn with_geometry(self, geometry: Geometry) -> Self {
        Self { geometry, ..self }
    }

    /// Takes disk space for the whole file.
    pub(crate) fn allocate(&self) -> io::Result<()> {
        self.file.allocate(self.geometry.file_len())
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Makes the next reads ask the disk.
    pub(crate) fn drop_cache(&self) -> io::Result<()> {
        self.file.drop_cache()
    }

    /// Writes at an LSN, as one write.
    pub(crate) fn write(&self, lsn: u64, parts: &[&[u8]], sync: Sync) -> io::Result<()> {
        let len: u64 = parts.iter().map(|part| part.len() as u64).sum();
        assert!(lsn.is_multiple_of(BLOCK), "write at {lsn}");
        assert!(len.is_multiple_of(BLOCK), "write of {len} bytes");
        assert!(self.geometry.in_one_piece(lsn, len), "write past the ring's end");
        self.file.write_parts_at(parts, self.geometry.file_at(lsn), sync)
    }

    /// Fills `buf` from an LSN; all are whole blocks.
    pub(crate) fn read(&self, lsn: u64, buf: &mut [u8]) -> io::Result<()> {
        let len = buf.len() as u64;
        assert!(self.geometry.in_one_piece(lsn, len), "read past the ring's end");
        self.file.read_exact_at(buf, self.geometry.file_at(lsn))
    }

    /// Writes zeros to slots of the first lap.
    pub(crate) fn zero(&self, slots: std::ops::Range<u64>, zeros: &AlignedBuf) -> io::Result<()> {
        let mut at = slots.start;
        while at < slots.end {
            let len = (slots.end - at).min(zeros.len() as u64);
            let (part, _) = zeros.split_at(protocol_types::to_usize(len));
            self.file.write_at(part, DATA_START + at, Sync::Later)?;
            at += len;
        }
        Ok(())
    }

    /// Writes all copies, each durable before the next is begun.
    pub(crate) fn write_superblock(&self, superblock: &Superblock) -> io::Result<()> {
        for (copy, at) in (0..).zip(SUPERBLOCKS) {
            let block = AlignedBuf::padded(&superblock.encode(copy));
            self.file.write_at(&block, at, Sync::OwnBytes)?;
        }
        Ok(())
    }

    pub(crate) fn read_superblock(&self) -> io::Result<Found> {
        let [mut a, mut b, mut c] = SUPERBLOCKS.map(|_| AlignedBuf::zeroed(BLOCK_LEN));
        for (block, at) in [&mut a, &mut b, &mut c].into_iter().zip(SUPERBLOCKS) {
            self.file.read_exact_at(block, at)?;
        }
        Ok(Superblock::choose([&a, &b, &c]))
    }

    pub(crate) fn write_commit_cell(&self, cell: &CommitCell, key: Key) -> io::Result<()> {
        let [even, odd] = COMMIT_CELLS;
        let at = if cell.sequence.is_multiple_of(2) { even } else { odd };
        self.file.write_at(&AlignedBuf::padded(&cell.encode(key)), at, Sync::OwnBytes)
    }

    /// The intact cells.
    pub(crate) fn read_commit_cells(&self, key: Key) -> io::Result<Vec<CommitCell>> {
        let mut cells = Vec::new();
        let mut block = AlignedBuf::zeroed(BLOCK_LEN);
        for at in COMMIT_CELLS {
            self.file.read_exact_at(&mut block, at)?;
            cells.extend(CommitCell::decode(&block, key));
        }
        Ok(cells)
    }
}

/// A group's first block: its header, then what memory holds behind the header's place.
pub(crate) fn first_block(block: &mut AlignedBuf, header: &Sector, rest: &[u8]) {
    assert_eq!(block.len(), header.len() + rest.len(), "a block is a header and the rest of it");
    let (front, behind) = block.split_at_mut(header.len());
    front.copy_from_slice(header);
    behind.copy_from_slice(rest);
}
