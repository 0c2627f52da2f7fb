//! The records of a batch, one after the other.
//!
//! Every length is bounded by the bytes that are left, so that a walk is linear in them and
//! allocates nothing; decompression alone allocates, within the caller's limit. Header keys may
//! repeat (KIP-82) and come out in their order.

use std::borrow::Cow;

use protocol_types::{Codec, Offset, Timestamp, TimestampType};

use crate::compression::{self, DecompressError};
use crate::varint;
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
    plain: Cow<'a, [u8]>,
}

impl<'a> DecodedBatch<'a> {
    pub(crate) fn new(view: BatchView<'a>, limit: usize) -> Result<Self, DecodeError> {
        let plain = if view.codec() == Codec::None {
            Cow::Borrowed(view.body())
        } else {
            Cow::Owned(compression::decompress(view.codec(), view.body(), limit)?)
        };
        Ok(Self { view, plain })
    }

    /// Bytes that were made of the compressed ones; 0 where nothing is compressed.
    #[must_use]
    pub fn unpacked_bytes(&self) -> usize {
        match &self.plain {
            Cow::Borrowed(_) => 0,
            Cow::Owned(plain) => plain.len(),
        }
    }

    #[must_use]
    pub const fn view(&self) -> &BatchView<'a> {
        &self.view
    }

    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records {
            rest: &self.plain,
            left: self.view.record_count(),
            index: 0,
            last_offset_delta: self.view.header().last_offset_delta,
        }
    }

    /// The offset of one of this batch's records.
    #[must_use]
    pub const fn offset_of(&self, record: &Record<'_>) -> Offset {
        Offset(self.view.base_offset().0 + record.offset_delta as u64)
    }

    /// The timestamp of one of this batch's records; the append time if the batch carries that.
    #[must_use]
    pub const fn timestamp_of(&self, record: &Record<'_>) -> Timestamp {
        match self.view.timestamp_type() {
            TimestampType::LogAppendTime => self.view.max_timestamp(),
            // A delta that overflows wraps in Kafka's clients, so it must here.
            TimestampType::CreateTime => {
                Timestamp(self.view.base_timestamp().0.wrapping_add(record.timestamp_delta))
            }
        }
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
        self.left = self.left.checked_sub(1)?;
        take_header(&mut self.rest)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// The records of a batch; ends after the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    left: u32,
    index: u32,
    last_offset_delta: i32,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(left) = self.left.checked_sub(1) else {
            let trailing = std::mem::take(&mut self.rest).len();
            return (trailing > 0).then_some(Err(DecodeError::Trailing { trailing }));
        };
        let index = self.index;
        self.left = left;
        self.index += 1;
        let record = take_record(&mut self.rest, self.last_offset_delta).map_err(|what| {
            self.left = 0;
            self.rest = &[];
            DecodeError::Record { index, what }
        });
        Some(record)
    }
}

impl std::iter::FusedIterator for Records<'_> {}

fn take_record<'a>(
    rest: &mut &'a [u8],
    last_offset_delta: i32,
) -> Result<Record<'a>, &'static str> {
    let length = varint::take_i32(rest).ok_or("its length is no varint")?;
    let mut body = usize::try_from(length)
        .ok()
        .and_then(|length| take(rest, length))
        .ok_or("its length passes the end of the batch")?;
    // One byte of attributes, none of which is in use.
    take(&mut body, 1).ok_or("it is empty")?;
    let timestamp_delta = varint::take_i64(&mut body).ok_or("its timestamp is no varint")?;
    let offset_delta = varint::take_i32(&mut body).ok_or("its offset is no varint")?;
    if offset_delta > last_offset_delta {
        return Err("its offset lies behind the batch's last");
    }
    let offset_delta = u32::try_from(offset_delta).map_err(|_| "its offset is negative")?;
    let key = take_nullable(&mut body).ok_or("its key passes its end")?;
    let value = take_nullable(&mut body).ok_or("its value passes its end")?;
    let headers = take_headers(&mut body)?;
    if body.is_empty() {
        Ok(Record { offset_delta, timestamp_delta, key, value, headers })
    } else {
        Err("it is longer than its fields")
    }
}

/// Walks the headers, so that [`Headers`] meets no surprise later.
fn take_headers<'a>(body: &mut &'a [u8]) -> Result<Headers<'a>, &'static str> {
    let count = varint::take_i32(body).ok_or("its header count is no varint")?;
    let left = u32::try_from(count).map_err(|_| "its header count is negative")?;
    let rest = *body;
    for _ in 0..left {
        take_header(body).ok_or("a header passes its end")?;
    }
    Ok(Headers { rest, left })
}

fn take_header<'a>(rest: &mut &'a [u8]) -> Option<Header<'a>> {
    let key = usize::try_from(varint::take_i32(rest)?).ok()?;
    let key = take(rest, key)?;
    let value = take_nullable(rest)?;
    Some(Header { key, value })
}

/// Bytes behind their length, −1 meaning null.
fn take_nullable<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    match varint::take_i32(rest)? {
        -1 => Some(None),
        length => take(rest, usize::try_from(length).ok()?).map(Some),
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken)
}

#[cfg(test)]
mod tests;
