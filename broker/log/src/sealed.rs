//! Sealed files: immutable files of segments, each a contiguous offset range of one partition.
//!
//! The format is in `docs/formats/sealed-file.md`. A byte that is not the one written is never
//! returned: batches are checked against the batch map and their CRC on every read, maps and
//! sections against their checksums. Files are named by number only.

mod batch_map;
mod buffers;
mod cache;
#[cfg(test)]
pub(crate) mod fixture;
mod format;
mod observer;
mod open_files;
mod read_ahead;
mod reader;
mod spares;
mod writer;

pub use batch_map::{BatchMap, BatchSpan};
pub use cache::{CacheLimits, FileCache};
pub use format::{AbortedTransaction, DirectoryEntry, FileIdentity, SectionEntry, SectionKind};
pub use observer::{ObservedSection, SegmentObserver};
pub use reader::{SealedFile, SealedRead};
pub use spares::{Spare, Spares, remove_spares};
pub use writer::{
    Pace, SealedFileWriter, SealedMeta, SealedSegment, SegmentEnd, SegmentHead, WriteLanes,
};

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use broker_env::disk::{DirEntry, Disk, Open};

use protocol_types::Offset;

use crate::FileId;

const SUFFIX: &str = ".sealed";

/// Where a sealed file is.
#[must_use]
pub fn path_of(dir: &Path, file: FileId) -> PathBuf {
    dir.join(format!("{file}{SUFFIX}"))
}

/// Every sealed file in `dir` and its length, by number, whether a checkpoint names it or not.
///
/// # Errors
/// When the directory cannot be listed.
pub fn list(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<(FileId, u64)>> {
    let file = |entry: DirEntry| {
        let number = entry.name.strip_suffix(SUFFIX).filter(|number| number.len() == 16)?;
        Some((FileId(u64::from_str_radix(number, 16).ok()?), entry.len))
    };
    let mut files: Vec<(FileId, u64)> = disk.list(dir)?.into_iter().filter_map(file).collect();
    files.sort_unstable();
    Ok(files)
}

/// Gives the whole blocks of dead segments, which fill `dead`, back to the file system. Do so only once no
/// checkpoint names them. A file system without holes keeps the space until the file goes.
///
/// # Errors
/// When the file cannot be opened or the file system fails; a file that is gone is no error.
pub fn reclaim(disk: &dyn Disk, dir: &Path, file: FileId, dead: Range<u64>) -> io::Result<()> {
    let start = dead.start.next_multiple_of(format::BLOCK);
    let len = (dead.end - dead.end % format::BLOCK).saturating_sub(start);
    if len == 0 {
        return Ok(());
    }
    let punched =
        disk.open(&path_of(dir, file), Open::update()).and_then(|file| file.punch_hole(start, len));
    match punched {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        punched => punched,
    }
}

/// Removes a file whose last segment has died. The name may come back after a crash, unless the
/// caller syncs the directory.
///
/// # Errors
/// When the file system fails; a file that is not there is no error.
pub fn remove(disk: &dyn Disk, dir: &Path, file: FileId) -> io::Result<()> {
    match disk.remove_file(&path_of(dir, file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// What is wrong with bytes of a sealed file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed file {file}{}: {what} at byte {at}", segment.map(|n| format!(", segment {n}")).unwrap_or_default())]
pub struct Corruption {
    pub file: FileId,
    pub segment: Option<u32>,
    pub at: u64,
    pub what: &'static str,
}

/// Why a sealed file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    #[error(
        "sealed file {file} has format {major}.{minor}, this version reads up to {}.x; upgrade the broker",
        format::MAJOR
    )]
    Newer { file: FileId, major: u16, minor: u16 },
    #[error("sealed file {file}: cannot {doing}: {source}")]
    Io { file: FileId, doing: &'static str, source: io::Error },
}

/// Why a sealed file could not be written. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("no space left for sealed file {file}; free space on the data directory's file system")]
    NoSpace { file: FileId },
    #[error("sealed file {file}: cannot {doing}: {source}")]
    Io { file: FileId, doing: &'static str, source: io::Error },
    /// The bytes handed over are not the batch that was acknowledged (R17).
    #[error("sealed file {file}: batch at offset {}: {what}", offset.0)]
    BadBatch { file: FileId, offset: Offset, what: &'static str },
}
