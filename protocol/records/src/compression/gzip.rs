//! gzip: our own framing around a raw inflater that each thread keeps.

use std::cell::RefCell;
use std::io::Write;

use flate2::{Compression, Decompress, FlushDecompress, Status};

use super::{Failure, first_room, grow};

const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Flag bits: header checksum, extra field, file name, comment.
const FLAG_CRC: u8 = 0x02;
const FLAG_EXTRA: u8 = 0x04;
const FLAG_NAME: u8 = 0x08;
const FLAG_COMMENT: u8 = 0x10;
const FLAGS_RESERVED: u8 = 0xe0;

thread_local! {
    static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

pub(super) fn compress(plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut encoder = flate2::write::GzEncoder::new(out, Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()?;
    Some(())
}

/// Inflates every member of `packed`, one behind the other as Java's reader does.
pub(super) fn decompress(packed: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(first_room(packed, limit));
    let mut rest = packed;
    loop {
        let deflated = skip_header(rest).ok_or(Failure::Corrupt)?;
        let start = out.len();
        let used =
            INFLATER.with_borrow_mut(|inflater| inflate(inflater, deflated, &mut out, limit))?;
        let trailer = deflated.get(used..).and_then(<[u8]>::split_first_chunk::<8>);
        let (trailer, behind) = trailer.ok_or(Failure::Corrupt)?;
        check_trailer(*trailer, out.get(start..).unwrap_or_default())?;
        if behind.is_empty() {
            return Ok(out);
        }
        rest = behind;
    }
}

/// Appends one member's content to `out`; yields how many bytes of input it took.
fn inflate(
    inflater: &mut Decompress,
    deflated: &[u8],
    out: &mut Vec<u8>,
    limit: usize,
) -> Result<usize, Failure> {
    inflater.reset(false);
    loop {
        let used = position(inflater);
        let input = deflated.get(used..).unwrap_or_default();
        let had = out.len();
        let status = inflater
            .decompress_vec(input, out, FlushDecompress::None)
            .map_err(|_| Failure::Corrupt)?;
        if status == Status::StreamEnd {
            return Ok(position(inflater));
        }
        if out.len() == out.capacity() {
            if out.len() < limit {
                grow(out, 1, limit)?;
            } else if position(inflater) == used {
                // The end of the stream may still be unread: only what it cannot do proves more.
                return Err(Failure::Limit);
            }
        } else if position(inflater) == used && out.len() == had {
            return Err(Failure::Corrupt);
        }
    }
}

fn position(inflater: &Decompress) -> usize {
    protocol_types::to_usize(inflater.total_in())
}

/// What follows a member's header; `None` if there is no header.
fn skip_header(bytes: &[u8]) -> Option<&[u8]> {
    let (fixed, mut rest) = bytes.split_first_chunk::<10>()?;
    let flags = fixed.get(3)?;
    if !fixed.starts_with(&MAGIC) || flags & FLAGS_RESERVED != 0 {
        return None;
    }
    if flags & FLAG_EXTRA != 0 {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [FLAG_NAME, FLAG_COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & FLAG_CRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// A member's trailer holds the CRC-32 and the length modulo 2^32 of its content.
fn check_trailer(trailer: [u8; 8], content: &[u8]) -> Result<(), Failure> {
    let stored = u64::from_le_bytes(trailer);
    #[expect(clippy::cast_possible_truncation, reason = "the length counts modulo 2^32")]
    let length = content.len() as u32;
    let crc = crc_fast::crc32_iso_hdlc(content);
    if stored == u64::from(length) << 32 | u64::from(crc) { Ok(()) } else { Err(Failure::Corrupt) }
}
