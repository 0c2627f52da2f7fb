//! Offset and time index of a segment: one entry per batch.

use bytes::Bytes;
use protocol_types::{LeaderEpoch, Offset, Timestamp};

/// One batch of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSpan {
    pub base: Offset,
    /// Offsets it takes less one.
    pub last_delta: u32,
    pub epoch: LeaderEpoch,
    pub max_timestamp: Timestamp,
    /// From the segment's first byte.
    pub position: u64,
    pub len: u64,
}

/// See the module documentation; checked when it was read, searched in place.
#[derive(Clone, Debug)]
pub struct BatchMap {
    pub(super) bytes: Bytes,
}

impl BatchMap {
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The batch that holds `offset`, or the first one after it.
    #[must_use]
    pub fn find(&self, offset: Offset) -> Option<BatchSpan> {
        let _ = offset;
        todo!()
    }
}
