//! The client's side: encoding requests, decoding answers. For the CLI, load tools and tests.
//!
//! Answers are decoded without the guard: a client that speaks to a hostile broker is not protected.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use protocol_types::ApiKey;

use crate::error::{DecodeError, EncodeError};
use crate::newer::Newer;
use crate::versions::{answer_as_generated, as_generated};
use crate::writer::finish_frame;

/// Appends a whole request frame (length, header, body) to `out`. Apis that the broker does not
/// serve can be encoded too.
///
/// # Errors
/// A field is set that this version cannot carry; `out` is then as before.
pub fn encode_request<R: Request + 'static>(
    out: &mut BytesMut,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    request: &R,
) -> Result<(), EncodeError> {
    let start = out.len();
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation_id)
        .with_client_id(client_id.map(|id| StrBytes::from_string(id.to_owned())));
    out.put_i32(0);
    let api = api_of::<R>();
    let generated = as_generated(api, version);
    let message = |reason: String| EncodeError::Message { api, version, reason };
    let encoded = header
        .encode(out, R::header_version(generated))
        .map_err(|error| message(error.to_string()))
        .and_then(|()| match Newer::of(api, version) {
            Some(newer) => newer.encode(out, request),
            None => request.encode(out, generated).map_err(|error| message(error.to_string())),
        })
        .and_then(|()| finish_frame(out, start, 0));
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded.map(|_| ())
}

/// Decodes an answer's frame (without its length prefix): correlation id and body.
///
/// # Errors
/// The answer does not parse as `R` in this version, or bytes are left over.
pub fn decode_response<R: Request>(
    version: i16,
    mut frame: Bytes,
) -> Result<(i32, R::Response), DecodeError> {
    let api = api_of::<R>();
    let refused = |reason: String| DecodeError::Refused { api, version, reason };
    let generated = answer_as_generated(api, version);
    let header = ResponseHeader::decode(&mut frame, R::Response::header_version(generated))
        .map_err(|error| refused(error.to_string()))?;
    let body =
        R::Response::decode(&mut frame, generated).map_err(|error| refused(error.to_string()))?;
    if frame.has_remaining() {
        return Err(refused(format!("{} bytes left over", frame.remaining())));
    }
    Ok((header.correlation_id, body))
}

/// Every key the message crate knows is one of ours; a test holds that.
fn api_of<R: Request>() -> ApiKey {
    ApiKey::from_wire(R::KEY).unwrap_or(ApiKey::ApiVersions)
}

#[cfg(test)]
mod tests;
