//! Whether a producer's batch may be appended, decided as Kafka decides it.

use protocol_types::ErrorCode;

use crate::header::BatchError;
use crate::records::DecodeError;
use crate::view::BatchView;

/// What the topic and the request's version ask of a batch.
#[derive(Clone, Copy, Debug)]
pub struct ValidateRules {
    /// `max.message.bytes` of the topic: the largest batch, header included.
    pub max_bytes: u32,
    /// False below Produce version 7 (trap 43).
    pub allow_zstd: bool,
    /// True where transactions are served and the request names a transactional id.
    pub allow_transactional: bool,
    /// True on compacted topics: every record needs a key (trap 42).
    pub needs_keys: bool,
    /// Smallest and largest timestamp accepted, for topics of CreateTime. With `i64::MIN` as the
    /// smallest only the header is looked at, and records only to name the offenders.
    pub timestamp_bounds: Option<(i64, i64)>,
    /// Bytes a compressed batch may grow to where its records are looked at.
    pub decompressed_bytes_max: usize,
}

/// What is wrong with one record of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// Number of the record in the batch, from 0.
    pub index: u32,
    pub message: String,
}

/// Why a batch is refused; nothing of it is appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBatch {
    #[error(transparent)]
    Malformed(#[from] BatchError),
    #[error("the partition's records are not exactly one batch: {trailing} bytes follow the first")]
    NotOneBatch { trailing: usize },
    #[error("base offset must be 0, it is {0}")]
    BaseOffset(i64),
    #[error("batch of {len} bytes is larger than the topic's max.message.bytes of {max}")]
    TooLarge { len: usize, max: u32 },
    #[error("zstd needs produce version 7 or later")]
    ZstdTooEarly,
    #[error("checksum mismatch: the header says {stored:#010x}")]
    Crc { stored: u32 },
    #[error("record count {count} and last offset delta {last_delta} do not agree")]
    Count { count: i32, last_delta: i32 },
    #[error("clients may not write control records")]
    Control,
    #[error("transactional batch without an ongoing transaction")]
    Transactional,
    #[error("producer id {id} with epoch {epoch} and sequence {sequence}")]
    Producer { id: i64, epoch: i16, sequence: i32 },
    #[error("producers may not set the timestamp type to log append time")]
    TimestampType,
    #[error("records cannot be read: {0}")]
    Records(#[from] DecodeError),
    #[error("{} records without a key, which a compacted topic needs", .0.len())]
    NullKeys(Vec<RecordError>),
    #[error("{} records with a timestamp out of range", .0.len())]
    Timestamps(Vec<RecordError>),
}

impl InvalidBatch {
    /// The code Kafka answers with.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        todo!()
    }

    /// The records to blame, for Produce version 8 and later; empty if the batch as a whole is.
    #[must_use]
    pub fn record_errors(&self) -> &[RecordError] {
        todo!()
    }
}

/// Whether `records`, what a produce request carries for one partition, is one batch that may be
/// appended. Reads header and CRC alone unless `rules` ask for keys or timestamps.
///
/// # Errors
/// With the first rule that is broken, in Kafka's order.
pub fn validate<'a>(
    records: &'a [u8],
    rules: &ValidateRules,
) -> Result<BatchView<'a>, InvalidBatch> {
    let _ = (records, rules);
    todo!()
}
