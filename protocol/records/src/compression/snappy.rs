//! Snappy, raw and in the framing of the xerial library, which Java clients write.
//!
//! Nothing is checked of the framing's version fields: clients fill them differently (trap 45).

use std::cell::RefCell;

use super::{Failure, first_room, grow};

/// Begins a framed stream; two version numbers of four bytes follow.
const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const FRAMED_HEADER_LEN: usize = 16;
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
const BLOCK_BYTES: usize = 32 * 1024;

/// No block grows more: the densest element makes 64 bytes of 3.
const RATIO_MAX: usize = 22;

thread_local! {
    static ENCODER: RefCell<snap::raw::Encoder> = RefCell::new(snap::raw::Encoder::new());
}

pub(super) fn compress(plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSIONS);
    for block in plain.chunks(BLOCK_BYTES) {
        let at = out.len();
        let start = at + 4;
        out.resize(start + snap::raw::max_compress_len(block.len()), 0);
        let room = out.get_mut(start..)?;
        let length = ENCODER.with_borrow_mut(|encoder| encoder.compress(block, room)).ok()?;
        let prefix = u32::try_from(length).ok()?.to_be_bytes();
        out.get_mut(at..start)?.copy_from_slice(&prefix);
        out.truncate(start + length);
    }
    Some(())
}

pub(super) fn decompress(packed: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut rest = packed;
    if !rest.starts_with(&MAGIC) {
        let mut out = Vec::new();
        block(rest, &mut out, limit)?;
        return Ok(out);
    }
    let mut out = Vec::with_capacity(first_room(packed, limit));
    while !rest.is_empty() {
        // Streams may be concatenated, each with its own header.
        if rest.starts_with(&MAGIC) {
            rest = rest.get(FRAMED_HEADER_LEN..).ok_or(Failure::Corrupt)?;
            continue;
        }
        let (length, behind) = rest.split_first_chunk::<4>().ok_or(Failure::Corrupt)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Failure::Corrupt)?;
        let (packed, behind) = behind.split_at_checked(length).ok_or(Failure::Corrupt)?;
        block(packed, &mut out, limit)?;
        rest = behind;
    }
    Ok(out)
}

/// Appends the content of one raw block.
fn block(packed: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Failure> {
    let length = snap::raw::decompress_len(packed).map_err(|_| Failure::Corrupt)?;
    if length > packed.len().saturating_mul(RATIO_MAX) {
        return Err(Failure::Corrupt);
    }
    let start = out.len();
    grow(out, length, limit)?;
    out.resize(start + length, 0);
    let room = out.get_mut(start..).unwrap_or_default();
    let wrote = snap::raw::Decoder::new().decompress(packed, room).map_err(|_| Failure::Corrupt)?;
    if wrote == length { Ok(()) } else { Err(Failure::Corrupt) }
}
