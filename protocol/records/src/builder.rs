//! Batches of our own making: internal topics, the CLI, tests.
//!
//! Writes what a producer would send, so that it passes [`crate::validate`] unless asked for a
//! control batch or given no record.

use protocol_types::{Codec, LeaderEpoch, Offset, Timestamp};

use crate::compression::{self, CompressError};
use crate::crc::crc32c;
use crate::header::{Attributes, BatchHeader, CRC_START, HEADER_LEN, LOG_OVERHEAD, NO_TIMESTAMP};
use crate::records::Header;
use crate::varint;
use crate::view::ProducerStamp;

/// Why a batch cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Compress(#[from] CompressError),
    #[error("a batch of {0} bytes is too large for the format")]
    TooLarge(usize),
}

/// Collects records into one batch.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    codec: Codec,
    header: BatchHeader,
    records: Vec<u8>,
    /// One record while it is written: its length stands in front of it.
    scratch: Vec<u8>,
}

impl BatchBuilder {
    #[must_use]
    pub const fn new(codec: Codec) -> Self {
        let header = BatchHeader {
            base_offset: 0,
            batch_length: 0,
            leader_epoch: -1,
            crc: 0,
            attributes: Attributes(codec as i16),
            last_offset_delta: 0,
            base_timestamp: NO_TIMESTAMP,
            max_timestamp: NO_TIMESTAMP,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        };
        Self { codec, header, records: Vec::new(), scratch: Vec::new() }
    }

    /// Default 0, as producers send.
    #[must_use]
    pub const fn base_offset(mut self, offset: Offset) -> Self {
        self.header.base_offset = offset.to_wire();
        self
    }

    /// Default none, as producers send.
    #[must_use]
    pub const fn leader_epoch(mut self, epoch: LeaderEpoch) -> Self {
        self.header.leader_epoch = epoch.to_wire();
        self
    }

    /// Default none: not idempotent.
    #[must_use]
    pub const fn producer(mut self, producer: ProducerStamp) -> Self {
        self.header.producer_id = producer.id.to_wire();
        self.header.producer_epoch = producer.epoch.0;
        self.header.base_sequence = producer.base_sequence.0;
        self
    }

    #[must_use]
    pub const fn transactional(mut self) -> Self {
        self.header.attributes.0 |= Attributes::TRANSACTIONAL;
        self
    }

    #[must_use]
    pub const fn control(mut self) -> Self {
        self.header.attributes.0 |= Attributes::CONTROL;
        self
    }

    /// Appends a record; the first one's timestamp becomes the base.
    pub fn push(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) {
        let header = &mut self.header;
        if header.record_count == 0 {
            header.base_timestamp = timestamp.0;
        }
        header.last_offset_delta = header.record_count;
        header.record_count += 1;
        header.max_timestamp = header.max_timestamp.max(timestamp.0);

        let out = &mut self.scratch;
        out.clear();
        out.push(0);
        varint::put(out, timestamp.0.wrapping_sub(header.base_timestamp));
        varint::put(out, i64::from(header.last_offset_delta));
        put_nullable(out, key);
        put_nullable(out, value);
        put_length(out, headers.len());
        for header in headers {
            put_nullable(out, Some(header.key));
            put_nullable(out, header.value);
        }
        put_length(&mut self.records, self.scratch.len());
        self.records.extend_from_slice(&self.scratch);
    }

    #[must_use]
    pub const fn record_count(&self) -> u32 {
        self.header.record_count.cast_unsigned()
    }

    /// The batch, CRC included.
    ///
    /// # Errors
    /// When it is too large for its length field or the codec's library refuses.
    pub fn build(self) -> Result<Vec<u8>, BuildError> {
        let mut batch = vec![0; HEADER_LEN];
        compression::compress(self.codec, &self.records, &mut batch)?;
        let mut header = self.header;
        header.batch_length = i32::try_from(batch.len() - LOG_OVERHEAD)
            .map_err(|_| BuildError::TooLarge(batch.len()))?;
        put_header(&mut batch, &header);
        header.crc = crc32c(batch.get(CRC_START..).unwrap_or_default());
        put_header(&mut batch, &header);
        Ok(batch)
    }
}

fn put_header(batch: &mut [u8], header: &BatchHeader) {
    if let Some(front) = batch.first_chunk_mut::<HEADER_LEN>() {
        *front = header.to_bytes();
    }
}

fn put_nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => varint::put(out, -1),
        Some(bytes) => {
            put_length(out, bytes.len());
            out.extend_from_slice(bytes);
        }
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    // Nothing in memory is longer than i64::MAX.
    varint::put(out, i64::try_from(length).unwrap_or(i64::MAX));
}

#[cfg(test)]
mod tests;
