//! The DescribeLogDirs answer of version 5, which the message crate cannot write.
//!
//! It is that of version 4 with one field more in each directory: whether it is cordoned (KIP-1066).

use bytes::{BufMut, BytesMut};
use kafka_protocol::messages::DescribeLogDirsResponse;
use kafka_protocol::messages::describe_log_dirs_response::DescribeLogDirsResult;
use kafka_protocol::protocol::{Encodable, StrBytes};
use protocol_types::ApiKey;

use crate::error::EncodeError;
use crate::response::encode_response;
use crate::versions;
use crate::writer::{begin_frame, finish_frame, put_count, put_no_tags, put_string};

/// First version that says whether a directory is cordoned.
const FIRST_CORDONED: i16 = 5;

/// The version by which the message crate writes what both have.
const SHARED: i16 = 4;

/// The answer in every version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogDirs {
    pub response: DescribeLogDirsResponse,
    /// Paths of those directories of the answer that are cordoned.
    pub cordoned: Vec<StrBytes>,
}

/// Appends a whole response frame to `out`.
///
/// # Errors
/// A field is set that this version cannot carry; `out` is then as before.
pub fn encode(
    out: &mut BytesMut,
    version: i16,
    correlation_id: i32,
    answer: &LogDirs,
) -> Result<(), EncodeError> {
    let api = ApiKey::DescribeLogDirs;
    if version < FIRST_CORDONED {
        return encode_response(out, api, version, correlation_id, &answer.response);
    }
    let served = versions::served(api)
        .filter(|served| served.serves(version))
        .ok_or(EncodeError::NotServed { api, version })?;
    let start = begin_frame(out, correlation_id, served.response_header_version(version));
    let encoded = body(out, version, answer).and_then(|()| finish_frame(out, start, 0));
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded.map(drop)
}

fn body(out: &mut BytesMut, version: i16, answer: &LogDirs) -> Result<(), EncodeError> {
    let LogDirs { response, cordoned } = answer;
    out.put_i32(response.throttle_time_ms);
    out.put_i16(response.error_code);
    put_count(out, true, Some(response.results.len() as u64))?;
    for result in &response.results {
        directory(out, version, result, cordoned.contains(&result.log_dir))?;
    }
    put_no_tags(out);
    Ok(())
}

fn directory(
    out: &mut BytesMut,
    version: i16,
    result: &DescribeLogDirsResult,
    is_cordoned: bool,
) -> Result<(), EncodeError> {
    out.put_i16(result.error_code);
    put_string(out, true, Some(&result.log_dir))?;
    put_count(out, true, Some(result.topics.len() as u64))?;
    for topic in &result.topics {
        topic.encode(out, SHARED).map_err(|error| EncodeError::Message {
            api: ApiKey::DescribeLogDirs,
            version,
            reason: error.to_string(),
        })?;
    }
    out.put_i64(result.total_bytes);
    out.put_i64(result.usable_bytes);
    out.put_u8(is_cordoned.into());
    put_no_tags(out);
    Ok(())
}

#[cfg(test)]
mod tests;
