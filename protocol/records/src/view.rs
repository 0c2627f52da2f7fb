//! A batch in borrowed bytes, with typed fields.
//!
//! A view exists only for bytes that are exactly one version 2 batch with a known codec, a sane
//! offset range and a count that fits it; whether the CRC holds is asked apart, because stored
//! bytes were checked when they came in and readers of ring memory do not check again.

use protocol_types::{
    Codec, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TimestampType,
};

use crate::crc::crc32c;
use crate::header::{BatchError, BatchHeader, CRC_START, HEADER_LEN};
use crate::records::{DecodeError, DecodedBatch};

/// Who wrote a batch, if the writer is idempotent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerStamp {
    pub id: ProducerId,
    pub epoch: ProducerEpoch,
    /// Sequence of the first record; −1 in control batches, which [`crate::validate`] refuses.
    pub base_sequence: Sequence,
}

/// Exactly one batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchView<'a> {
    header: BatchHeader,
    codec: Codec,
    bytes: &'a [u8],
}

impl<'a> BatchView<'a> {
    /// The batch that `bytes` consists of. Does not check the CRC.
    ///
    /// # Errors
    /// When `bytes` is not exactly one batch a view can stand for.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let header = BatchHeader::parse(bytes)?;
        if header.batch_len() == bytes.len() {
            Self::from_header(header, bytes)
        } else {
            Err(BatchError::Truncated { have: bytes.len() })
        }
    }

    /// `bytes` is the whole batch that `header` describes.
    pub(crate) fn from_header(header: BatchHeader, bytes: &'a [u8]) -> Result<Self, BatchError> {
        debug_assert_eq!(header.batch_len(), bytes.len());
        let last_delta = header.last_offset_delta;
        let last = header.base_offset.checked_add(i64::from(last_delta));
        if header.base_offset < 0 || last_delta < 0 || last.is_none_or(|last| last == i64::MAX) {
            return Err(BatchError::Offsets { base: header.base_offset, last_delta });
        }
        // Fewer records than offsets is what compaction leaves behind.
        if header.record_count < 0 || header.record_count - 1 > last_delta {
            return Err(BatchError::Count { count: header.record_count, last_delta });
        }
        let Some(codec) = header.attributes.codec() else {
            return Err(BatchError::Codec(header.attributes.codec_bits()));
        };
        Ok(Self { header, codec, bytes })
    }

    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The whole batch as it came: where validation amended the header, [`Self::header`] is right.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The batch behind its header: records, compressed as they are.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    #[must_use]
    pub const fn base_offset(&self) -> Offset {
        Offset(self.header.base_offset.cast_unsigned())
    }

    #[must_use]
    pub const fn last_offset(&self) -> Offset {
        Offset(self.base_offset().0 + self.next_offset_delta() - 1)
    }

    /// The offset after this batch.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        Offset(self.base_offset().0 + self.next_offset_delta())
    }

    /// How many offsets the batch takes: its last offset delta plus one, 1 to 2^31.
    #[must_use]
    pub const fn next_offset_delta(&self) -> u64 {
        self.header.last_offset_delta.cast_unsigned() as u64 + 1
    }

    #[must_use]
    pub const fn record_count(&self) -> u32 {
        self.header.record_count.cast_unsigned()
    }

    /// `None` before a leader has stamped the batch.
    #[must_use]
    pub const fn leader_epoch(&self) -> Option<LeaderEpoch> {
        LeaderEpoch::from_wire(self.header.leader_epoch)
    }

    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    #[must_use]
    pub const fn timestamp_type(&self) -> TimestampType {
        self.header.attributes.timestamp_type()
    }

    /// What the records' timestamp deltas count from; −1 if the producer set none.
    #[must_use]
    pub const fn base_timestamp(&self) -> Timestamp {
        Timestamp(self.header.base_timestamp)
    }

    /// The largest timestamp as the producer states it, or the append time; −1 if there is none.
    #[must_use]
    pub const fn max_timestamp(&self) -> Timestamp {
        Timestamp(self.header.max_timestamp)
    }

    #[must_use]
    pub const fn is_control(&self) -> bool {
        self.header.attributes.is_control()
    }

    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.header.attributes.is_transactional()
    }

    /// `None` if the producer is not idempotent.
    #[must_use]
    pub fn producer(&self) -> Option<ProducerStamp> {
        Some(ProducerStamp {
            id: ProducerId::from_wire(self.header.producer_id)?,
            epoch: ProducerEpoch(self.header.producer_epoch),
            base_sequence: Sequence(self.header.base_sequence),
        })
    }

    /// Whether the bytes are the ones the CRC was taken of.
    #[must_use]
    pub fn crc_matches(&self) -> bool {
        crc_matches(&self.header, self.bytes)
    }

    /// The records, decompressed to at most `limit` bytes.
    ///
    /// # Errors
    /// When the body cannot be decompressed, or not within `limit`.
    pub fn decode(&self, limit: usize) -> Result<DecodedBatch<'a>, DecodeError> {
        DecodedBatch::new(*self, limit)
    }
}

/// `bytes` is the whole batch that `header` was read from.
pub(crate) fn crc_matches(header: &BatchHeader, bytes: &[u8]) -> bool {
    bytes.get(CRC_START..).is_some_and(|covered| crc32c(covered) == header.crc)
}

/// The batches `bytes` is a concatenation of, as sealed files and fetch answers hold them; ends
/// after the first error. Does not check CRCs.
#[must_use]
pub const fn batches(bytes: &[u8]) -> Batches<'_> {
    Batches { rest: bytes }
}

/// See [`batches`].
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<BatchView<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        Some(BatchHeader::parse(rest).and_then(|header| {
            let Some((batch, rest)) = rest.split_at_checked(header.batch_len()) else {
                return Err(BatchError::Truncated { have: rest.len() });
            };
            let view = BatchView::from_header(header, batch)?;
            self.rest = rest;
            Ok(view)
        }))
    }
}

impl std::iter::FusedIterator for Batches<'_> {}
