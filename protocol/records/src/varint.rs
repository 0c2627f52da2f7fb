//! Zig-zag varints as records carry them.
//!
//! Reading takes the front off a slice and never passes its end. An encoding longer than its type
//! can need, or with bits its type has no room for, is refused; trailing zero groups within that
//! length are not, since Kafka takes them too.

/// Takes a varint of 32 bits; `None` if there is none.
pub(crate) fn take_i32(rest: &mut &[u8]) -> Option<i32> {
    let raw = u32::try_from(take_raw(rest, 5)?).ok()?;
    Some((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

/// Takes a varint of 64 bits; `None` if there is none.
pub(crate) fn take_i64(rest: &mut &[u8]) -> Option<i64> {
    let raw = take_raw(rest, 10)?;
    Some((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

fn take_raw(rest: &mut &[u8], bytes_max: u32) -> Option<u64> {
    let mut value = 0;
    for at in 0..bytes_max {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        let group = u64::from(byte & 0x7f);
        let shifted = group << (7 * at);
        if shifted >> (7 * at) != group {
            return None;
        }
        value |= shifted;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Appends a varint; 32-bit values have the same encoding as 64-bit ones.
pub(crate) fn put(out: &mut Vec<u8>, value: i64) {
    let mut raw = (value << 1).cast_unsigned() ^ (value >> 63).cast_unsigned();
    while raw >= 0x80 {
        out.push((raw & 0x7f) as u8 | 0x80);
        raw >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
    out.push(raw as u8);
}

#[cfg(test)]
mod tests;
