//! Requests in versions that the message crate, generated from Kafka 4.1, does not know.
//!
//! They are read into its types and written from them, which have a place for the new fields. A
//! version that only means more, in the same bytes, belongs into `versions::as_generated`. What is
//! read here the guard has accepted.

mod offset_commit;
mod offset_fetch;
mod put;
mod reader;

use std::any::Any;

use bytes::{Bytes, BytesMut};
use protocol_types::ApiKey;

use self::reader::Reader;
use crate::error::{DecodeError, EncodeError};

/// A request that is read and written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newer {
    OffsetCommit10,
    OffsetFetch10,
}

impl Newer {
    pub(crate) const fn of(api: ApiKey, version: i16) -> Option<Self> {
        match (api, version) {
            (ApiKey::OffsetCommit, 10) => Some(Self::OffsetCommit10),
            (ApiKey::OffsetFetch, 10) => Some(Self::OffsetFetch10),
            _ => None,
        }
    }

    const fn api_and_version(self) -> (ApiKey, i16) {
        match self {
            Self::OffsetCommit10 => (ApiKey::OffsetCommit, 10),
            Self::OffsetFetch10 => (ApiKey::OffsetFetch, 10),
        }
    }

    /// Reads a body; `R` is the api's type.
    pub(crate) fn decode<R: 'static>(self, body: &Bytes) -> Result<R, DecodeError> {
        let (api, version) = self.api_and_version();
        let reader = Reader::new(body);
        let request = match self {
            Self::OffsetCommit10 => offset_commit::decode(reader).map(as_asked),
            Self::OffsetFetch10 => offset_fetch::decode(reader).map(as_asked),
        };
        request
            .map_err(|error| DecodeError::Refused { api, version, reason: error.to_string() })?
            .ok_or(DecodeError::WrongType { api })
    }

    /// Writes a body; `R` is the api's type.
    pub(crate) fn encode<R: 'static>(
        self,
        out: &mut BytesMut,
        request: &R,
    ) -> Result<(), EncodeError> {
        match self {
            Self::OffsetCommit10 => offset_commit::encode(out, self.own(request)?),
            Self::OffsetFetch10 => offset_fetch::encode(out, self.own(request)?),
        }
    }

    fn own<T: 'static, R: 'static>(self, request: &R) -> Result<&T, EncodeError> {
        let (api, version) = self.api_and_version();
        let request: &dyn Any = request;
        request.downcast_ref().ok_or_else(|| {
            let reason = "the request is of another type".to_owned();
            EncodeError::Message { api, version, reason }
        })
    }
}

/// The request as the type that was asked for, which is its own.
fn as_asked<T: 'static, R: 'static>(request: T) -> Option<R> {
    let mut request = Some(request);
    let slot: &mut dyn Any = &mut request;
    slot.downcast_mut::<Option<R>>().and_then(Option::take)
}

#[cfg(test)]
mod tests;
