//! What opening a file checks: header, trailer, section table, directory.

use crate::codec::{Decoder, checksum};
use crate::sealed::format::{
    BLOCK, Header, SECTION_ENTRY_LEN, TRAILER_LEN, Trailer, decode_header,
};
use crate::sealed::{
    DirectoryEntry, FileIdentity, ReadError, SealedFile, SectionEntry, SectionKind,
};

impl SealedFile {
    pub(super) fn header(&self) -> Result<FileIdentity, ReadError> {
        match decode_header(&self.bytes(0, BLOCK)?) {
            Header::Identity(identity) if identity.file == self.id => Ok(identity),
            Header::Identity(_) => Err(self.corrupt(None, 0, "header of another file")),
            Header::Newer { major, minor } => Err(ReadError::Newer { file: self.id, major, minor }),
            Header::Bad(what) => Err(self.corrupt(None, 0, what)),
        }
    }

    pub(super) fn trailer(&self) -> Result<Trailer, ReadError> {
        let at = self.len - TRAILER_LEN as u64;
        let trailer = Trailer::decode(&self.bytes(at, TRAILER_LEN as u64)?);
        let Some(trailer) = trailer else {
            return Err(self.corrupt(None, at, "trailer checksum mismatch"));
        };
        if trailer.file != self.id || trailer.file_len != self.len {
            return Err(self.corrupt(None, at, "trailer of another file"));
        }
        Ok(trailer)
    }

    pub(super) fn section_table(&self, trailer: &Trailer) -> Result<Vec<SectionEntry>, ReadError> {
        let at = trailer.table_at;
        let bytes = self.bytes(at, u64::from(trailer.sections) * SECTION_ENTRY_LEN as u64)?;
        if checksum(&bytes) != trailer.table_checksum {
            return Err(self.corrupt(None, at, "section table checksum mismatch"));
        }
        let mut decoder = Decoder(&bytes);
        let mut sections = Vec::with_capacity(bytes.len() / SECTION_ENTRY_LEN);
        while let Some(section) = SectionEntry::decode(&mut decoder) {
            sections.push(section);
        }
        sections.sort_unstable_by_key(|section| (section.segment, section.kind));
        Ok(sections)
    }

    pub(super) fn read_directory(&self) -> Result<Vec<DirectoryEntry>, ReadError> {
        let Some(section) = self.section(None, SectionKind::DIRECTORY) else {
            return Err(self.corrupt(None, 0, "no directory"));
        };
        let bytes = self.section_bytes(section)?;
        let directory = Decoder(&bytes).only_list(DirectoryEntry::decode);
        directory.ok_or_else(|| self.corrupt(None, section.at, "directory is malformed"))
    }
}
