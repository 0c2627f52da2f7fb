//! The walker: one pass over the bytes, steered by a schema.
//!
//! Recursion follows the schema, whose depth is fixed; the request cannot deepen it.

use super::Walked;
use super::schema::{Element, Field, Kind};
use crate::cursor::Cursor;
use crate::error::Malformed;

/// Most elements a request may hold, over all its arrays and tagged fields.
pub const ELEMENTS_MAX: u32 = 1_000_000;

/// What an unknown tagged field may cost the decoder: a node of a map and the field's slice.
const TAG_MEMORY: u64 = 512;

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountWidth {
    Int16,
    Int32,
    UnsignedVarint,
}

/// A length or count field of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountField {
    pub field: &'static str,
    /// Position of its first byte in the body.
    pub at: usize,
    /// Bytes it takes.
    pub len: usize,
    pub width: CountWidth,
}

/// Sees every length and count field on the way, with the bytes left before and after it.
pub(super) trait Observer {
    fn count(&mut self, field: &'static str, before: usize, after: usize, width: CountWidth);
}

/// Nobody looks: the production walk.
impl Observer for () {
    #[inline]
    fn count(&mut self, _: &'static str, _: usize, _: usize, _: CountWidth) {}
}

/// One walk over one body.
pub(super) struct Walk<'a, 'o, O> {
    cursor: Cursor<'a>,
    version: i16,
    flexible: bool,
    memory: u64,
    elements: u32,
    observer: &'o mut O,
}

impl<'a, 'o, O: Observer> Walk<'a, 'o, O> {
    pub(super) const fn new(
        cursor: Cursor<'a>,
        version: i16,
        flexible: bool,
        observer: &'o mut O,
    ) -> Self {
        Self { cursor, version, flexible, memory: 0, elements: 0, observer }
    }

    pub(super) fn request(mut self, fields: &'static [Field]) -> Result<Walked, Malformed> {
        self.structure(fields)?;
        Ok(Walked {
            memory: self.memory,
            elements: self.elements,
            trailing: self.cursor.remaining(),
        })
    }

    fn structure(&mut self, fields: &'static [Field]) -> Result<(), Malformed> {
        for field in fields {
            if field.is_plain_in(self.version) {
                self.field(field)?;
            }
        }
        if self.flexible { self.tagged(fields) } else { Ok(()) }
    }

    fn field(&mut self, field: &Field) -> Result<(), Malformed> {
        self.value(field.name, field.kind, field.is_nullable_in(self.version))
    }

    fn value(&mut self, name: &'static str, kind: Kind, nullable: bool) -> Result<(), Malformed> {
        match kind {
            Kind::Fixed(len) => self.cursor.take(len.into(), name).map(|_| ()),
            Kind::String => {
                let len = self.length(name, CountWidth::Int16, nullable)?;
                self.cursor.take(len.unwrap_or(0), name).map(|_| ())
            }
            Kind::Bytes => {
                let len = self.length(name, CountWidth::Int32, nullable)?;
                self.cursor.take(len.unwrap_or(0), name).map(|_| ())
            }
            Kind::Array(element) => {
                let count = self.length(name, CountWidth::Int32, nullable)?;
                self.array(name, element, count.unwrap_or(0))
            }
            Kind::Struct(_) if nullable && !self.present(name)? => Ok(()),
            Kind::Struct(fields) => self.structure(fields),
        }
    }

    /// The byte before a structure that may be absent.
    fn present(&mut self, field: &'static str) -> Result<bool, Malformed> {
        match self.cursor.u8(field)? {
            1 => Ok(true),
            0xff => Ok(false),
            byte => Err(Malformed::BadPresence { field, byte }),
        }
    }

    fn array(
        &mut self,
        field: &'static str,
        element: &'static Element,
        count: u64,
    ) -> Result<(), Malformed> {
        let remaining = self.cursor.remaining();
        if count > remaining as u64 / element.kind.size_min(self.version, self.flexible) {
            return Err(Malformed::CountTooLarge { field, count, remaining });
        }
        self.spend(count, count * element.memory)?;
        for _ in 0..count {
            self.value(field, element.kind, false)?;
        }
        Ok(())
    }

    /// Counts elements and the memory they take in the decoder.
    fn spend(&mut self, elements: u64, memory: u64) -> Result<(), Malformed> {
        let total = u64::from(self.elements) + elements;
        match u32::try_from(total) {
            Ok(total) if total <= ELEMENTS_MAX => self.elements = total,
            _ => return Err(Malformed::TooManyElements { limit: ELEMENTS_MAX }),
        }
        self.memory += memory;
        Ok(())
    }

    /// The tagged fields that end a structure. A known one must fill its announced size exactly:
    /// the decoder believes its type, not its size.
    fn tagged(&mut self, fields: &'static [Field]) -> Result<(), Malformed> {
        const FIELD: &str = "tagged_fields";
        let before = self.cursor.remaining();
        let count = self.cursor.tag_count(FIELD)?;
        self.observe(FIELD, before, CountWidth::UnsignedVarint);
        for _ in 0..count {
            let tag = self.cursor.unsigned_varint(FIELD)?;
            let before = self.cursor.remaining();
            let size = self.cursor.unsigned_varint(FIELD)?;
            self.observe(FIELD, before, CountWidth::UnsignedVarint);
            match fields.iter().find(|field| field.tag == Some(tag)) {
                Some(field) => self.known_tag(field, tag, size)?,
                None => {
                    self.spend(1, TAG_MEMORY)?;
                    self.cursor.take(size.into(), FIELD)?;
                }
            }
        }
        Ok(())
    }

    fn known_tag(&mut self, field: &Field, tag: u32, size: u32) -> Result<(), Malformed> {
        if !field.is_in(self.version) {
            return Err(Malformed::TagVersion { field: field.name, tag });
        }
        let before = self.cursor.remaining();
        self.field(field)?;
        let filled = (before - self.cursor.remaining()) as u64;
        if filled == u64::from(size) {
            Ok(())
        } else {
            Err(Malformed::TagSize { field: field.name, size })
        }
    }

    /// A length as this version writes it, `None` for a null that is allowed; `classic` is its
    /// width where the version is not flexible.
    fn length(
        &mut self,
        field: &'static str,
        classic: CountWidth,
        nullable: bool,
    ) -> Result<Option<u64>, Malformed> {
        let before = self.cursor.remaining();
        let length = match classic {
            CountWidth::Int16 => self.cursor.string_len(self.flexible, field),
            CountWidth::Int32 | CountWidth::UnsignedVarint => {
                self.cursor.count(self.flexible, field)
            }
        }?;
        self.observe(
            field,
            before,
            if self.flexible { CountWidth::UnsignedVarint } else { classic },
        );
        if length.is_none() && !nullable {
            return Err(Malformed::UnexpectedNull { field });
        }
        Ok(length)
    }

    fn observe(&mut self, field: &'static str, before: usize, width: CountWidth) {
        self.observer.count(field, before, self.cursor.remaining(), width);
    }
}
