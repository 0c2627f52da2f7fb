//! The guard: walks a request's bytes against a schema before anything decodes them.
//!
//! It allocates nothing. It refuses counts that the remaining bytes cannot hold, strings, bytes and
//! tags beyond the frame, nulls where the protocol allows none, and requests with more than a
//! million elements. What it accepts, the decoder behind it reads the same way, in memory that the
//! estimate bounds. It knows field sizes and versions, never what a field means.

mod schema;
mod walk;

use protocol_types::ApiKey;

use crate::cursor::Cursor;
use crate::error::{DecodeError, Malformed};
use crate::versions;
pub use walk::{CountField, CountWidth, ELEMENTS_MAX};

/// What the walk saw of a request that may be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Upper bound of the bytes the decoder will allocate, beside the frame itself.
    pub memory: u64,
    /// Array elements and unknown tagged fields.
    pub elements: u32,
    /// Bytes after the end of the request; Kafka ignores them, the log should not.
    pub trailing: usize,
}

/// Walks the body of a served request.
///
/// # Errors
/// The request must not be decoded; close the connection.
pub fn check(api: ApiKey, version: i16, body: &[u8]) -> Result<Walked, DecodeError> {
    walk_with(api, version, body, &mut ())
}

/// Where the length and count fields of a request lie, for tests that falsify each of them.
///
/// # Errors
/// As [`check`].
pub fn count_fields(
    api: ApiKey,
    version: i16,
    body: &[u8],
) -> Result<Vec<CountField>, DecodeError> {
    let mut counts = CountFields { body_len: body.len(), found: Vec::new() };
    walk_with(api, version, body, &mut counts)?;
    Ok(counts.found)
}

struct CountFields {
    body_len: usize,
    found: Vec<CountField>,
}

impl walk::Observer for CountFields {
    fn count(&mut self, field: &'static str, before: usize, after: usize, width: CountWidth) {
        let at = self.body_len - before;
        self.found.push(CountField { field, at, len: before - after, width });
    }
}

fn walk_with<O: walk::Observer>(
    api: ApiKey,
    version: i16,
    body: &[u8],
    observer: &mut O,
) -> Result<Walked, DecodeError> {
    let not_served = DecodeError::NotServed { api, version };
    let Some(served) = versions::served(api).filter(|served| served.serves(version)) else {
        return Err(not_served);
    };
    let Some(fields) = schema::request(api) else { return Err(not_served) };
    let malformed = |source: Malformed| DecodeError::Malformed { api, version, source };
    walk::Walk::new(Cursor::new(body), version, served.is_flexible(version), observer)
        .request(fields)
        .map_err(malformed)
}

#[cfg(test)]
mod tests;
