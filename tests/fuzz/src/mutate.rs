//! Mutations of byte strings, decided by a seed: flipped bits, splices, edited numbers.

use broker_env::sim::Rng;
use protocol_types::to_usize;

/// Numbers at which decoders go wrong.
const INTERESTING: [i64; 21] = [
    0,
    1,
    -1,
    2,
    7,
    8,
    61,
    127,
    128,
    255,
    256,
    4095,
    4096,
    32_767,
    65_536,
    1 << 20,
    i32::MAX as i64 - 1,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
];

/// Where most of a header's fields lie, whatever the format.
const HEADER_LEN: usize = 160;

/// How inputs of a target are changed.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Inputs grow no longer.
    pub length_max: usize,
    /// Distance of the places at which headers begin, which are hit more often; 0 if there is one
    /// at the front alone.
    pub grain: usize,
}

/// Where decisions come from.
struct Source<'a> {
    rng: &'a mut Rng,
    grain: usize,
}

/// Changes `input` in one place or a few.
pub(crate) fn mutate(rng: &mut Rng, input: &mut Vec<u8>, other: &[u8], shape: Shape) {
    let rng = &mut Source { rng, grain: shape.grain };
    let rounds = match rng.below(8) {
        0..4 => 1,
        4..7 => 1 + rng.below(4),
        _ => 1 + rng.below(24),
    };
    for _ in 0..rounds {
        once(rng, input, other);
    }
    input.truncate(shape.length_max);
}

fn once(rng: &mut Source<'_>, input: &mut Vec<u8>, other: &[u8]) {
    match rng.below(11) {
        0 | 1 => flip_bit(rng, input),
        2 => set_byte(rng, input),
        3 => write_interesting(rng, input),
        4 => write_varint(rng, input),
        5 | 6 => edit_number(rng, input),
        7 => remove_range(rng, input),
        8 => repeat_range(rng, input),
        9 => splice(rng, input, other),
        _ => truncate(rng, input),
    }
}

fn flip_bit(rng: &mut Source<'_>, input: &mut [u8]) {
    let bit = 1 << rng.below(8);
    if let Some(byte) = any_byte(rng, input) {
        *byte ^= bit;
    }
}

fn set_byte(rng: &mut Source<'_>, input: &mut [u8]) {
    let [value, ..] = rng.number().to_le_bytes();
    if let Some(byte) = any_byte(rng, input) {
        *byte = value;
    }
}

fn any_byte<'a>(rng: &mut Source<'_>, input: &'a mut [u8]) -> Option<&'a mut u8> {
    let at = position(rng, input.len());
    input.get_mut(at)
}

/// Overwrites 1, 2, 4 or 8 bytes by a number from the table, in either byte order.
fn write_interesting(rng: &mut Source<'_>, input: &mut [u8]) {
    let value = interesting(rng);
    let width = 1 << rng.below(4);
    let bytes = narrowed(value, width, rng.below(2) == 0);
    overwrite(rng, input, bytes.get(..width).unwrap_or_default());
}

/// Overwrites by a varint, plain or zig-zag, of a number from the table.
fn write_varint(rng: &mut Source<'_>, input: &mut [u8]) {
    let value = interesting(rng);
    let mut raw = if rng.below(2) == 0 {
        value.cast_unsigned()
    } else {
        (value << 1 ^ value >> 63).cast_unsigned()
    };
    let mut bytes = Vec::with_capacity(10);
    loop {
        let [low, ..] = raw.to_le_bytes();
        raw >>= 7;
        bytes.push(if raw == 0 { low & 0x7f } else { low | 0x80 });
        if raw == 0 {
            break;
        }
    }
    overwrite(rng, input, &bytes);
}

/// Takes a number that stands somewhere and moves it a little: lengths and counts off by one.
fn edit_number(rng: &mut Source<'_>, input: &mut [u8]) {
    let width = 1_usize << rng.below(4);
    let big_endian = rng.below(2) == 0;
    let at = position(rng, input.len());
    let Some(field) = input.get_mut(at..at + width) else { return };
    let mut value = [0; 8];
    for (to, from) in value.iter_mut().zip(field.iter()) {
        *to = *from;
    }
    if big_endian {
        value.get_mut(..width).unwrap_or_default().reverse();
    }
    let old = i64::from_le_bytes(value);
    let step = 1 + i64::from_le_bytes((rng.below(16)).to_le_bytes());
    let new = match rng.below(4) {
        0 => old.wrapping_add(step),
        1 => old.wrapping_sub(step),
        2 => old.wrapping_mul(2),
        _ => old.wrapping_neg(),
    };
    let bytes = narrowed(new, width, big_endian);
    field.copy_from_slice(bytes.get(..width).unwrap_or_default());
}

fn remove_range(rng: &mut Source<'_>, input: &mut Vec<u8>) {
    let at = position(rng, input.len());
    let end = at + length(rng, input.len() - at);
    input.drain(at..end);
}

fn repeat_range(rng: &mut Source<'_>, input: &mut Vec<u8>) {
    let at = position(rng, input.len());
    let length = length(rng, input.len() - at);
    let copy = input.get(at..at + length).unwrap_or_default().to_vec();
    input.splice(at..at, copy);
}

/// Replaces or inserts a part of another input.
fn splice(rng: &mut Source<'_>, input: &mut Vec<u8>, other: &[u8]) {
    let from = position(rng, other.len());
    let length = length(rng, other.len() - from);
    let part = other.get(from..from + length).unwrap_or_default();
    let at = position(rng, input.len());
    let end = if rng.below(2) == 0 { at } else { (at + length).min(input.len()) };
    input.splice(at..end, part.iter().copied());
}

fn truncate(rng: &mut Source<'_>, input: &mut Vec<u8>) {
    let at = position(rng, input.len());
    input.truncate(at);
}

fn overwrite(rng: &mut Source<'_>, input: &mut [u8], bytes: &[u8]) {
    let at = position(rng, input.len());
    for (to, from) in input.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// The low `width` bytes of a number at the front of eight.
fn narrowed(value: i64, width: usize, big_endian: bool) -> [u8; 8] {
    let mut bytes = value.to_le_bytes();
    if big_endian {
        bytes.get_mut(..width).unwrap_or_default().reverse();
    }
    bytes
}

fn interesting(rng: &mut Source<'_>) -> i64 {
    INTERESTING.get(below(rng, INTERESTING.len())).copied().unwrap_or(0)
}

/// A place in `length` bytes; headers are hit as often as all that follows them.
fn position(rng: &mut Source<'_>, length: usize) -> usize {
    if rng.below(2) == 0 {
        return below(rng, length);
    }
    let header = match rng.grain {
        0 => 0,
        grain => grain * below(rng, length.div_ceil(grain)),
    };
    header + below(rng, (length - header).min(HEADER_LEN))
}

/// Mostly short, up to `most`.
fn length(rng: &mut Source<'_>, most: usize) -> usize {
    let bound = if rng.below(4) == 0 { most } else { most.min(32) };
    below(rng, bound + 1)
}

/// Below `bound`, 0 if that is 0.
fn below(rng: &mut Source<'_>, bound: usize) -> usize {
    if bound == 0 { 0 } else { to_usize(rng.below(bound as u64)) }
}

impl Source<'_> {
    const fn number(&mut self) -> u64 {
        self.rng.number()
    }

    const fn below(&mut self, bound: u64) -> u64 {
        self.rng.below(bound)
    }
}

#[cfg(test)]
mod tests;
