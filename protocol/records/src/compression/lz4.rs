//! LZ4 frames.
//!
//! Read here block by block rather than with the library's frame reader, whose buffers are sized
//! by what the frame's header claims. As in Kafka's reader, checksums of header and blocks are
//! checked, the one of the content is not, and nothing behind the end mark is looked at. Beyond
//! Kafka's reader, blocks may refer to the ones before them.

use std::io::Write;

use lz4_flex::block::{DecompressError, decompress_into, decompress_into_with_dict};
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use twox_hash::XxHash32;

use super::{Failure, first_room, grow};

const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();
const FLAG_DICTIONARY: u8 = 0x01;
const FLAG_CONTENT_SIZE: u8 = 0x08;
const FLAG_BLOCK_CHECKSUMS: u8 = 0x10;
const FLAG_INDEPENDENT: u8 = 0x20;
const VERSION_MASK: u8 = 0xc0;
const VERSION_1: u8 = 0x40;
const BLOCK_STORED: u32 = 1 << 31;
/// How far back a linked block may refer.
const WINDOW: usize = 64 * 1024;
/// No block grows more: a match's length takes a byte for every 255.
const RATIO_MAX: usize = 255;

pub(super) fn compress(plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let info = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, out);
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()?;
    Some(())
}

pub(super) fn decompress(packed: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let (frame, mut rest) = Frame::read(packed).ok_or(Failure::Corrupt)?;
    let mut out = Vec::with_capacity(first_room(packed, limit));
    loop {
        let (prefix, behind) = rest.split_first_chunk::<4>().ok_or(Failure::Corrupt)?;
        let prefix = u32::from_le_bytes(*prefix);
        let length = (prefix & !BLOCK_STORED) as usize;
        if length == 0 {
            return Ok(out);
        }
        if length > frame.block_max {
            return Err(Failure::Corrupt);
        }
        let (block, behind) = behind.split_at_checked(length).ok_or(Failure::Corrupt)?;
        rest = if frame.block_checksums {
            let (checksum, behind) = behind.split_first_chunk::<4>().ok_or(Failure::Corrupt)?;
            if u32::from_le_bytes(*checksum) != XxHash32::oneshot(0, block) {
                return Err(Failure::Corrupt);
            }
            behind
        } else {
            behind
        };
        if prefix & BLOCK_STORED == 0 {
            frame.unpack(block, &mut out, limit)?;
        } else {
            let start = out.len();
            make_room(&mut out, length, limit)?;
            if let Some(room) = out.get_mut(start..) {
                room.copy_from_slice(block);
            }
        }
    }
}

/// What a frame's header says of its blocks.
#[derive(Clone, Copy, Debug)]
struct Frame {
    independent: bool,
    block_checksums: bool,
    block_max: usize,
}

impl Frame {
    /// The header and what follows it.
    fn read(packed: &[u8]) -> Option<(Self, &[u8])> {
        let descriptor = packed.strip_prefix(&MAGIC)?;
        let (&[flags, block_size], _) = descriptor.split_first_chunk::<2>()?;
        if flags & VERSION_MASK != VERSION_1 || flags & FLAG_DICTIONARY != 0 {
            return None;
        }
        let block_max = match block_size >> 4 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return None,
        };
        let length = if flags & FLAG_CONTENT_SIZE == 0 { 2 } else { 10 };
        let (descriptor, behind) = descriptor.split_at_checked(length)?;
        let (&checksum, behind) = behind.split_first()?;
        let [_, second, ..] = XxHash32::oneshot(0, descriptor).to_le_bytes();
        let frame = Self {
            independent: flags & FLAG_INDEPENDENT != 0,
            block_checksums: flags & FLAG_BLOCK_CHECKSUMS != 0,
            block_max,
        };
        (checksum == second).then_some((frame, behind))
    }

    /// Appends what one compressed block holds.
    fn unpack(self, block: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Failure> {
        let start = out.len();
        let most = self.block_max.min(block.len().saturating_mul(RATIO_MAX));
        let room = most.min(limit - start);
        make_room(out, room, limit)?;
        let (before, room) = out.split_at_mut_checked(start).ok_or(Failure::Corrupt)?;
        let wrote = if self.independent {
            decompress_into(block, room)
        } else {
            let window = before.get(start.saturating_sub(WINDOW)..).unwrap_or_default();
            decompress_into_with_dict(block, room, window)
        };
        let full = room.len() < most;
        let wrote = wrote.map_err(|error| {
            if full && matches!(error, DecompressError::OutputTooSmall { .. }) {
                Failure::Limit
            } else {
                Failure::Corrupt
            }
        })?;
        out.truncate(start + wrote);
        Ok(())
    }
}

/// Appends `length` zeros.
fn make_room(out: &mut Vec<u8>, length: usize, limit: usize) -> Result<(), Failure> {
    grow(out, length, limit)?;
    out.resize(out.len() + length, 0);
    Ok(())
}
