//! Decoding of requests: the guard first, then the `kafka-protocol` crate, or `newer` in its place.
//!
//! This is the only way from network bytes to that crate's decoder.

use bytes::Bytes;
use kafka_protocol::protocol::Request;
use protocol_types::ApiKey;

use crate::error::DecodeError;
use crate::guard;
use crate::newer::Newer;
use crate::versions::as_generated;

/// Decodes the body of a served request. Bytes after it are ignored, as in Apache Kafka;
/// [`guard::check`] reports them.
///
/// Strings and bytes of the result are slices of `body`: copy what outlives the request, it would
/// keep the whole frame in memory.
///
/// # Errors
/// The request is malformed or not served; close the connection.
pub fn decode_request<R: Request + 'static>(
    api: ApiKey,
    version: i16,
    mut body: Bytes,
) -> Result<R, DecodeError> {
    if R::KEY != api as i16 {
        return Err(DecodeError::WrongType { api });
    }
    guard::check(api, version, &body)?;
    if let Some(newer) = Newer::of(api, version) {
        return newer.decode(&body);
    }
    R::decode(&mut body, as_generated(api, version)).map_err(|error| DecodeError::Refused {
        api,
        version,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
