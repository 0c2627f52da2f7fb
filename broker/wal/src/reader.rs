//! Reads of published bytes: from ring memory, or from the ring file where memory does not hold
//! them, which after a start is everything that was recovered.

use std::ops::Range;
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::threads;
use protocol_types::{Lsn, to_usize};

use crate::error::ReadError;
use crate::geometry::{BLOCK, block_end};
use crate::shared::{EXTRA_PINS, Shared};

/// Fills `buf` from `lsn`. Blocks.
pub(crate) fn read_into(shared: &Shared, lsn: Lsn, buf: &mut [u8]) -> Result<(), ReadError> {
    if from_memory(shared, lsn, buf)? { Ok(()) } else { from_file(shared, lsn.0, buf) }
}

/// Reads as [`crate::Wal::read_into`] does, but keeps what it read of the ring file: neighbours that
/// are read one after the other cost one read of the disk together.
#[derive(Debug)]
pub struct FileReader {
    shared: Arc<Shared>,
    window: AlignedBuf,
    /// What `window` holds, from its first byte on. What trim has passed of it is never looked at.
    held: Range<u64>,
}

impl FileReader {
    /// Bytes that are read at once, at most.
    pub const WINDOW: u64 = 1 << 20;

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, window: AlignedBuf::zeroed(0), held: 0..0 }
    }

    /// Fills `buf` from `lsn`. If that takes a read of the ring file, it reads on to where
    /// `read_ahead` says, as far as there are durable bytes and room. Blocks.
    pub fn read_into(
        &mut self,
        lsn: Lsn,
        buf: &mut [u8],
        read_ahead: impl FnOnce() -> Lsn,
    ) -> Result<(), ReadError> {
        if from_memory(&self.shared, lsn, buf)? {
            return Ok(());
        }
        let (Lsn(at), end) = (lsn, lsn.0 + buf.len() as u64);
        if end - block_start(at) > Self::WINDOW {
            return from_file(&self.shared, at, buf);
        }
        check_file(&self.shared, at, end)?;
        if at < self.held.start || self.held.end < end {
            self.fill(at, end.max(read_ahead().0))?;
        }
        let skip = to_usize(at - self.held.start);
        buf.copy_from_slice(self.window.get(skip..skip + buf.len()).unwrap_or_default());
        Ok(())
    }

    /// Reads `at .. end`, or the part of it that is durable, in one piece and not too much.
    fn fill(&mut self, at: u64, end: u64) -> Result<(), ReadError> {
        let start = block_start(at);
        let lap_end = start + self.shared.file.geometry.lap_left(start);
        let end = end.min(start + Self::WINDOW).min(lap_end).min(self.shared.durable());
        let len = to_usize(block_end(end) - start);
        self.held = 0..0;
        if self.window.len() < len {
            self.window = AlignedBuf::zeroed(len);
        }
        read_blocks(&self.shared, at, self.window.get_mut(..len).unwrap_or_default())?;
        self.held = start..end;
        Ok(())
    }
}

/// Whether memory holds the bytes; it filled `buf` then.
fn from_memory(shared: &Shared, lsn: Lsn, buf: &mut [u8]) -> Result<bool, ReadError> {
    let Lsn(at) = lsn;
    let len = buf.len() as u64;
    if !shared.file.geometry.in_one_piece(at, len) {
        return Err(ReadError::Absent(lsn));
    }
    // The first of the extra slots is the writer's.
    let slots = shared.shards + 1..shared.shards + EXTRA_PINS;
    while at >= shared.memory.floor() {
        for slot in slots.clone() {
            if let Some(pin) = shared.memory.pin(slot, at) {
                let bytes = pin.bytes(at, buf.len()).ok_or(ReadError::Absent(lsn))?;
                buf.copy_from_slice(bytes);
                return Ok(true);
            }
        }
        // Every slot is held by a reader that copies, or the floor has just passed.
        threads::yield_now();
    }
    Ok(false)
}

/// Below the memory floor everything is either on disk or trimmed.
fn from_file(shared: &Shared, at: u64, buf: &mut [u8]) -> Result<(), ReadError> {
    let end = at + buf.len() as u64;
    check_file(shared, at, end)?;
    let start = block_start(at);
    let mut blocks = AlignedBuf::zeroed(to_usize(block_end(end) - start));
    read_blocks(shared, at, &mut blocks)?;
    let skip = to_usize(at - start);
    buf.copy_from_slice(blocks.get(skip..skip + buf.len()).unwrap_or_default());
    Ok(())
}

fn check_file(shared: &Shared, at: u64, end: u64) -> Result<(), ReadError> {
    if at < shared.trim() {
        return Err(ReadError::Trimmed(Lsn(at)));
    }
    if end > shared.durable() {
        return Err(ReadError::Absent(Lsn(at)));
    }
    Ok(())
}

/// Fills `blocks` from the block of `at` on.
fn read_blocks(shared: &Shared, at: u64, blocks: &mut [u8]) -> Result<(), ReadError> {
    let lsn = Lsn(at);
    let read = shared.file.read(block_start(at), blocks);
    read.map_err(|source| ReadError::Io { at: lsn, source })?;
    // The space is given to appends only after the trim position has passed it.
    if at < shared.trim() { Err(ReadError::Trimmed(lsn)) } else { Ok(()) }
}

const fn block_start(at: u64) -> u64 {
    at / BLOCK * BLOCK
}
