//! Which bytes of a fetch's answer are copied and which are referenced.
//!
//! A slice of a gathering write costs the kernel more than copying a few kilobytes: short records
//! go into the answer's head, small batches among longer ones are copied together, and the rest is
//! referenced where it lies. Pure.

use std::ops::Range;

use protocol_wire::fetch_response::{FetchResponse, Records, Segment};
use smallvec::SmallVec;

/// Records of a partition up to this length are copied into the head.
pub(super) const COPIED_MAX: usize = 8 << 10;

/// Single batches up to this length are copied together.
const SMALL_BATCH_MAX: usize = 4 << 10;

/// How a partition's batches go into the answer.
pub(super) fn records<'r>(batches: &'r [&'r [u8]]) -> Records<'r> {
    let length = batches.iter().map(|batch| batch.len()).sum();
    match batches {
        [] => Records::Empty,
        _ if length <= COPIED_MAX => Records::Joined(batches),
        _ => slot(length),
    }
}

pub(super) fn slot<'r>(length: usize) -> Records<'r> {
    // An answer is far smaller than 4 GiB: the encoder refuses more than 2.
    u32::try_from(length).map_or(Records::Slot(u32::MAX), Records::Slot)
}

pub(super) const fn is_slot(records: &Records<'_>) -> bool {
    matches!(records, Records::Slot(_))
}

/// Stretches up to which an answer's list needs no memory.
pub(super) const FEW_PIECES: usize = 16;

type Pieces<'a> = SmallVec<[Piece<'a>; FEW_PIECES]>;

/// A stretch of bytes of an answer.
pub(super) enum Piece<'a> {
    Head(Range<usize>),
    /// Small batches, copied together.
    Small(Range<usize>),
    Batch(&'a [u8]),
}

impl<'a> Piece<'a> {
    pub(super) fn bytes<'b>(&self, head: &'b [u8], small: &'b [u8]) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Self::Head(range) => head.get(range.clone()).unwrap_or_default(),
            Self::Small(range) => small.get(range.clone()).unwrap_or_default(),
            Self::Batch(batch) => batch,
        }
    }
}

/// The answer's stretches in order, and the bytes of the copied ones.
pub(super) fn pieces<'a>(answer: &FetchResponse, slots: &[&[&'a [u8]]]) -> (Pieces<'a>, Vec<u8>) {
    let (mut pieces, mut small) = (Pieces::new(), Vec::new());
    for segment in &answer.segments {
        match segment {
            Segment::Head(range) => pieces.push(Piece::Head(range.clone())),
            Segment::Records { index, .. } => {
                for batch in slots.get(*index).copied().unwrap_or_default() {
                    push_batch(batch, &mut pieces, &mut small);
                }
            }
        }
    }
    (pieces, small)
}

fn push_batch<'a>(batch: &'a [u8], pieces: &mut Pieces<'a>, small: &mut Vec<u8>) {
    if batch.len() > SMALL_BATCH_MAX {
        pieces.push(Piece::Batch(batch));
        return;
    }
    let start = small.len();
    small.extend_from_slice(batch);
    if let Some(Piece::Small(range)) = pieces.last_mut() {
        range.end = small.len();
    } else {
        pieces.push(Piece::Small(start..small.len()));
    }
}

#[cfg(test)]
mod tests;
