//! Which sealed files are still needed: bookkeeping of live segments per file.
//!
//! A file holds segments of one or many partitions. When a segment dies (retention, DeleteRecords,
//! a deleted topic) its whole blocks can be punched out; when the last one dies the file goes.
//! The truth is the checkpoint: at start the counts are rebuilt from it, and a file that no live
//! segment names is an orphan of a seal that never finished.

use std::collections::BTreeMap;

use broker_log::{FileId, sealed};

use crate::Storage;
use crate::open::OpenError;

/// Live segments per sealed file.
#[derive(Debug, Default)]
pub(crate) struct FileUse {
    live: BTreeMap<FileId, u32>,
    /// Some live segments are not counted: every file may be in use.
    incomplete: bool,
}

/// What becomes of a file when one of its segments dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Others live on: give back the dead segment's blocks.
    Punch,
    /// It was the last: remove the file.
    Remove,
}

impl FileUse {
    /// Counts one more live segment of `file`.
    pub(crate) fn live(&mut self, file: FileId) {
        *self.live.entry(file).or_insert(0) += 1;
    }

    /// Counts one segment of `file` as dead.
    pub(crate) fn dead(&mut self, file: FileId) -> Fate {
        let Some(count) = self.live.get_mut(&file) else {
            assert!(self.incomplete, "segment of {file:?} died twice");
            return Fate::Punch;
        };
        *count -= 1;
        if *count > 0 {
            return Fate::Punch;
        }
        self.live.remove(&file);
        if self.incomplete { Fate::Punch } else { Fate::Remove }
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
    use super::*;

    #[test]
    fn a_file_goes_with_its_last_segment() {
        let mut files = FileUse::default();
        files.live(FileId(1));
        files.live(FileId(1));
        files.live(FileId(2));
        assert_eq!(files.dead(FileId(1)), Fate::Punch);
        assert!(files.is_live(FileId(1)));
        assert_eq!(files.dead(FileId(1)), Fate::Remove);
        assert!(!files.is_live(FileId(1)));
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn no_file_goes_while_not_all_segments_are_counted() {
        let mut files = FileUse::default();
        files.live(FileId(1));
        files.keep_all();
        assert_eq!(files.dead(FileId(1)), Fate::Punch);
        assert_eq!(files.dead(FileId(2)), Fate::Punch, "a segment that was not counted");
        assert!(files.is_live(FileId(1)));
    }
}
