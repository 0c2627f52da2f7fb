//! The 61-byte header of a version 2 batch, as numbers.
//!
//! Parsing checks only what is needed to find the batch's end and to know that it is a batch of
//! this version: a bit flipped elsewhere must still be found by the CRC, which a producer retries,
//! and not by a check of ours, which it does not. Knows nothing of records.

use protocol_types::{Codec, TimestampType};

/// Length of the header; the records follow it.
pub const HEADER_LEN: usize = 61;

/// A record's or batch's timestamp that was not set.
pub const NO_TIMESTAMP: i64 = -1;

/// Bytes before the part that `batchLength` counts: base offset and the length itself.
pub(crate) const LOG_OVERHEAD: usize = 12;

/// First byte the CRC covers.
pub(crate) const CRC_START: usize = 21;

const MAGIC: i8 = 2;

/// What makes bytes no batch at all, or none that a view can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("no batch: {have} bytes are fewer than a header or than the batch says it has")]
    Truncated { have: usize },
    #[error("batch length {0} is smaller than a header")]
    Length(i32),
    #[error("message format {0} is not supported, only version 2 is")]
    Magic(i8),
    #[error("offset range is invalid: base {base}, last delta {last_delta}")]
    Offsets { base: i64, last_delta: i32 },
    #[error("record count {count} does not fit the last offset delta {last_delta}")]
    Count { count: i32, last_delta: i32 },
    #[error("compression codec {0} is unknown")]
    Codec(u8),
}

/// The attribute bits of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(pub i16);

impl Attributes {
    pub(crate) const LOG_APPEND_TIME: i16 = 0x08;
    pub(crate) const TRANSACTIONAL: i16 = 0x10;
    pub(crate) const CONTROL: i16 = 0x20;

    /// The three codec bits as they stand.
    #[must_use]
    pub const fn codec_bits(self) -> u8 {
        #[expect(clippy::cast_sign_loss, reason = "three bits")]
        let bits = (self.0 & 0x07) as u8;
        bits
    }

    /// `None` for numbers Kafka has not given out.
    #[must_use]
    pub const fn codec(self) -> Option<Codec> {
        Codec::from_bits(self.codec_bits())
    }

    /// Whose clock `maxTimestamp` comes from.
    #[must_use]
    pub const fn timestamp_type(self) -> TimestampType {
        if self.0 & Self::LOG_APPEND_TIME == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    #[must_use]
    pub const fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }
}

/// The header's fields as they stand on the wire, −1 meaning absent; [`crate::BatchView`] gives
/// them their types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    pub base_offset: i64,
    /// Bytes after this field; at least 49.
    pub batch_length: i32,
    pub leader_epoch: i32,
    /// CRC-32C of everything after this field.
    pub crc: u32,
    pub attributes: Attributes,
    pub last_offset_delta: i32,
    pub base_timestamp: i64,
    pub max_timestamp: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`. Checks length and magic, neither the CRC nor
    /// whether the whole batch is there.
    ///
    /// # Errors
    /// When `bytes` holds no header of a version 2 batch.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let Some((length, magic)) = peek(bytes) else {
            return Err(BatchError::Truncated { have: bytes.len() });
        };
        if magic != MAGIC {
            return Err(BatchError::Magic(magic));
        }
        // The smallest batch has a header and nothing behind it.
        if usize::try_from(length).is_ok_and(|length| length >= HEADER_LEN - LOG_OVERHEAD) {
            let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
                return Err(BatchError::Truncated { have: bytes.len() });
            };
            Ok(Self::read(header))
        } else {
            Err(BatchError::Length(length))
        }
    }

    /// Length of the whole batch, header included; at least [`HEADER_LEN`].
    #[must_use]
    pub const fn batch_len(&self) -> usize {
        #[expect(clippy::cast_sign_loss, reason = "`parse` accepts no length below 49")]
        let length = self.batch_length as usize;
        length + LOG_OVERHEAD
    }

    fn read(bytes: &[u8; HEADER_LEN]) -> Self {
        Self {
            base_offset: i64::from_be_bytes(field::<8>(bytes, 0)),
            batch_length: i32::from_be_bytes(field::<4>(bytes, 8)),
            leader_epoch: i32::from_be_bytes(field::<4>(bytes, 12)),
            crc: u32::from_be_bytes(field::<4>(bytes, 17)),
            attributes: Attributes(i16::from_be_bytes(field::<2>(bytes, 21))),
            last_offset_delta: i32::from_be_bytes(field::<4>(bytes, 23)),
            base_timestamp: i64::from_be_bytes(field::<8>(bytes, 27)),
            max_timestamp: i64::from_be_bytes(field::<8>(bytes, 35)),
            producer_id: i64::from_be_bytes(field::<8>(bytes, 43)),
            producer_epoch: i16::from_be_bytes(field::<2>(bytes, 51)),
            base_sequence: i32::from_be_bytes(field::<4>(bytes, 53)),
            record_count: i32::from_be_bytes(field::<4>(bytes, 57)),
        }
    }

    /// The header's bytes; the inverse of [`Self::parse`].
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        put(&mut bytes, 0, &self.base_offset.to_be_bytes());
        put(&mut bytes, 8, &self.batch_length.to_be_bytes());
        put(&mut bytes, 12, &self.leader_epoch.to_be_bytes());
        put(&mut bytes, 16, &MAGIC.to_be_bytes());
        put(&mut bytes, 17, &self.crc.to_be_bytes());
        put(&mut bytes, 21, &self.attributes.0.to_be_bytes());
        put(&mut bytes, 23, &self.last_offset_delta.to_be_bytes());
        put(&mut bytes, 27, &self.base_timestamp.to_be_bytes());
        put(&mut bytes, 35, &self.max_timestamp.to_be_bytes());
        put(&mut bytes, 43, &self.producer_id.to_be_bytes());
        put(&mut bytes, 51, &self.producer_epoch.to_be_bytes());
        put(&mut bytes, 53, &self.base_sequence.to_be_bytes());
        put(&mut bytes, 57, &self.record_count.to_be_bytes());
        bytes
    }
}

/// Batch length and magic, which every message format has in the same place; `None` if too short.
pub(crate) fn peek(bytes: &[u8]) -> Option<(i32, i8)> {
    let length = bytes.get(8..)?.first_chunk::<4>()?;
    let magic = bytes.get(16)?;
    Some((i32::from_be_bytes(*length), i8::from_be_bytes([*magic])))
}

/// `N` bytes at `at`. Every caller names a field inside the header.
fn field<const N: usize>(bytes: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(<[u8]>::first_chunk::<N>).copied().unwrap_or([0; N])
}

/// Writes a field; every caller names one inside the header.
fn put(bytes: &mut [u8; HEADER_LEN], at: usize, value: &[u8]) {
    if let Some(room) = bytes.get_mut(at..at + value.len()) {
        room.copy_from_slice(value);
    }
}
