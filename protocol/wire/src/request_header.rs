//! The head of a request: what is asked, in which version, by whom.
//!
//! The first eight bytes are read by hand, so that an unknown key or a version we do not serve is a
//! value and not an error; only then is it known which header follows. `client_id` is never compact,
//! not even in header version 2 (trap 8).

use protocol_types::ApiKey;

use crate::cursor::Cursor;
use crate::error::Malformed;
use crate::versions::{self, ServedApi};

/// The header of a request that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader<'a> {
    pub api: ApiKey,
    pub version: i16,
    pub correlation_id: i32,
    /// `None` where the wire says null or holds no UTF-8.
    pub client_id: Option<&'a str>,
    /// Where the body starts in the frame.
    pub body_at: usize,
}

/// What a frame asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A request we serve; its body is `frame[header.body_at..]`.
    Served(RequestHeader<'a>),
    /// ApiVersions newer than ours: answered in version 0 with UNSUPPORTED_VERSION (traps 2 to 4).
    ApiVersionsTooNew { correlation_id: i32 },
    /// Everything else: Kafka closes the connection (trap 5).
    Unsupported { api_key: i16, version: i16, correlation_id: i32 },
}

/// Reads the header of a frame (without its length prefix).
///
/// # Errors
/// The frame is malformed; close the connection.
pub fn parse(frame: &[u8]) -> Result<Parsed<'_>, Malformed> {
    let mut cursor = Cursor::new(frame);
    let api_key = cursor.i16("request_api_key")?;
    let version = cursor.i16("request_api_version")?;
    let correlation_id = cursor.i32("correlation_id")?;

    let unsupported = Parsed::Unsupported { api_key, version, correlation_id };
    let Some(served) = ApiKey::from_wire(api_key).and_then(versions::served) else {
        return Ok(unsupported);
    };
    if !served.serves(version) {
        let too_new = served.key == ApiKey::ApiVersions && version > served.max;
        return Ok(if too_new {
            Parsed::ApiVersionsTooNew { correlation_id }
        } else {
            unsupported
        });
    }
    let client_id = client_id(&mut cursor, served, version)?;
    Ok(Parsed::Served(RequestHeader {
        api: served.key,
        version,
        correlation_id,
        client_id,
        body_at: frame.len() - cursor.remaining(),
    }))
}

fn client_id<'a>(
    cursor: &mut Cursor<'a>,
    served: &ServedApi,
    version: i16,
) -> Result<Option<&'a str>, Malformed> {
    let bytes = cursor.nullable_string(false, "client_id")?;
    if served.request_header_version(version) >= 2 {
        cursor.skip_tags("header_tags")?;
    }
    Ok(bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()))
}

#[cfg(test)]
mod tests;
