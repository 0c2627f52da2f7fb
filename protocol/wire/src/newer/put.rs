//! Writing what flexible versions have everywhere: arrays and the tagged fields behind structures.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::EncodeError;
use crate::writer::{put_count, put_unsigned_varint};

/// An array, `None` is null.
pub(super) fn put_array<T>(
    out: &mut BytesMut,
    array: Option<&[T]>,
    element: impl Fn(&mut BytesMut, &T) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    put_count(out, true, array.map(|array| array.len() as u64))?;
    array.unwrap_or_default().iter().try_for_each(|each| element(out, each))
}

pub(super) fn put_tags(out: &mut BytesMut, tags: &BTreeMap<i32, Bytes>) -> Result<(), EncodeError> {
    let length = |length: usize| {
        u32::try_from(length).map_err(|_| EncodeError::TooLarge { bytes: length as u64 })
    };
    put_unsigned_varint(out, length(tags.len())?);
    for (tag, value) in tags {
        put_unsigned_varint(out, tag.cast_unsigned());
        put_unsigned_varint(out, length(value.len())?);
        out.put_slice(value);
    }
    Ok(())
}
