//! Kafka's flexible encoding: compact strings and arrays, tagged fields.
//!
//! Reading trusts no length: nothing is allocated ahead of the bytes that must back it, and tags
//! that are not known are skipped, so that records of a later version can be read.

use bytes::Bytes;
use protocol_types::TopicId;

#[cfg(test)]
mod tests;

/// Appends fields to a record.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a key or value with the number of its kind or version.
    pub(crate) fn new(prefix: i16) -> Self {
        let mut writer = Self::default();
        writer.i16(prefix);
        writer
    }

    pub(crate) fn finish(self) -> Bytes {
        self.0.into()
    }

    pub(crate) fn i8(&mut self, n: i8) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(crate) fn i16(&mut self, n: i16) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(crate) fn i32(&mut self, n: i32) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(crate) fn i64(&mut self, n: i64) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    pub(crate) fn uuid(&mut self, id: TopicId) {
        self.0.extend_from_slice(&id.0);
    }

    pub(crate) fn varint(&mut self, mut n: u64) {
        loop {
            let low = (n & 0x7f) as u8;
            n >>= 7;
            if n == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    /// A string of a key: keys are not flexible. One that is too long for it cannot come from the
    /// wire, whose strings are no longer.
    pub(crate) fn key_string(&mut self, text: &str) {
        let len = i16::try_from(text.len()).unwrap_or(i16::MAX);
        self.i16(len);
        let bytes = text.as_bytes();
        self.0.extend_from_slice(bytes.get(..usize::from(len.unsigned_abs())).unwrap_or(bytes));
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.varint(count as u64 + 1);
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn nullable_string(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.varint(0),
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The end of a structure without tagged fields.
    pub(crate) fn no_tags(&mut self) {
        self.varint(0);
    }

    /// The end of a structure with one tagged field.
    pub(crate) fn one_tag(&mut self, tag: u64, write: impl FnOnce(&mut Self)) {
        let mut value = Self::default();
        write(&mut value);
        self.varint(1);
        self.varint(tag);
        self.varint(value.0.len() as u64);
        self.0.extend_from_slice(&value.0);
    }
}

/// Takes fields from a record. `None` wherever it ends too early or holds what cannot be.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn i8(&mut self) -> Option<i8> {
        self.array().map(i8::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(crate) fn uuid(&mut self) -> Option<TopicId> {
        self.array().map(TopicId)
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut n = 0_u64;
        for shift in (0..63).step_by(7) {
            let [byte] = self.array::<1>()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    pub(crate) fn key_string(&mut self) -> Option<String> {
        let len = usize::try_from(self.i16()?).ok()?;
        String::from_utf8(self.take(len)?.to_vec()).ok()
    }

    /// The count of an array; it may be wrong, the elements must be there all the same.
    pub(crate) fn count(&mut self) -> Option<u64> {
        self.varint()?.checked_sub(1)
    }

    /// As many elements as the count says.
    pub(crate) fn list<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = self.count()?;
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(element(self)?);
        }
        Some(list)
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.count()?;
        self.take(usize::try_from(len).ok()?)
    }

    pub(crate) fn string(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    #[expect(clippy::option_option, reason = "malformed, null, or a string")]
    pub(crate) fn nullable_string(&mut self) -> Option<Option<String>> {
        match self.varint()?.checked_sub(1) {
            None => Some(None),
            Some(len) => {
                let bytes = self.take(usize::try_from(len).ok()?)?;
                String::from_utf8(bytes.to_vec()).ok().map(Some)
            }
        }
    }

    /// The tagged fields at the end of a structure.
    pub(crate) fn tags(&mut self, mut field: impl FnMut(u64, Self) -> Option<()>) -> Option<()> {
        for _ in 0..self.varint()? {
            let tag = self.varint()?;
            let len = self.varint()?;
            let value = self.take(usize::try_from(len).ok()?)?;
            field(tag, Self(value))?;
        }
        Some(())
    }

    /// Tagged fields of which none is known.
    pub(crate) fn skip_tags(&mut self) -> Option<()> {
        self.tags(|_, _| Some(()))
    }
}
