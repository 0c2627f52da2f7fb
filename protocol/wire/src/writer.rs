//! A writer of the protocol's primitive types for the answers encoded by hand.
//!
//! A frame's length is patched in when the frame is finished; an abandoned frame leaves the buffer
//! as it was found.

use bytes::{BufMut, BytesMut};
use protocol_types::to_usize;

use crate::error::EncodeError;
use crate::frame::PREFIX_LEN;

/// What a response starts with, up to its body.
pub(crate) fn begin_frame(out: &mut BytesMut, correlation_id: i32, header_version: i16) -> usize {
    let start = out.len();
    // The length, which is not known yet, and behind it the correlation id.
    out.put_u64(correlation_id.cast_unsigned().into());
    if header_version >= 1 {
        put_no_tags(out);
    }
    start
}

/// Writes the length of the frame that started at `start`; `elsewhere` bytes of it are not in `out`.
pub(crate) fn finish_frame(
    out: &mut BytesMut,
    start: usize,
    elsewhere: u64,
) -> Result<u64, EncodeError> {
    let here = (out.len() - start - PREFIX_LEN) as u64;
    let bytes = here + elsewhere;
    let length = i32::try_from(bytes).map_err(|_| EncodeError::TooLarge { bytes })?;
    if let Some(prefix) = out.get_mut(start..start + PREFIX_LEN) {
        prefix.copy_from_slice(&length.to_be_bytes());
    }
    Ok(bytes + PREFIX_LEN as u64)
}

/// Writes to `out`, in one piece, what `fill` puts into `N` bytes on the stack: a buffer that can grow
/// costs thirty instructions a field.
///
/// # Panics
/// If `fill` puts more.
#[inline]
pub(crate) fn put_gathered<const N: usize>(
    out: &mut BytesMut,
    fill: impl FnOnce(&mut &mut [u8]) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let mut bytes = [0; N];
    let mut rest = bytes.as_mut_slice();
    fill(&mut rest)?;
    let filled = N - rest.len();
    out.put_slice(bytes.get(..filled).unwrap_or_default());
    Ok(())
}

#[inline]
pub(crate) fn put_no_tags(out: &mut impl BufMut) {
    out.put_u8(0);
}

#[inline]
pub(crate) fn put_unsigned_varint(out: &mut impl BufMut, mut value: u32) {
    while let Some(high) = Some(value >> 7).filter(|&high| high != 0) {
        out.put_u8(low_bits(value) | 0x80);
        value = high;
    }
    out.put_u8(low_bits(value));
}

const fn low_bits(value: u32) -> u8 {
    (value & 0x7f) as u8
}

/// Length of bytes, records or an array: `None` is null.
#[inline]
pub(crate) fn put_count(
    out: &mut impl BufMut,
    flexible: bool,
    count: Option<u64>,
) -> Result<(), EncodeError> {
    let too_large = |_| EncodeError::TooLarge { bytes: count.unwrap_or(0) };
    let length = count.map(i32::try_from).transpose().map_err(too_large)?;
    if flexible {
        put_unsigned_varint(out, length.map_or(0, |length| length.cast_unsigned() + 1));
    } else {
        out.put_i32(length.unwrap_or(-1));
    }
    Ok(())
}

/// A string, `None` is null.
#[inline]
pub(crate) fn put_string(
    out: &mut BytesMut,
    flexible: bool,
    string: Option<&str>,
) -> Result<(), EncodeError> {
    // Kafka bounds both forms by the old one's 16-bit length.
    let too_large =
        |_| EncodeError::TooLarge { bytes: string.map_or(0, |string| string.len() as u64) };
    let length = string.map(|string| i16::try_from(string.len())).transpose().map_err(too_large)?;
    if flexible {
        put_unsigned_varint(out, length.map_or(0, |length| u32::from(length.cast_unsigned()) + 1));
    } else {
        out.put_i16(length.unwrap_or(-1));
    }
    out.put_slice(string.unwrap_or_default().as_bytes());
    Ok(())
}

/// Checks at the end of an array that as many elements were written as announced.
pub(crate) fn check_count(
    what: &'static str,
    announced: usize,
    written: usize,
) -> Result<(), EncodeError> {
    if announced == written {
        Ok(())
    } else {
        Err(EncodeError::CountMismatch { what, announced, written })
    }
}

/// `usize` of a slot length.
pub(crate) const fn slot_len(len: u32) -> usize {
    to_usize(len as u64)
}
