//! Which sealed files are still needed: bookkeeping of live segments per file.
//!
//! A file holds segments of one or many partitions. When a segment dies (retention, DeleteRecords,
//! a deleted topic) its whole blocks can be punched out; when the last one dies the file goes.
//! The truth is the checkpoint: at start the counts are rebuilt from it, and a file that no live
//! segment names is an orphan of a seal that never finished.

use std::collections::BTreeMap;
use std::ops::Range;

use broker_log::{FileId, SegmentRef, sealed};

use crate::Storage;
use crate::open::OpenError;

/// Live segments per sealed file.
#[derive(Debug, Default)]
pub(crate) struct FileUse {
    live: BTreeMap<FileId, u32>,
    /// Some live segments are not counted: every file may be in use.
    incomplete: bool,
}

/// What becomes of a file when segments of it die.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Others live on, or may.
    Kept,
    /// They were the last.
    Removed,
}

/// What is to be given back to the file system.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reclaimable {
    /// Files without a live segment.
    pub(crate) files: Vec<FileId>,
    /// Dead ranges of files that others need; neighbours are one range.
    pub(crate) ranges: Vec<(FileId, Range<u64>)>,
}

impl FileUse {
    /// Counts one more live segment of `file`.
    pub(crate) fn live(&mut self, file: FileId) {
        *self.live.entry(file).or_insert(0) += 1;
    }

    /// Counts segments as dead. A topic of a thousand partitions has a thousand of them in each of its files:
    /// a file that dies with them is removed as a whole, and not punched a thousand times before.
    pub(crate) fn dead(&mut self, mut segments: Vec<SegmentRef>) -> Reclaimable {
        segments.sort_unstable_by_key(|segment| (segment.file, segment.at));
        let mut reclaimable = Reclaimable::default();
        for of_one in segments.chunk_by(|one, next| one.file == next.file) {
            let Some(file) = of_one.first().map(|segment| segment.file) else { continue };
            if self.lose(file, of_one.len()) == Fate::Removed {
                reclaimable.files.push(file);
                continue;
            }
            for segment in of_one {
                let range = segment.at..segment.at + segment.len;
                match reclaimable.ranges.last_mut() {
                    Some((last, dead)) if *last == file && dead.end == range.start => {
                        dead.end = range.end;
                    }
                    _ => reclaimable.ranges.push((file, range)),
                }
            }
        }
        reclaimable
    }

    /// Counts `dead` segments of `file` as dead.
    fn lose(&mut self, file: FileId, dead: usize) -> Fate {
        let Some(count) = self.live.get_mut(&file) else {
            assert!(self.incomplete, "segment of {file:?} died twice");
            return Fate::Kept;
        };
        let left = (*count as usize).checked_sub(dead);
        assert!(left.is_some() || self.incomplete, "segment of {file:?} died twice");
        *count = left.and_then(|left| u32::try_from(left).ok()).unwrap_or(0);
        if *count > 0 {
            return Fate::Kept;
        }
        self.live.remove(&file);
        if self.incomplete { Fate::Kept } else { Fate::Removed }
    }

    /// Keeps every file from now on: not all live segments could be counted.
    pub(crate) fn keep_all(&mut self) {
        self.incomplete = true;
    }

    /// Whether any live segment is in `file`, or may be.
    pub(crate) fn is_live(&self, file: FileId) -> bool {
        self.incomplete || self.live.contains_key(&file)
    }

    /// How many files are in use.
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }
}

/// Removes sealed files with numbers below `upto` that no live segment names: seals that a crash
/// cut short, and files whose removal it did.
pub(crate) fn remove_orphans(
    storage: &Storage,
    files: &FileUse,
    upto: u64,
) -> Result<(), OpenError> {
    let dir = &storage.segments_dir;
    let io = |source| OpenError::Io { what: "list or clean", path: dir.clone(), source };
    for (file, _) in sealed::list(&*storage.disk, dir).map_err(io)? {
        if file.0 < upto && !files.is_live(file) {
            tracing::info!(%file, "removing a sealed file that no segment names");
            sealed::remove(&*storage.disk, dir, file).map_err(io)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol_types::{Offset, Timestamp};

    use super::*;

    fn segment(file: u64, at: u64, len: u64) -> SegmentRef {
        SegmentRef {
            file: FileId(file),
            index: 0,
            at,
            len,
            base: Offset(0),
            end: Offset(1),
            max_timestamp: Timestamp(0),
            sealed_at: Timestamp(0),
        }
    }

    #[test]
    fn a_file_goes_with_its_last_segment() {
        let mut files = FileUse::default();
        files.live(FileId(1));
        files.live(FileId(1));
        files.live(FileId(2));
        let dead = files.dead(vec![segment(1, 10, 5)]);
        assert_eq!(dead, Reclaimable { files: vec![], ranges: vec![(FileId(1), 10..15)] });
        assert!(files.is_live(FileId(1)));
        let dead = files.dead(vec![segment(1, 15, 5)]);
        assert_eq!(dead, Reclaimable { files: vec![FileId(1)], ranges: vec![] });
        assert!(!files.is_live(FileId(1)));
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn what_dies_together_is_given_back_together() {
        let mut files = FileUse::default();
        for file in [1, 1, 1, 2, 2, 2, 2] {
            files.live(FileId(file));
        }
        let of_two = [segment(2, 30, 10), segment(2, 10, 10), segment(2, 0, 10)];
        let of_one = [segment(1, 0, 1), segment(1, 1, 1), segment(1, 2, 1)];
        let dead = files.dead(of_two.into_iter().chain(of_one).collect());
        assert_eq!(dead.files, [FileId(1)]);
        assert_eq!(dead.ranges, [(FileId(2), 0..20), (FileId(2), 30..40)]);
    }

    #[test]
    fn no_file_goes_while_not_all_segments_are_counted() {
        let mut files = FileUse::default();
        files.live(FileId(1));
        files.keep_all();
        assert_eq!(files.dead(vec![segment(1, 0, 5)]).files, []);
        let dead = files.dead(vec![segment(2, 0, 5)]);
        assert_eq!(dead.ranges, [(FileId(2), 0..5)], "a segment that was not counted");
        assert!(files.is_live(FileId(1)));
    }
}
