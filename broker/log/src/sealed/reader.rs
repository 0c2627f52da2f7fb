//! Reads one sealed file. Every byte that leaves here is the one that was written: sections and the
//! table are checked against checksums, batches against the batch map and their CRC, which between
//! them cover every byte of a batch.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use broker_env::disk::{Disk, DiskFile, Open};
use bytes::Bytes;
use protocol_records::{BatchView, batches};
use protocol_types::{Offset, to_usize};

use crate::codec::{Decoder, checksum};
use crate::{EpochStart, FileId, ProducerSnapshot, ReadLimits, SegmentRef};

use super::batch_map::{BatchMap, BatchSpan};
use super::buffers::BufferPool;
use super::format::BLOCK;
use super::open_files::OpenMark;
use super::read_ahead::ReadAhead;
use super::{
    AbortedTransaction, Corruption, DirectoryEntry, FileIdentity, ReadError, SectionEntry,
    SectionKind, path_of,
};

mod open;
#[cfg(test)]
mod tests;
mod verify;

/// Batches read from a segment.
#[derive(Clone, Debug)]
pub struct SealedRead {
    /// Whole batches, back to back, each checked.
    pub bytes: Bytes,
    /// The offset after the last batch read; where the read began if none was.
    pub next: Offset,
    /// Whether the segment has been read to its end.
    pub at_end: bool,
}

/// An open sealed file with its directory.
#[derive(Debug)]
pub struct SealedFile {
    id: FileId,
    file: Arc<dyn DiskFile>,
    len: u64,
    identity: FileIdentity,
    /// Sorted by segment and kind, as [`Self::section`] searches them.
    sections: Vec<SectionEntry>,
    directory: Vec<DirectoryEntry>,
    ahead: Arc<ReadAhead>,
    /// `None` for who has the file open by itself.
    _mark: Option<OpenMark>,
}

impl SealedFile {
    /// Opens a file and checks header, trailer, section table and directory.
    ///
    /// # Errors
    /// When the file is missing, of a newer format or corrupt.
    pub fn open(disk: &dyn Disk, dir: &Path, file: FileId) -> Result<Self, ReadError> {
        Self::open_with(disk, dir, file, ReadAhead::new(BufferPool::new(0), 0), None)
    }

    pub(super) fn open_with(
        disk: &dyn Disk,
        dir: &Path,
        id: FileId,
        ahead: Arc<ReadAhead>,
        mark: Option<OpenMark>,
    ) -> Result<Self, ReadError> {
        let io = |doing| move |source| ReadError::Io { file: id, doing, source };
        let file = disk.open(&path_of(dir, id), Open::read().direct()).map_err(io("open it"))?;
        let len = file.len().map_err(io("learn its length"))?;
        let identity = FileIdentity {
            file: id,
            cluster: [0; 16],
            broker: protocol_types::BrokerId(0),
            created: protocol_types::Timestamp(0),
        };
        let (sections, directory) = (Vec::new(), Vec::new());
        let mut open = Self { id, file, len, identity, sections, directory, ahead, _mark: mark };
        if len < 2 * BLOCK || !len.is_multiple_of(BLOCK) {
            return Err(open.corrupt(None, len, "the file is not whole"));
        }
        open.identity = open.header()?;
        let trailer = open.trailer()?;
        open.sections = open.section_table(&trailer)?;
        open.directory = open.read_directory()?;
        Ok(open)
    }

    #[must_use]
    pub const fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Never: a file has a header.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The segments, in file order; a segment's number is its place here.
    #[must_use]
    pub fn directory(&self) -> &[DirectoryEntry] {
        &self.directory
    }

    /// All sections, known or not.
    #[must_use]
    pub fn sections(&self) -> &[SectionEntry] {
        &self.sections
    }

    /// Checks that segment number `index` is there and loads its batch map.
    ///
    /// # Errors
    /// When it cannot be read or is corrupt.
    pub fn batch_map(&self, index: u32) -> Result<BatchMap, ReadError> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(entry) = self.directory.get(at) else {
            return Err(self.corrupt(Some(index), 0, "no such segment in the directory"));
        };
        let Some(section) = self.section(Some(index), SectionKind::BATCH_MAP) else {
            return Err(self.corrupt(Some(index), 0, "no batch map"));
        };
        // Own memory, of the right size: maps stay in a cache.
        let bytes = Bytes::from(self.section_bytes(section)?.to_vec());
        BatchMap::new(bytes, entry)
            .ok_or_else(|| self.corrupt(Some(index), section.at, "batch map out of order"))
    }

    /// The producers as of a segment's end.
    ///
    /// # Errors
    /// When they cannot be read or are corrupt.
    pub fn producers(&self, index: u32) -> Result<Vec<ProducerSnapshot>, ReadError> {
        self.list(index, SectionKind::PRODUCERS, |bytes| bytes.producer())
    }

    /// The leader epochs as of a segment's end.
    ///
    /// # Errors
    /// When they cannot be read or are corrupt.
    pub fn leader_epochs(&self, index: u32) -> Result<Vec<EpochStart>, ReadError> {
        self.list(index, SectionKind::LEADER_EPOCHS, |bytes| bytes.epoch())
    }

    /// The transactions aborted in a segment.
    ///
    /// # Errors
    /// When they cannot be read or are corrupt.
    pub fn aborted(&self, index: u32) -> Result<Vec<AbortedTransaction>, ReadError> {
        self.list(index, SectionKind::ABORTED_TRANSACTIONS, |bytes| {
            AbortedTransaction::decode(bytes)
        })
    }

    /// A section's bytes, checked; `None` if the file has no such section.
    ///
    /// # Errors
    /// When it cannot be read or is corrupt.
    pub fn observed(
        &self,
        segment: Option<u32>,
        kind: SectionKind,
    ) -> Result<Option<Bytes>, ReadError> {
        self.section(segment, kind).map(|section| self.section_bytes(section)).transpose()
    }

    /// Whether `segment` is what this file's directory says.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_ref(&self, segment: &SegmentRef) -> Result<(), ReadError> {
        let at = usize::try_from(segment.index).unwrap_or(usize::MAX);
        let known = self.directory.get(at).map(|e| e.segment_ref(&self.identity, segment.index));
        if known.as_ref() == Some(segment) {
            return Ok(());
        }
        let what = "checkpoint and directory name different segments";
        Err(self.corrupt(Some(segment.index), segment.at, what))
    }

    /// Whole batches from the one that holds `from`, under the rules of `limits`.
    ///
    /// # Errors
    /// When they cannot be read or are corrupt.
    pub fn read(
        &self,
        map: &BatchMap,
        segment: &SegmentRef,
        from: Offset,
        limits: ReadLimits,
    ) -> Result<SealedRead, ReadError> {
        let first = map.find(from);
        let run = map.run(first, limits);
        let at_end = run.end == map.len();
        let Some(last) = run.clone().last().and_then(|last| map.get(last)) else {
            return Ok(SealedRead { bytes: Bytes::new(), next: from, at_end });
        };
        let place = |run: &Range<usize>| {
            let (first, last) = (map.get(run.start)?, map.get(run.end.checked_sub(1)?)?);
            Some(segment.at + first.position..segment.at + last.position + last.len)
        };
        let Range { start: at, end } = place(&run).unwrap_or_default();
        let bytes = match self.ahead.take(self.id, at, end - at) {
            Some(bytes) => bytes,
            None => self.bytes(at, end - at)?,
        };
        // What the same reader asks for next if it goes on like this.
        let runs = std::iter::successors(Some(run.clone()), |run| {
            Some(map.run(run.end, limits)).filter(|next| !next.is_empty())
        });
        self.ahead.follow(self.id, &self.file, at..end, runs.skip(1).filter_map(|run| place(&run)));
        self.check_batches(&bytes, segment, run.filter_map(|at| map.get(at)))?;
        Ok(SealedRead { bytes, next: last.next(), at_end })
    }

    /// Whether `bytes` are exactly the batches the map lists. The CRC covers a batch from its
    /// attributes on; what lies before is compared with the map.
    fn check_batches(
        &self,
        bytes: &[u8],
        segment: &SegmentRef,
        spans: impl Iterator<Item = BatchSpan>,
    ) -> Result<(), ReadError> {
        let mut found = batches(bytes);
        for span in spans {
            let intact = |view: &BatchView<'_>| {
                view.bytes().len() as u64 == span.len
                    && view.base_offset() == span.base
                    && view.next_offset() == span.next()
                    && view.leader_epoch() == Some(span.epoch)
                    && view.max_timestamp() == span.max_timestamp
                    && view.crc_matches()
            };
            if !found.next().is_some_and(|batch| batch.is_ok_and(|view| intact(&view))) {
                let at = segment.at + span.position;
                return Err(self.corrupt(Some(segment.index), at, "batch is not the one written"));
            }
        }
        Ok(())
    }

    fn list<T>(
        &self,
        index: u32,
        kind: SectionKind,
        item: impl Fn(&mut Decoder<'_>) -> Option<T>,
    ) -> Result<Vec<T>, ReadError> {
        let Some(section) = self.section(Some(index), kind) else { return Ok(Vec::new()) };
        let bytes = self.section_bytes(section)?;
        Decoder(&bytes)
            .only_list(item)
            .ok_or_else(|| self.corrupt(Some(index), section.at, "section is malformed"))
    }

    fn section(&self, segment: Option<u32>, kind: SectionKind) -> Option<&SectionEntry> {
        let at = self.sections.binary_search_by_key(&(segment, kind), |s| (s.segment, s.kind));
        at.ok().and_then(|at| self.sections.get(at))
    }

    fn section_bytes(&self, section: &SectionEntry) -> Result<Bytes, ReadError> {
        let bytes = self.bytes(section.at, section.len)?;
        if checksum(&bytes) == section.checksum {
            return Ok(bytes);
        }
        Err(self.corrupt(section.segment, section.at, "section checksum mismatch"))
    }

    /// `len` bytes at `at`, unchecked, by an aligned read. Never takes more memory than the file is
    /// long.
    pub(super) fn bytes(&self, at: u64, len: u64) -> Result<Bytes, ReadError> {
        let Some(end) = at.checked_add(len).filter(|&end| end <= self.len) else {
            return Err(self.corrupt(None, at, "position beyond the end of the file"));
        };
        let start = at - at % BLOCK;
        let aligned = to_usize(end.next_multiple_of(BLOCK) - start);
        let mut buffer = self.ahead.buffers().take(aligned);
        buffer.read(&*self.file, start, aligned).map_err(|source| {
            if source.kind() == io::ErrorKind::UnexpectedEof {
                return self.corrupt(None, start, "the file is not whole");
            }
            ReadError::Io { file: self.id, doing: "read it", source }
        })?;
        let from = to_usize(at - start);
        Ok(buffer.share(from..from + to_usize(len)))
    }

    fn corrupt(&self, segment: Option<u32>, at: u64, what: &'static str) -> ReadError {
        ReadError::Corrupt(Corruption { file: self.id, segment, at, what })
    }
}
