//! Encoding of answers whose messages the `kafka-protocol` crate generates.

use bytes::BytesMut;
use kafka_protocol::protocol::Encodable;
use protocol_types::ApiKey;

use crate::error::EncodeError;
use crate::versions;
use crate::writer::{begin_frame, finish_frame};

/// Appends a whole response frame (length, header, body) to `out`.
///
/// # Errors
/// A field is set that this version cannot carry, or the api is not served; `out` is then as before.
pub fn encode_response<R: Encodable>(
    out: &mut BytesMut,
    api: ApiKey,
    version: i16,
    correlation_id: i32,
    response: &R,
) -> Result<(), EncodeError> {
    let served = versions::served(api).ok_or(EncodeError::NotServed { api, version })?;
    let start = begin_frame(out, correlation_id, served.response_header_version(version));
    let encoded = response
        .encode(out, versions::answer_as_generated(api, version))
        .map_err(|error| EncodeError::Message { api, version, reason: error.to_string() })
        .and_then(|()| finish_frame(out, start, 0));
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded.map(|_| ())
}

#[cfg(test)]
mod tests;
