//! The records of a batch, one after the other.

use protocol_types::{Offset, Timestamp};

use crate::compression::DecompressError;
use crate::view::BatchView;

/// Why the records of a batch cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error(transparent)]
    Decompress(#[from] DecompressError),
    #[error("record {index} is malformed: {what}")]
    Record { index: u32, what: &'static str },
    #[error("{trailing} bytes follow the last of the batch's records")]
    Trailing { trailing: usize },
}

/// A batch with its records decompressed.
#[derive(Clone, Debug)]
pub struct DecodedBatch<'a> {
    view: BatchView<'a>,
}

impl<'a> DecodedBatch<'a> {
    pub(crate) fn new(view: BatchView<'a>, limit: usize) -> Result<Self, DecodeError> {
        let _ = (view, limit);
        todo!()
    }

    #[must_use]
    pub const fn view(&self) -> &BatchView<'a> {
        &self.view
    }

    #[must_use]
    pub fn records(&self) -> Records<'_> {
        todo!()
    }

    /// The offset of one of this batch's records.
    #[must_use]
    pub fn offset_of(&self, record: &Record<'_>) -> Offset {
        let _ = record;
        todo!()
    }

    /// The timestamp of one of this batch's records; the append time if the batch carries that.
    #[must_use]
    pub fn timestamp_of(&self, record: &Record<'_>) -> Timestamp {
        let _ = record;
        todo!()
    }
}

/// One record.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// 0 to the batch's last offset delta.
    pub offset_delta: u32,
    pub timestamp_delta: i64,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: Headers<'a>,
}

/// One header of a record; keys may repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    pub key: &'a [u8],
    pub value: Option<&'a [u8]>,
}

/// The headers of a record in their order, duplicates included.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    rest: &'a [u8],
    left: u32,
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = (self.rest, self.left);
        todo!()
    }
}

/// The records of a batch; ends after the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = self.rest;
        todo!()
    }
}
