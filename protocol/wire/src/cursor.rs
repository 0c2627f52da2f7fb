//! A reader over untrusted bytes that knows the protocol's primitive types and never panics.
//!
//! Every read names its field, so that a refusal says where the request went wrong. No read
//! allocates.

use crate::error::Malformed;

/// A position in a request's bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline]
    pub(crate) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    fn fixed<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let (head, rest) =
            self.rest.split_first_chunk::<N>().ok_or(Malformed::Truncated { field })?;
        self.rest = rest;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        self.fixed::<1>(field).map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn i16(&mut self, field: &'static str) -> Result<i16, Malformed> {
        self.fixed(field).map(i16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, Malformed> {
        self.fixed(field).map(i32::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i8(&mut self, field: &'static str) -> Result<i8, Malformed> {
        self.fixed(field).map(i8::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, Malformed> {
        self.fixed(field).map(i64::from_be_bytes)
    }

    #[inline]
    pub(crate) fn uuid(&mut self, field: &'static str) -> Result<[u8; 16], Malformed> {
        self.fixed(field)
    }

    /// The next `len` bytes of `field`.
    #[inline]
    pub(crate) fn take(&mut self, len: u64, field: &'static str) -> Result<&'a [u8], Malformed> {
        let too_long = Malformed::TooLong { field, length: len, remaining: self.rest.len() };
        let Ok(at) = usize::try_from(len) else { return Err(too_long) };
        let (head, rest) = self.rest.split_at_checked(at).ok_or(too_long)?;
        self.rest = rest;
        Ok(head)
    }

    /// At most five bytes, value below 2^32; what the decoder behind the guard would read
    /// differently is refused.
    #[inline]
    pub(crate) fn unsigned_varint(&mut self, field: &'static str) -> Result<u32, Malformed> {
        let first = self.u8(field)?;
        if first < 0x80 {
            return Ok(u32::from(first));
        }
        let mut value = u32::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.u8(field)?;
            if shift == 28 && byte > 0x0f {
                return Err(Malformed::BadVarint { field });
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Ok(value)
    }

    /// Length of a string: `None` is null.
    #[inline]
    pub(crate) fn string_len(
        &mut self,
        flexible: bool,
        field: &'static str,
    ) -> Result<Option<u64>, Malformed> {
        if !flexible {
            return length_or_null(i64::from(self.i16(field)?), field);
        }
        let length = self.unsigned_varint(field)?.checked_sub(1);
        match length {
            // As long as one that is not compact, as in Kafka: what is read can be written again.
            Some(length) if length > i16::MAX.cast_unsigned().into() => {
                Err(Malformed::StringTooLong { field, length })
            }
            length => Ok(length.map(u64::from)),
        }
    }

    /// Length of bytes, records or an array: `None` is null.
    #[inline]
    pub(crate) fn count(
        &mut self,
        flexible: bool,
        field: &'static str,
    ) -> Result<Option<u64>, Malformed> {
        if flexible {
            return Ok(self.unsigned_varint(field)?.checked_sub(1).map(u64::from));
        }
        length_or_null(i64::from(self.i32(field)?), field)
    }

    #[inline]
    pub(crate) fn nullable_string(
        &mut self,
        flexible: bool,
        field: &'static str,
    ) -> Result<Option<&'a [u8]>, Malformed> {
        match self.string_len(flexible, field)? {
            None => Ok(None),
            Some(len) => self.take(len, field).map(Some),
        }
    }

    #[inline]
    pub(crate) fn nullable_bytes(
        &mut self,
        flexible: bool,
        field: &'static str,
    ) -> Result<Option<&'a [u8]>, Malformed> {
        match self.count(flexible, field)? {
            None => Ok(None),
            Some(len) => self.take(len, field).map(Some),
        }
    }

    #[inline]
    pub(crate) fn nullable_str(
        &mut self,
        flexible: bool,
        field: &'static str,
    ) -> Result<Option<&'a str>, Malformed> {
        let bytes = self.nullable_string(flexible, field)?;
        bytes.map(std::str::from_utf8).transpose().map_err(|_| Malformed::NotUtf8 { field })
    }

    /// A string that must be there.
    #[inline]
    pub(crate) fn str(
        &mut self,
        flexible: bool,
        field: &'static str,
    ) -> Result<&'a str, Malformed> {
        self.nullable_str(flexible, field)?.ok_or(Malformed::UnexpectedNull { field })
    }

    /// Number of tagged fields, each of which needs at least two bytes.
    #[inline]
    pub(crate) fn tag_count(&mut self, field: &'static str) -> Result<u32, Malformed> {
        let count = self.unsigned_varint(field)?;
        let remaining = self.rest.len();
        if u64::from(count) * 2 > remaining as u64 {
            return Err(Malformed::CountTooLarge { field, count: count.into(), remaining });
        }
        Ok(count)
    }

    /// Skips a tagged-field section whose tags all are unknown; returns how many there were.
    #[inline]
    pub(crate) fn skip_tags(&mut self, field: &'static str) -> Result<u32, Malformed> {
        let count = self.tag_count(field)?;
        for _ in 0..count {
            self.unsigned_varint(field)?;
            let size = self.unsigned_varint(field)?;
            self.take(size.into(), field)?;
        }
        Ok(count)
    }
}

/// −1 is null; Kafka refuses other negative lengths.
#[inline]
fn length_or_null(length: i64, field: &'static str) -> Result<Option<u64>, Malformed> {
    match u64::try_from(length) {
        Ok(length) => Ok(Some(length)),
        Err(_) if length == -1 => Ok(None),
        Err(_) => Err(Malformed::NegativeLength { field, length }),
    }
}

#[cfg(test)]
mod tests;
