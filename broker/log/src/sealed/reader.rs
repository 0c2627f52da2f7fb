//! Reads one sealed file.

use std::path::Path;

use broker_env::disk::Disk;
use bytes::Bytes;
use protocol_types::Offset;

use crate::FileId;

use super::{DirectoryEntry, ReadError};

/// Batches read from a segment.
#[derive(Clone, Debug)]
pub struct SealedRead {
    /// Whole batches, back to back, each checked.
    pub bytes: Bytes,
    /// The offset after the last batch read; `from` if none was.
    pub next: Offset,
    /// Whether the segment has been read to its end.
    pub at_end: bool,
}

/// An open sealed file with its directory.
#[derive(Debug)]
pub struct SealedFile {}

impl SealedFile {
    /// # Errors
    /// When the file is missing, of a newer format or corrupt.
    pub fn open(disk: &dyn Disk, dir: &Path, file: FileId) -> Result<Self, ReadError> {
        let _ = (disk, dir, file);
        todo!()
    }

    #[must_use]
    pub fn directory(&self) -> &[DirectoryEntry] {
        todo!()
    }
}
