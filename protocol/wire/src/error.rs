//! What can be wrong with bytes from the network, and with answers we build.
//!
//! A malformed request has one answer, as in Apache Kafka: the connection is closed. The variants
//! exist for the log line and for tests.

use protocol_types::ApiKey;

/// Why a request's bytes are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("request ends inside field {field}")]
    Truncated { field: &'static str },
    #[error(
        "field {field} announces {count} elements, the remaining {remaining} bytes cannot hold them"
    )]
    CountTooLarge { field: &'static str, count: u64, remaining: usize },
    #[error("field {field} has the negative length {length}")]
    NegativeLength { field: &'static str, length: i64 },
    #[error("field {field} is null but must not be")]
    UnexpectedNull { field: &'static str },
    #[error("field {field} is {length} bytes long, only {remaining} are left")]
    TooLong { field: &'static str, length: u64, remaining: usize },
    #[error("field {field} is a string of {length} bytes, longer than 32767")]
    StringTooLong { field: &'static str, length: u32 },
    #[error("variable-length number in field {field} is longer than five bytes")]
    BadVarint { field: &'static str },
    #[error("tagged field {field} does not fill its announced {size} bytes exactly")]
    TagSize { field: &'static str, size: u32 },
    #[error("tag {tag} of field {field} is not valid in this version")]
    TagVersion { field: &'static str, tag: u32 },
    #[error("request holds more than {limit} elements")]
    TooManyElements { limit: u32 },
    #[error("field {field} starts with {byte}, which says neither present nor absent")]
    BadPresence { field: &'static str, byte: u8 },
    #[error("field {field} is not valid UTF-8")]
    NotUtf8 { field: &'static str },
}

/// Why a request could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("{} version {version}: {source}", api.name())]
    Malformed { api: ApiKey, version: i16, source: Malformed },
    #[error("{} version {version} is not served", api.name())]
    NotServed { api: ApiKey, version: i16 },
    #[error("{} version {version} passed the guard but not the decoder: {reason}", api.name())]
    Refused { api: ApiKey, version: i16, reason: String },
    #[error("asked to decode {} as another request type", api.name())]
    WrongType { api: ApiKey },
}

/// Why a message of ours could not be encoded. Always a mistake of ours, never the client's.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("{} version {version} cannot be encoded: {reason}", api.name())]
    Message { api: ApiKey, version: i16, reason: String },
    #[error("{} version {version} is not served", api.name())]
    NotServed { api: ApiKey, version: i16 },
    #[error("message of {bytes} bytes does not fit a frame")]
    TooLarge { bytes: u64 },
    #[error("{what}: announced {announced}, written {written}")]
    CountMismatch { what: &'static str, announced: usize, written: usize },
}
