//! Offset and time index of a segment: one entry per batch, searched in place.
//!
//! The bytes were checked against their checksum when they were read, and their order when the map
//! was made: base offsets rise, positions rise from 0 and stay within the segment.

use std::ops::Range;

use bytes::Bytes;
use protocol_types::{LeaderEpoch, Offset, Timestamp};

use crate::ReadLimits;
use crate::codec::{Decoder, Encode};

use super::DirectoryEntry;

pub(crate) const ENTRY_LEN: usize = 32;

/// One batch of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSpan {
    pub base: Offset,
    /// Offsets it takes less one.
    pub last_delta: u32,
    pub epoch: LeaderEpoch,
    /// −1 if it has none.
    pub max_timestamp: Timestamp,
    /// From the segment's first byte.
    pub position: u64,
    pub len: u64,
}

impl BatchSpan {
    /// The offset after this batch.
    #[must_use]
    pub const fn next(&self) -> Offset {
        Offset(self.base.0 + self.last_delta as u64 + 1)
    }

    /// Its length follows from where the next one starts.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.put_offset(self.base);
        bytes.put_u64(self.position);
        bytes.put_timestamp(self.max_timestamp);
        bytes.put_u32(self.last_delta);
        bytes.put_u32(self.epoch.0);
    }
}

/// See the module documentation.
#[derive(Clone, Debug)]
pub struct BatchMap {
    bytes: Bytes,
    segment_len: u64,
}

impl BatchMap {
    /// `None` if the entries are out of order or do not fit the directory's.
    pub(super) fn new(bytes: Bytes, segment: &DirectoryEntry) -> Option<Self> {
        let map = Self { bytes, segment_len: segment.len };
        let count_fits = map.bytes.len() == map.len() * ENTRY_LEN
            && u32::try_from(map.len()).is_ok_and(|count| count == segment.batches && count > 0);
        if !count_fits {
            return None;
        }
        let (mut offset, mut position) = (segment.base, 0);
        for at in 0..map.len() {
            let span = map.get(at)?;
            let rising = span.base >= offset && span.position == position && span.len > 0;
            if !rising || (at == 0 && span.base != segment.base) {
                return None;
            }
            (offset, position) = (span.next(), position.checked_add(span.len)?);
        }
        (offset == segment.end && position == segment.len).then_some(map)
    }

    /// Batches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / ENTRY_LEN
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    #[must_use]
    pub fn get(&self, at: usize) -> Option<BatchSpan> {
        let entry = self.entry(at)?;
        let end = self.entry(at + 1).map_or(self.segment_len, |next| next.position);
        Some(BatchSpan { len: end.checked_sub(entry.position)?, ..entry })
    }

    /// Number of the batch that holds `offset`, or of the first one after it.
    #[must_use]
    pub fn find(&self, offset: Offset) -> usize {
        self.partition_point(0, |entry| entry.next() <= offset)
    }

    /// The first batch from number `at` on that states a timestamp of `target` or more.
    #[must_use]
    pub fn find_timestamp(&self, at: usize, target: Timestamp) -> Option<usize> {
        (at..self.len()).find(|&at| self.entry(at).is_some_and(|e| e.max_timestamp >= target))
    }

    /// The batches from number `first` on that one read under the rules of `limits` yields.
    pub(super) fn run(&self, first: usize, limits: ReadLimits) -> Range<usize> {
        let end = self.run_end(first, limits.upto, limits.bytes_max);
        let is_readable = || self.get(first).is_some_and(|span| span.next() <= limits.upto);
        if end == first && limits.at_least_one && is_readable() {
            return first..first + 1;
        }
        first..end
    }

    /// Number after the last batch that ends at or below `upto` and, counted from number `first`,
    /// within `bytes_max`.
    fn run_end(&self, first: usize, upto: Offset, bytes_max: u64) -> usize {
        let start = self.entry(first).map_or(self.segment_len, |entry| entry.position);
        let fits = |at: usize| {
            self.get(at).is_some_and(|span| {
                span.next() <= upto && span.position + span.len - start <= bytes_max
            })
        };
        partition_point(first, self.len(), fits)
    }

    fn partition_point(&self, from: usize, below: impl Fn(&BatchSpan) -> bool) -> usize {
        partition_point(from, self.len(), |at| self.entry(at).is_some_and(|entry| below(&entry)))
    }

    /// The entry as it stands, without the length.
    fn entry(&self, at: usize) -> Option<BatchSpan> {
        let mut entry = Decoder(self.bytes.get(at.checked_mul(ENTRY_LEN)?..)?);
        let (base, position) = (entry.offset()?, entry.u64()?);
        let max_timestamp = entry.timestamp()?;
        let (last_delta, epoch) = (entry.u32()?, LeaderEpoch(entry.u32()?));
        Some(BatchSpan { base, last_delta, epoch, max_timestamp, position, len: 0 })
    }
}

/// The first number in `from..to` for which `below` does not hold, or `to`.
fn partition_point(from: usize, to: usize, below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
