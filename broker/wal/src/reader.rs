//! Reads of published bytes: from ring memory, or from the ring file where memory does not hold
//! them, which after a start is everything that was recovered.

use broker_env::aligned::AlignedBuf;
use broker_env::threads;
use protocol_types::{Lsn, to_usize};

use crate::error::ReadError;
use crate::geometry::{BLOCK, block_end};
use crate::shared::{EXTRA_PINS, Shared};

/// Fills `buf` from `lsn`. Blocks.
pub(crate) fn read_into(shared: &Shared, lsn: Lsn, buf: &mut [u8]) -> Result<(), ReadError> {
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
                return Ok(());
            }
        }
        // Every slot is held by a reader that copies, or the floor has just passed.
        threads::yield_now();
    }
    from_file(shared, at, buf)
}

/// Below the memory floor everything is either on disk or trimmed.
fn from_file(shared: &Shared, at: u64, buf: &mut [u8]) -> Result<(), ReadError> {
    let lsn = Lsn(at);
    let end = at + buf.len() as u64;
    if at < shared.trim() {
        return Err(ReadError::Trimmed(lsn));
    }
    if end > shared.durable() {
        return Err(ReadError::Absent(lsn));
    }
    let start = at / BLOCK * BLOCK;
    let mut blocks = AlignedBuf::zeroed(to_usize(block_end(end) - start));
    shared.file.read(start, &mut blocks).map_err(|source| ReadError::Io { at: lsn, source })?;
    // The space is given to appends only after the trim position has passed it.
    if at < shared.trim() {
        return Err(ReadError::Trimmed(lsn));
    }
    let skip = to_usize(at - start);
    buf.copy_from_slice(blocks.get(skip..skip + buf.len()).unwrap_or_default());
    Ok(())
}
