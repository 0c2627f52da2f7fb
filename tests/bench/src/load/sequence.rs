//! Sequence numbers of an idempotent producer: every batch that is sent gets the next one, and the
//! checksum that goes with it.

use std::ops::Range;

use protocol_types::Sequence;

use crate::frames::{BEHIND_BATCH, Train};

/// Offsets in a batch: checksum, what it covers, base sequence.
const CRC_AT: usize = 17;
const CRC_START: usize = 21;
const SEQUENCE_AT: usize = 53;

/// The next number of the one partition that a train writes to.
#[derive(Debug)]
pub(super) struct Sequences {
    next: Sequence,
    /// Of each batch.
    records: u32,
}

impl Sequences {
    pub(super) const fn new(records: u32) -> Self {
        Self { next: Sequence(0), records }
    }

    /// Writes numbers into the frames of `range`, the first of which is the next to be sent.
    pub(super) fn stamp(&self, bytes: &mut [u8], train: &Train, range: Range<usize>) {
        let mut number = self.next;
        for frame in bytes.chunks_exact_mut(train.frame).skip(range.start).take(range.len()) {
            let batch = &mut frame[train.batch_at..train.frame - BEHIND_BATCH];
            batch[SEQUENCE_AT..SEQUENCE_AT + 4].copy_from_slice(&number.0.to_be_bytes());
            let crc = protocol_records::crc32c(&batch[CRC_START..]);
            batch[CRC_AT..CRC_START].copy_from_slice(&crc.to_be_bytes());
            number = number.advance(self.records);
        }
    }

    /// `count` more frames are on their way.
    pub(super) fn advance(&mut self, count: usize) {
        for _ in 0..count {
            self.next = self.next.advance(self.records);
        }
    }
}

#[cfg(test)]
mod tests;
