//! Batches of our own making: internal topics, the CLI, tests.

use protocol_types::{Codec, LeaderEpoch, Offset, Timestamp};

use crate::compression::CompressError;
use crate::records::Header;
use crate::view::ProducerStamp;

/// Collects records into one batch.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    codec: Codec,
}

impl BatchBuilder {
    #[must_use]
    pub const fn new(codec: Codec) -> Self {
        Self { codec }
    }

    /// Default 0, as producers send.
    #[must_use]
    pub fn base_offset(self, _offset: Offset) -> Self {
        todo!()
    }

    /// Default none, as producers send.
    #[must_use]
    pub fn leader_epoch(self, _epoch: LeaderEpoch) -> Self {
        todo!()
    }

    /// Default none: not idempotent.
    #[must_use]
    pub fn producer(self, _producer: ProducerStamp) -> Self {
        todo!()
    }

    #[must_use]
    pub fn transactional(self) -> Self {
        todo!()
    }

    #[must_use]
    pub fn control(self) -> Self {
        todo!()
    }

    /// Appends a record; the first one's timestamp becomes the base.
    pub fn push(
        &mut self,
        _timestamp: Timestamp,
        _key: Option<&[u8]>,
        _value: Option<&[u8]>,
        _headers: &[Header<'_>],
    ) {
        todo!()
    }

    #[must_use]
    pub fn record_count(&self) -> u32 {
        todo!()
    }

    /// The batch, CRC included.
    ///
    /// # Errors
    /// When the codec's library refuses.
    pub fn build(self) -> Result<Vec<u8>, CompressError> {
        let _ = self.codec;
        todo!()
    }
}
