//! Whether a producer's batch may be appended, decided as Kafka decides it.
//!
//! The usual batch costs one pass of its CRC and no allocation; records are looked at only where
//! the rules cannot be decided from the header. Where they are, a header that does not agree with
//! them is amended as Kafka amends it: the largest timestamp becomes that of the records, and a
//! LogAppendTime bit set by the client goes. Elsewhere the largest timestamp is the producer's word.
//! Refused, where Kafka repairs: offsets of records that do not count up from 0 (seen only where
//! records are looked at), and bytes behind the batch that make no batch.

use protocol_types::{Codec, ErrorCode, Timestamp, TimestampType};

use crate::compression::DecompressError;
use crate::header::{Attributes, BatchError, BatchHeader, HEADER_LEN, NO_TIMESTAMP};
use crate::records::{DecodeError, DecodedBatch};
use crate::rewrite::crc_after;
use crate::view::{BatchView, crc_matches};

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
    #[error("records cannot be read: {0}")]
    Records(#[from] DecodeError),
    /// Kafka's message names topic and partition, which are not known here.
    #[error("{total} records have no key, which a compacted topic needs")]
    NullKeys { total: u32, errors: Vec<RecordError> },
    #[error("One or more records have been rejected due to invalid timestamp")]
    Timestamps(Vec<RecordError>),
}

impl InvalidBatch {
    /// The code Kafka answers with.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            // Retriable: the bytes were damaged on their way.
            Self::Crc { .. } | Self::Malformed(BatchError::Length(_)) => ErrorCode::CorruptMessage,
            // Known, but long gone formats are a producer's mistake; others are damage.
            Self::Malformed(BatchError::Magic(magic)) => match magic {
                0 | 1 => ErrorCode::InvalidRecord,
                _ => ErrorCode::CorruptMessage,
            },
            Self::Malformed(BatchError::Codec(_)) | Self::ZstdTooEarly => {
                ErrorCode::UnsupportedCompressionType
            }
            // A producer answers this by splitting the batch, which helps against both.
            Self::TooLarge { .. }
            | Self::Records(DecodeError::Decompress(DecompressError::Limit { .. })) => {
                ErrorCode::MessageTooLarge
            }
            Self::Transactional => ErrorCode::InvalidTxnState,
            Self::Timestamps(_) => ErrorCode::InvalidTimestamp,
            Self::Malformed(
                BatchError::Truncated { .. }
                | BatchError::Offsets { .. }
                | BatchError::Count { .. },
            )
            | Self::NotOneBatch { .. }
            | Self::BaseOffset(_)
            | Self::Count { .. }
            | Self::Control
            | Self::Producer { .. }
            | Self::Records(_)
            | Self::NullKeys { .. } => ErrorCode::InvalidRecord,
        }
    }

    /// The records to blame, for Produce version 8 and later; empty if the batch as a whole is.
    #[must_use]
    pub fn record_errors(&self) -> &[RecordError] {
        if let Self::NullKeys { errors, .. } | Self::Timestamps(errors) = self {
            errors
        } else {
            &[]
        }
    }
}

/// Records blamed one by one at most: an answer must not grow with what a batch decompresses to.
const RECORD_ERRORS_MAX: usize = 100;

/// Whether `records`, what a produce request carries for one partition, is one batch that may be
/// appended. Reads header and CRC alone unless `rules` ask for keys or timestamps; what it unpacks to
/// for those is added to `unpacked`, in bytes.
///
/// # Errors
/// With the first rule that is broken, in Kafka's order.
pub fn validate<'a>(
    records: &'a [u8],
    rules: &ValidateRules,
    unpacked: &mut usize,
) -> Result<BatchView<'a>, InvalidBatch> {
    let header = BatchHeader::parse(records)?;
    let Some((bytes, behind)) = records.split_at_checked(header.batch_len()) else {
        return Err(BatchError::Truncated { have: records.len() }.into());
    };
    if header.attributes.codec() == Some(Codec::Zstd) && !rules.allow_zstd {
        return Err(InvalidBatch::ZstdTooEarly);
    }
    if !behind.is_empty() {
        return Err(InvalidBatch::NotOneBatch { trailing: behind.len() });
    }
    if header.base_offset != 0 {
        return Err(InvalidBatch::BaseOffset(header.base_offset));
    }
    if bytes.len() as u64 > u64::from(rules.max_bytes) {
        return Err(InvalidBatch::TooLarge { len: bytes.len(), max: rules.max_bytes });
    }
    // Fields the CRC covers are judged after it: damage must not look like a producer's mistake.
    if !crc_matches(&header, bytes) {
        return Err(InvalidBatch::Crc { stored: header.crc });
    }
    check_header(&header, rules)?;
    let stamped = header.attributes.timestamp_type() == TimestampType::LogAppendTime;
    if !(stamped || rules.needs_keys || needs_timestamps(&header, rules)) {
        return Ok(BatchView::from_header(header, bytes)?);
    }
    let mut amended = header;
    amended.attributes.0 &= !Attributes::LOG_APPEND_TIME;
    let view = BatchView::from_header(amended, bytes)?;
    let decoded = unpack(&view, rules.decompressed_bytes_max, unpacked)?;
    amended.max_timestamp = check_records(&decoded, rules)?.0;
    if amended != header {
        amended.crc = crc_after(&header, &amended, bytes.len() - HEADER_LEN);
    }
    Ok(BatchView::from_header(amended, bytes)?)
}

/// The rules a client's batch must keep in its header.
fn check_header(header: &BatchHeader, rules: &ValidateRules) -> Result<(), InvalidBatch> {
    let (count, last_delta) = (header.record_count, header.last_offset_delta);
    if count <= 0 || count - 1 != last_delta {
        return Err(InvalidBatch::Count { count, last_delta });
    }
    if header.attributes.is_control() {
        return Err(InvalidBatch::Control);
    }
    let (id, epoch, sequence) = (header.producer_id, header.producer_epoch, header.base_sequence);
    if id >= 0 && (sequence < 0 || epoch < 0) {
        return Err(InvalidBatch::Producer { id, epoch, sequence });
    }
    if header.attributes.is_transactional() {
        if id < 0 {
            return Err(InvalidBatch::Producer { id, epoch, sequence });
        }
        if !rules.allow_transactional {
            return Err(InvalidBatch::Transactional);
        }
    }
    Ok(())
}

/// Whether the header leaves open that a timestamp is out of bounds.
///
/// The header's maximum is the producer's word, as it is everywhere else; no header field bounds
/// timestamps from below, since the base is the first record's and not the smallest.
const fn needs_timestamps(header: &BatchHeader, rules: &ValidateRules) -> bool {
    match rules.timestamp_bounds {
        None => false,
        Some((min, max)) => {
            min != i64::MIN || header.max_timestamp > max || header.base_timestamp > max
        }
    }
}

/// The records, and what they cost: of a batch that cannot be unpacked, as much as was allowed.
fn unpack<'a>(
    view: &BatchView<'a>,
    limit: usize,
    unpacked: &mut usize,
) -> Result<DecodedBatch<'a>, InvalidBatch> {
    let decoded = view.decode(limit);
    *unpacked += decoded.as_ref().map_or(limit, DecodedBatch::unpacked_bytes);
    Ok(decoded?)
}

/// Looks at every record; the largest timestamp among them.
fn check_records(
    decoded: &DecodedBatch<'_>,
    rules: &ValidateRules,
) -> Result<Timestamp, InvalidBatch> {
    let (mut null_keys, mut timestamps) = (Vec::new(), Vec::new());
    let (mut total, mut newest) = (0, Timestamp(NO_TIMESTAMP));
    for (index, record) in (0..).zip(decoded.records()) {
        let record = record?;
        if record.offset_delta != index {
            return Err(DecodeError::Record { index, what: "its offset is not its number" }.into());
        }
        let Timestamp(timestamp) = decoded.timestamp_of(&record);
        newest = newest.max(Timestamp(timestamp));
        if rules.needs_keys && record.key.is_none() {
            total += 1;
            blame(&mut null_keys, index, || {
                "Compacted topic cannot accept message without key".to_owned()
            });
        } else if let Some((min, max)) = rules.timestamp_bounds
            && timestamp != NO_TIMESTAMP
            && !(min..=max).contains(&timestamp)
        {
            blame(&mut timestamps, index, || {
                format!(
                    "Timestamp {timestamp} of message with offset {index} is out of range. The \
                     timestamp should be within [{min}, {max}]"
                )
            });
        }
    }
    // Kafka's order: one bad timestamp decides the code, whatever else is wrong.
    if !timestamps.is_empty() {
        Err(InvalidBatch::Timestamps(timestamps))
    } else if !null_keys.is_empty() {
        Err(InvalidBatch::NullKeys { total, errors: null_keys })
    } else {
        Ok(newest)
    }
}

fn blame(errors: &mut Vec<RecordError>, index: u32, message: impl FnOnce() -> String) {
    if errors.len() < RECORD_ERRORS_MAX {
        errors.push(RecordError { index, message: message() });
    }
}

#[cfg(test)]
mod tests;
