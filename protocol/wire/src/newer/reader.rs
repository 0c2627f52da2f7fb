//! A reader of flexible versions whose strings and tagged fields are slices of the frame.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::protocol::StrBytes;
use protocol_types::to_usize;
use uuid::Uuid;

use crate::cursor::Cursor;
use crate::error::Malformed;

/// A position in a request that the guard has accepted.
pub(super) struct Reader<'a> {
    body: &'a Bytes,
    cursor: Cursor<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a Bytes) -> Self {
        Self { body, cursor: Cursor::new(body) }
    }

    pub(super) fn boolean(&mut self, field: &'static str) -> Result<bool, Malformed> {
        Ok(self.cursor.u8(field)? != 0)
    }

    pub(super) fn i32(&mut self, field: &'static str) -> Result<i32, Malformed> {
        self.cursor.i32(field)
    }

    pub(super) fn i64(&mut self, field: &'static str) -> Result<i64, Malformed> {
        self.cursor.i64(field)
    }

    pub(super) fn uuid(&mut self, field: &'static str) -> Result<Uuid, Malformed> {
        self.cursor.uuid(field).map(Uuid::from_bytes)
    }

    pub(super) fn nullable_string(
        &mut self,
        field: &'static str,
    ) -> Result<Option<StrBytes>, Malformed> {
        let bytes = self.cursor.nullable_string(true, field)?;
        let string = bytes.map(|bytes| StrBytes::from_utf8(self.body.slice_ref(bytes)));
        string.transpose().map_err(|_| Malformed::NotUtf8 { field })
    }

    pub(super) fn string(&mut self, field: &'static str) -> Result<StrBytes, Malformed> {
        self.nullable_string(field)?.ok_or(Malformed::UnexpectedNull { field })
    }

    /// An array. The guard has seen that there are as many elements as it announces.
    pub(super) fn nullable_array<T>(
        &mut self,
        field: &'static str,
        element: impl Fn(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<Vec<T>>, Malformed> {
        let Some(count) = self.cursor.count(true, field)? else { return Ok(None) };
        let mut array = Vec::with_capacity(to_usize(count));
        for _ in 0..count {
            array.push(element(self)?);
        }
        Ok(Some(array))
    }

    pub(super) fn array<T>(
        &mut self,
        field: &'static str,
        element: impl Fn(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        self.nullable_array(field, element)?.ok_or(Malformed::UnexpectedNull { field })
    }

    /// The tagged fields that end a structure, all of them unknown.
    pub(super) fn tags(&mut self) -> Result<BTreeMap<i32, Bytes>, Malformed> {
        const FIELD: &str = "tagged_fields";
        let mut tags = BTreeMap::new();
        for _ in 0..self.cursor.tag_count(FIELD)? {
            let tag = self.cursor.unsigned_varint(FIELD)?;
            let size = self.cursor.unsigned_varint(FIELD)?;
            let value = self.cursor.take(size.into(), FIELD)?;
            tags.insert(tag.cast_signed(), self.body.slice_ref(value));
        }
        Ok(tags)
    }
}
