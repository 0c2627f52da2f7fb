//! Frames: a 4-byte big-endian length and that many bytes.
//!
//! A length below 0 or above the listener's limit closes the connection before anything is
//! allocated for it (trap 14).

/// Bytes of the length prefix.
pub const PREFIX_LEN: usize = 4;

/// Why a connection is closed for the length it announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("frame announces the negative length {length}")]
    Negative { length: i32 },
    #[error("frame of {length} bytes is above the limit of {limit} (socket.request.max.bytes)")]
    TooLarge { length: u32, limit: u32 },
    #[error("frame of {length} bytes cannot hold a request header")]
    TooSmall { length: u32 },
}

/// What the bytes received so far hold at their start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Not even the length yet.
    NoLength,
    /// `total` bytes, prefix included, are needed; take budget for them before reading on.
    Incomplete { total: usize },
    /// A whole request without its prefix; `consumed` bytes belong to it.
    Complete { body: &'a [u8], consumed: usize },
}

/// Looks at the start of `received`. `limit` bounds the body.
///
/// # Errors
/// The connection must be closed: the stream cannot be followed any further.
pub fn next_frame(received: &[u8], limit: u32) -> Result<Frame<'_>, FrameError> {
    let Some((prefix, rest)) = received.split_first_chunk::<PREFIX_LEN>() else {
        return Ok(Frame::NoLength);
    };
    let body_len = checked_length(i32::from_be_bytes(*prefix), limit)?;
    Ok(rest.get(..body_len).map_or(Frame::Incomplete { total: PREFIX_LEN + body_len }, |body| {
        Frame::Complete { body, consumed: PREFIX_LEN + body_len }
    }))
}

/// A header is never shorter: key, version, correlation id.
const HEADER_LEN_MIN: u32 = 8;

fn checked_length(length: i32, limit: u32) -> Result<usize, FrameError> {
    let length = u32::try_from(length).map_err(|_| FrameError::Negative { length })?;
    if length > limit {
        return Err(FrameError::TooLarge { length, limit });
    }
    if length < HEADER_LEN_MIN {
        return Err(FrameError::TooSmall { length });
    }
    Ok(protocol_types::to_usize(u64::from(length)))
}

#[cfg(test)]
mod tests;
