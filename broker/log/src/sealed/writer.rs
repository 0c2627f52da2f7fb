//! Writes a sealed file once, front to back: segments, then the footer that describes them.
//!
//! Invariant LOG-6: every batch that goes in is intact (R17) and continues its segment. The footer
//! is collected in memory: 32 bytes per batch.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use broker_env::disk::Disk;
use protocol_records::BatchView;
use protocol_types::{LeaderEpoch, Offset, Timestamp, TopicPartition};

use crate::codec::{Checksum, Encode, checksum};
use crate::{BatchFacts, EpochStart, ProducerSnapshot, SegmentRef};

use super::batch_map::BatchSpan;
use super::format::{ALIGNED_FROM, BLOCK, TRAILER_LEN, Trailer, encode_header};
use super::observer::{Observers, SegmentObserver};
use super::{
    AbortedTransaction, DirectoryEntry, FileIdentity, SealError, SectionEntry, SectionKind, Spare,
};

mod lanes;
mod output;
#[cfg(test)]
mod tests;

pub use lanes::WriteLanes;
use output::Output;

/// Called before each write with its length, to hold the writer back.
pub type Pace = Box<dyn FnMut(usize) + Send>;

/// A segment about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    pub partition: TopicPartition,
    /// Of the first batch.
    pub base: Offset,
    /// Bytes of all its batches.
    pub len: u64,
}

/// What belongs to a segment as of its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct SegmentEnd<'a> {
    pub producers: &'a [ProducerSnapshot],
    pub epochs: &'a [EpochStart],
    pub aborted: &'a [AbortedTransaction],
}

/// A segment as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedSegment {
    pub partition: TopicPartition,
    pub segment: SegmentRef,
}

/// A file that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedMeta {
    pub identity: FileIdentity,
    pub len: u64,
    pub directory_checksum: u64,
    pub segments: Vec<SealedSegment>,
}

/// See the module documentation. Dropped before [`Self::finish`] it removes what it wrote.
pub struct SealedFileWriter {
    output: Output,
    identity: FileIdentity,
    directory: Vec<DirectoryEntry>,
    /// Sections written to `footer` so far, with positions within it.
    sections: Vec<SectionEntry>,
    footer: Vec<u8>,
    open: Option<OpenSegment>,
    observers: Observers,
}

struct OpenSegment {
    head: SegmentHead,
    at: u64,
    next: Offset,
    max_timestamp: Timestamp,
    batches: u32,
    checksum: Checksum,
    map: Vec<u8>,
}

impl fmt::Debug for SealedFileWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedFileWriter")
            .field("identity", &self.identity)
            .field("segments", &self.directory.len())
            .finish_non_exhaustive()
    }
}

impl SealedFileWriter {
    /// # Errors
    /// When the file exists or cannot be created.
    pub fn create(
        disk: Arc<dyn Disk>,
        dir: &Path,
        identity: FileIdentity,
        lanes: &WriteLanes,
        pace: Pace,
    ) -> Result<Self, SealError> {
        Self::create_over(None, disk, dir, identity, lanes, pace)
    }

    /// The same, in the space of `spare` if there is one.
    ///
    /// # Errors
    /// When the file exists or cannot be created.
    pub fn create_over(
        spare: Option<Spare>,
        disk: Arc<dyn Disk>,
        dir: &Path,
        identity: FileIdentity,
        lanes: &WriteLanes,
        pace: Pace,
    ) -> Result<Self, SealError> {
        let mut output = Output::create(spare, disk, dir, identity.file, lanes, pace)?;
        output.put(&encode_header(&identity))?;
        output.pad(BLOCK, 0)?;
        Ok(Self {
            output,
            identity,
            directory: Vec::new(),
            sections: Vec::new(),
            footer: Vec::new(),
            open: None,
            observers: Observers::default(),
        })
    }

    /// Shows the records of every segment to `observer`.
    #[must_use]
    pub fn observed_by(mut self, observer: Box<dyn SegmentObserver>) -> Self {
        self.observers.add(observer);
        self
    }

    /// Starts the next segment.
    ///
    /// # Errors
    /// When writing fails.
    ///
    /// # Panics
    /// If a segment is open.
    pub fn begin_segment(&mut self, head: SegmentHead) -> Result<(), SealError> {
        assert!(self.open.is_none(), "segments are written one after the other");
        if head.len >= ALIGNED_FROM {
            self.output.pad(BLOCK, 0)?;
        }
        self.observers.begin(&head);
        self.open = Some(OpenSegment {
            head,
            at: self.output.position(),
            next: head.base,
            max_timestamp: Timestamp(-1),
            batches: 0,
            checksum: Checksum::new(),
            map: Vec::new(),
        });
        Ok(())
    }

    /// Adds the next batch of the segment, after checking it again (R17).
    ///
    /// # Errors
    /// When the batch is not intact, does not continue the segment, or writing fails.
    ///
    /// # Panics
    /// If no segment is open.
    pub fn push(&mut self, batch: &[u8]) -> Result<(), SealError> {
        self.push_read(batch).map(drop)
    }

    /// As [`Self::push`], for who wants to know what was read of the batch.
    ///
    /// # Errors
    /// As [`Self::push`].
    ///
    /// # Panics
    /// As [`Self::push`].
    pub fn push_read(&mut self, batch: &[u8]) -> Result<BatchFacts, SealError> {
        let Some(open) = self.open.as_mut() else { unreachable!("a batch belongs to a segment") };
        let bad = |what| SealError::BadBatch { file: self.identity.file, offset: open.next, what };
        let Ok(view) = BatchView::parse(batch) else { return Err(bad("not a batch")) };
        if !view.crc_matches() {
            return Err(bad("checksum mismatch"));
        }
        if view.base_offset() != open.next {
            return Err(bad("does not continue its segment"));
        }
        let Some(epoch) = view.leader_epoch() else { return Err(bad("has no leader epoch")) };
        open.note(&view, epoch, self.output.position());
        self.observers.batch(&view);
        self.output.put(batch)?;
        Ok(BatchFacts::stored(&view))
    }

    /// Ends the segment.
    ///
    /// # Errors
    /// When it is not as long as announced.
    ///
    /// # Panics
    /// If no segment is open, or it is empty.
    pub fn end_segment(&mut self, end: SegmentEnd<'_>) -> Result<(), SealError> {
        let Some(open) = self.open.take() else { unreachable!("a segment is open") };
        let len = self.output.position() - open.at;
        if len != open.head.len {
            let what = "its segment ends here, with another length than announced";
            return Err(SealError::BadBatch { file: self.identity.file, offset: open.next, what });
        }
        assert!(open.batches > 0, "a segment holds at least one batch");
        let index = self.directory.len();
        let Ok(index) = u32::try_from(index) else { unreachable!("fewer than 2^32 segments") };
        self.directory.push(DirectoryEntry {
            partition: open.head.partition,
            at: open.at,
            len,
            base: open.head.base,
            end: open.next,
            max_timestamp: open.max_timestamp,
            batches: open.batches,
            checksum: open.checksum.finish(),
        });
        let segment = Some(index);
        self.section(SectionKind::BATCH_MAP, segment, |to| to.put(&open.map));
        if !end.producers.is_empty() {
            self.section(SectionKind::PRODUCERS, segment, |to| {
                to.put_list(end.producers, Encode::put_producer);
            });
        }
        self.section(SectionKind::LEADER_EPOCHS, segment, |to| {
            to.put_list(end.epochs, Encode::put_epoch);
        });
        if !end.aborted.is_empty() {
            self.section(SectionKind::ABORTED_TRANSACTIONS, segment, |to| {
                to.put_list(end.aborted, |to, aborted| aborted.encode(to));
            });
        }
        for observed in self.observers.end() {
            self.section(observed.kind, segment, |to| to.put(&observed.bytes));
        }
        Ok(())
    }

    /// Writes the footer and makes the file durable.
    ///
    /// # Errors
    /// When writing or syncing fails.
    ///
    /// # Panics
    /// If a segment is open or there is none.
    pub fn finish(mut self) -> Result<SealedMeta, SealError> {
        assert!(self.open.is_none(), "every segment is ended");
        assert!(!self.directory.is_empty(), "a file holds at least one segment");
        let directory = std::mem::take(&mut self.directory);
        self.section(SectionKind::DIRECTORY, None, |to| {
            to.put_list(&directory, |to, entry| entry.encode(to));
        });
        let directory_checksum = self.sections.last().map_or(0, |section| section.checksum);
        let footer_at = self.output.position();
        let mut table = Vec::new();
        for section in &self.sections {
            SectionEntry { at: footer_at + section.at, ..*section }.encode(&mut table);
        }
        self.output.put(&self.footer)?;
        let table_at = self.output.position();
        self.output.put(&table)?;
        self.output.pad(BLOCK, TRAILER_LEN as u64)?;
        let len = self.output.position() + TRAILER_LEN as u64;
        let Ok(sections) = u32::try_from(self.sections.len()) else {
            unreachable!("fewer than 2^32 sections")
        };
        let trailer = Trailer {
            table_at,
            sections,
            table_checksum: checksum(&table),
            file: self.identity.file,
            file_len: len,
        };
        self.output.put(&trailer.encode())?;
        self.output.finish()?;
        let segments = refs(&self.identity, &directory);
        Ok(SealedMeta { identity: self.identity, len, directory_checksum, segments })
    }

    fn section(
        &mut self,
        kind: SectionKind,
        segment: Option<u32>,
        fill: impl FnOnce(&mut Vec<u8>),
    ) {
        let at = self.footer.len();
        fill(&mut self.footer);
        let written = self.footer.get(at..).unwrap_or_default();
        self.sections.push(SectionEntry {
            kind,
            segment,
            at: at as u64,
            len: written.len() as u64,
            checksum: checksum(written),
        });
    }
}

impl OpenSegment {
    fn note(&mut self, view: &BatchView<'_>, epoch: LeaderEpoch, position: u64) {
        let span = BatchSpan {
            base: view.base_offset(),
            last_delta: view.header().last_offset_delta.cast_unsigned(),
            epoch,
            max_timestamp: view.max_timestamp(),
            position: position - self.at,
            len: view.bytes().len() as u64,
        };
        span.encode(&mut self.map);
        self.checksum.update(view.bytes());
        self.batches += 1;
        self.max_timestamp = self.max_timestamp.max(view.max_timestamp());
        self.next = view.next_offset();
    }
}

fn refs(identity: &FileIdentity, directory: &[DirectoryEntry]) -> Vec<SealedSegment> {
    let segment = |(index, entry): (u32, &DirectoryEntry)| SealedSegment {
        partition: entry.partition,
        segment: entry.segment_ref(identity, index),
    };
    (0..).zip(directory).map(segment).collect()
}
