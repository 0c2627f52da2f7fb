//! A bounded cache of open files and batch maps; the way to read sealed segments.

use std::path::PathBuf;
use std::sync::Arc;

use broker_env::disk::Disk;
use protocol_types::{Offset, Timestamp};

use crate::{FileId, ReadLimits, SealedPart, SegmentRef};

use super::{ReadError, SealedRead};

/// What the cache may hold.
#[derive(Clone, Copy, Debug)]
pub struct CacheLimits {
    /// Open files.
    pub files: usize,
    /// Bytes of directories and batch maps.
    pub index_bytes: u64,
    /// Bytes of read buffers kept for reuse.
    pub buffer_bytes: usize,
}

/// See the module documentation.
#[derive(Debug)]
pub struct FileCache {}

impl FileCache {
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, dir: PathBuf, limits: CacheLimits) -> Self {
        let _ = (disk, dir, limits);
        todo!()
    }

    /// Reads whole batches from the one that holds `part.from` on, under the rules of `limits`.
    /// Blocks.
    ///
    /// # Errors
    /// When the file cannot be read or is corrupt; no byte of it is returned then.
    pub fn read(&self, part: &SealedPart, limits: ReadLimits) -> Result<SealedRead, ReadError> {
        let _ = (part, limits);
        todo!()
    }

    /// The first record at or after `from` and below `upto` whose timestamp is at least `target`.
    /// Blocks.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn find_timestamp(
        &self,
        segment: &SegmentRef,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Result<Option<(Offset, Timestamp)>, ReadError> {
        let _ = (segment, target, from, upto);
        todo!()
    }

    /// Closes a file that is going to be removed.
    pub fn forget(&self, file: FileId) {
        let _ = file;
        todo!()
    }
}
