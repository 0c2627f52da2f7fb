//! Kafka's primitive types, in both encodings: lengths as fixed numbers, or as varints of length
//! plus one ("flexible"), with tagged fields at the end of each structure.

use broker_coordinator::ReplayError;
use bytes::{BufMut, Bytes, BytesMut};
use protocol_types::TopicId;

#[cfg(test)]
mod tests;

/// Which encoding a structure is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Fixed,
    Flexible,
}

/// Writes one key or value.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: BytesMut,
    form: Form,
}

impl Writer {
    /// Begins with `prefix`: a key's kind or a value's version.
    pub(crate) fn new(prefix: i16, form: Form) -> Self {
        let mut bytes = BytesMut::with_capacity(64);
        bytes.put_i16(prefix);
        Self { bytes, form }
    }

    pub(crate) fn i8(&mut self, value: i8) {
        self.bytes.put_i8(value);
    }

    pub(crate) fn i16(&mut self, value: i16) {
        self.bytes.put_i16(value);
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.bytes.put_i32(value);
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes.put_i64(value);
    }

    pub(crate) fn uuid(&mut self, id: TopicId) {
        self.raw(&id.0);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.put_slice(bytes);
    }

    fn varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.bytes.put_u8(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.put_u8(value.to_le_bytes()[0]);
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.nullable_string(Some(text));
    }

    /// Texts are bounded by the requests they come from: the guard lets none above 32,767 bytes
    /// pass, in either form, as Kafka's types do.
    pub(crate) fn nullable_string(&mut self, text: Option<&str>) {
        match (self.form, text) {
            (Form::Fixed, None) => self.i16(-1),
            (Form::Flexible, None) => self.varint(0),
            (Form::Fixed, Some(text)) => {
                let length = i16::try_from(text.len());
                self.i16(length.unwrap_or_else(|_| panic!("a text of {} bytes", text.len())));
                self.raw(text.as_bytes());
            }
            (Form::Flexible, Some(text)) => self.flexible(text.as_bytes()),
        }
    }

    pub(crate) fn byte_array(&mut self, bytes: &[u8]) {
        match self.form {
            Form::Fixed => {
                self.length(bytes.len());
                self.raw(bytes);
            }
            Form::Flexible => self.flexible(bytes),
        }
    }

    /// How many elements of an array follow.
    pub(crate) fn count(&mut self, count: usize) {
        match self.form {
            Form::Fixed => self.length(count),
            Form::Flexible => self.varint(length_u32(count) + 1),
        }
    }

    /// Ends a structure without tagged fields.
    pub(crate) fn no_tags(&mut self) {
        if self.form == Form::Flexible {
            self.varint(0);
        }
    }

    /// Ends a structure with one tagged field, where the form has them.
    pub(crate) fn one_tag(&mut self, tag: u32, write: impl FnOnce(&mut Self)) {
        if self.form == Form::Fixed {
            return;
        }
        let mut field = Self { bytes: BytesMut::new(), form: self.form };
        write(&mut field);
        self.varint(1);
        self.varint(tag);
        self.varint(length_u32(field.bytes.len()));
        self.raw(&field.bytes);
    }

    pub(crate) fn finish(self) -> Bytes {
        self.bytes.freeze()
    }

    fn flexible(&mut self, bytes: &[u8]) {
        self.varint(length_u32(bytes.len()) + 1);
        self.raw(bytes);
    }

    fn length(&mut self, length: usize) {
        self.i32(length_u32(length).cast_signed());
    }
}

fn length_u32(length: usize) -> u32 {
    match u32::try_from(length) {
        Ok(length) if length < i32::MAX.cast_unsigned() => length,
        _ => panic!("a field of {length} bytes in a record"),
    }
}

/// Reads one key or value; every length is bounded by the bytes that are left.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
    form: Form,
}

impl<'a> Reader<'a> {
    /// Reads the prefix of a `what`, and the rest in the form that belongs to it.
    pub(crate) fn new(
        what: &'static str,
        bytes: &'a [u8],
        form: impl FnOnce(i16) -> Form,
    ) -> Result<(i16, Self), ReplayError> {
        let mut reader = Self { what, rest: bytes, form: Form::Fixed };
        let prefix = reader.i16()?;
        reader.form = form(prefix);
        Ok((prefix, reader))
    }

    pub(crate) fn error(&self, why: impl Into<String>) -> ReplayError {
        ReplayError { what: self.what, why: why.into() }
    }

    pub(crate) fn i8(&mut self) -> Result<i8, ReplayError> {
        Ok(i8::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn i16(&mut self) -> Result<i16, ReplayError> {
        Ok(i16::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, ReplayError> {
        Ok(i32::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, ReplayError> {
        Ok(i64::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn uuid(&mut self) -> Result<TopicId, ReplayError> {
        Ok(TopicId(self.fixed()?))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], ReplayError> {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.error("it ends too early"));
        };
        self.rest = rest;
        Ok(*taken)
    }

    fn varint(&mut self) -> Result<u32, ReplayError> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let [byte] = self.fixed()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| self.error("a varint is too large"));
            }
        }
        Err(self.error("a varint does not end"))
    }

    pub(crate) fn string<T: From<&'a str>>(&mut self) -> Result<T, ReplayError> {
        let text = self.nullable_string()?;
        text.ok_or_else(|| self.error("a text is null"))
    }

    pub(crate) fn nullable_string<T: From<&'a str>>(&mut self) -> Result<Option<T>, ReplayError> {
        let length = match self.form {
            Form::Fixed => i32::from(self.i16()?),
            Form::Flexible => self.flexible_length()?,
        };
        let Some(bytes) = self.take(length)? else { return Ok(None) };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.into())),
            Err(_) => Err(self.error("a text is not UTF-8")),
        }
    }

    /// Bytes; null ones as none.
    pub(crate) fn byte_array(&mut self) -> Result<Bytes, ReplayError> {
        let length = match self.form {
            Form::Fixed => self.i32()?,
            Form::Flexible => self.flexible_length()?,
        };
        Ok(self.take(length)?.map_or_else(Bytes::new, Bytes::copy_from_slice))
    }

    /// How many elements follow; never more than there are bytes left.
    pub(crate) fn count(&mut self) -> Result<usize, ReplayError> {
        let count = match self.form {
            Form::Fixed => self.i32()?,
            Form::Flexible => self.flexible_length()?,
        };
        match usize::try_from(count.max(0)) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(self.error("an array passes the end")),
        }
    }

    /// As many elements as follow.
    pub(crate) fn list<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<T, ReplayError>,
    ) -> Result<Vec<T>, ReplayError> {
        // Nothing is allocated by the count alone.
        let mut list = Vec::new();
        for _ in 0..self.count()? {
            list.push(element(self)?);
        }
        Ok(list)
    }

    /// Reads the tagged fields at the end of a structure, each handed to `field`.
    pub(crate) fn tags(
        &mut self,
        mut field: impl FnMut(u32, Self) -> Result<(), ReplayError>,
    ) -> Result<(), ReplayError> {
        if self.form == Form::Fixed {
            return Ok(());
        }
        for _ in 0..self.varint()? {
            let tag = self.varint()?;
            let length = i32::try_from(self.varint()?).unwrap_or(i32::MAX);
            let rest = self.take(length)?.unwrap_or_default();
            field(tag, Self { what: self.what, rest, form: self.form })?;
        }
        Ok(())
    }

    /// Skips the tagged fields at the end of a structure.
    pub(crate) fn skip_tags(&mut self) -> Result<(), ReplayError> {
        self.tags(|_, _| Ok(()))
    }

    /// # Errors
    /// Something is left.
    pub(crate) fn end(&self) -> Result<(), ReplayError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(self.error(format!("{left} bytes are left"))),
        }
    }

    fn flexible_length(&mut self) -> Result<i32, ReplayError> {
        let length = i64::from(self.varint()?) - 1;
        i32::try_from(length).map_err(|_| self.error("a length is too large"))
    }

    fn take(&mut self, length: i32) -> Result<Option<&'a [u8]>, ReplayError> {
        if length == -1 {
            return Ok(None);
        }
        let taken =
            usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let Some((taken, rest)) = taken else {
            return Err(self.error("a field passes the end"));
        };
        self.rest = rest;
        Ok(Some(taken))
    }
}
