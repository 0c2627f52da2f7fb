//! Writes a sealed file once, front to back.

use std::path::Path;
use std::sync::Arc;

use broker_env::disk::Disk;
use protocol_types::{Offset, TopicPartition};

use crate::{EpochStart, ProducerSnapshot, SegmentRef};

use super::{AbortedTransaction, FileIdentity, SealError, SegmentObserver};

/// Called before each write with its length, to hold the writer back.
pub type Pace = Box<dyn FnMut(usize) + Send>;

/// A segment about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    pub partition: TopicPartition,
    pub base: Offset,
    /// Bytes of all its batches.
    pub len: u64,
}

/// What belongs to a segment as of its end.
#[derive(Clone, Copy, Debug)]
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
#[derive(Debug)]
pub struct SealedFileWriter {}

impl SealedFileWriter {
    /// # Errors
    /// When the file exists or cannot be created.
    pub fn create(
        disk: Arc<dyn Disk>,
        dir: &Path,
        identity: FileIdentity,
        pace: Pace,
    ) -> Result<Self, SealError> {
        let _ = (disk, dir, identity, pace);
        todo!()
    }

    /// Shows the records of every segment to `observer`.
    #[must_use]
    pub fn observed_by(self, observer: Box<dyn SegmentObserver>) -> Self {
        let _ = observer;
        todo!()
    }

    /// # Errors
    /// When writing fails.
    pub fn begin_segment(&mut self, head: SegmentHead) -> Result<(), SealError> {
        let _ = head;
        todo!()
    }

    /// Adds the next batch of the segment, after checking it again (R17).
    ///
    /// # Errors
    /// When the batch is not intact or writing fails.
    pub fn push(&mut self, batch: &[u8]) -> Result<(), SealError> {
        let _ = batch;
        todo!()
    }

    /// # Errors
    /// When the segment is not as long as announced.
    pub fn end_segment(&mut self, end: SegmentEnd<'_>) -> Result<(), SealError> {
        let _ = end;
        todo!()
    }

    /// Writes the footer and makes the file durable.
    ///
    /// # Errors
    /// When writing or syncing fails.
    pub fn finish(self) -> Result<SealedMeta, SealError> {
        todo!()
    }
}
