//! Looking at the files of a broker that is not running: `ringtide log describe` and `verify`.
//!
//! Changes nothing. A segment that no checkpoint names is dead: its blocks may have been given back
//! to the file system, so it is not verified.

use std::io;
use std::path::Path;

use broker_env::HashSet;
use broker_env::disk::Disk;
use protocol_types::TopicPartition;

use crate::checkpoint::CheckpointState;
use crate::sealed::{self, FileIdentity, SealedFile, SectionEntry};
use crate::{FileId, SegmentRef};

#[cfg(test)]
mod tests;

/// One sealed file.
#[derive(Clone, Debug)]
pub struct FileReport {
    pub file: FileId,
    /// Bytes.
    pub len: u64,
    /// `None` if the file cannot be opened.
    pub identity: Option<FileIdentity>,
    pub segments: Vec<SegmentReport>,
    pub sections: Vec<SectionEntry>,
    /// What is wrong, in words; empty if nothing was found.
    pub faults: Vec<String>,
}

/// One segment of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentReport {
    pub partition: TopicPartition,
    pub segment: SegmentRef,
    pub batches: u32,
    pub live: bool,
}

/// Lists the sealed files in `dir` with their footers. Without a checkpoint every segment counts as
/// live.
///
/// # Errors
/// When the directory cannot be listed.
pub fn describe(
    disk: &dyn Disk,
    dir: &Path,
    checkpoint: Option<&CheckpointState>,
) -> io::Result<Vec<FileReport>> {
    let live = checkpoint.map(live_segments);
    let files = sealed::list(disk, dir)?.into_iter();
    Ok(files.map(|(file, len)| report(disk, dir, file, len, live.as_ref()).0).collect())
}

/// As [`describe`], and reads every section and every live segment against its checksums; files
/// that the checkpoint names and that are not there are reported too.
///
/// # Errors
/// When the directory cannot be listed.
pub fn verify(
    disk: &dyn Disk,
    dir: &Path,
    checkpoint: Option<&CheckpointState>,
) -> io::Result<Vec<FileReport>> {
    let live = checkpoint.map(live_segments);
    let mut reports = Vec::new();
    for (file, len) in sealed::list(disk, dir)? {
        let (mut report, open) = report(disk, dir, file, len, live.as_ref());
        if let Some(open) = open {
            report.faults.extend(faults(&open, &report.segments));
        }
        reports.push(report);
    }
    let there: HashSet<FileId> = reports.iter().map(|report| report.file).collect();
    let mut missing: Vec<FileId> =
        live.iter().flatten().map(|(file, _)| *file).filter(|file| !there.contains(file)).collect();
    missing.sort_unstable();
    missing.dedup();
    reports.extend(missing.into_iter().map(|file| FileReport {
        faults: vec![format!("sealed file {file} is missing")],
        ..FileReport::unreadable(file, 0)
    }));
    Ok(reports)
}

impl FileReport {
    const fn unreadable(file: FileId, len: u64) -> Self {
        Self {
            file,
            len,
            identity: None,
            segments: Vec::new(),
            sections: Vec::new(),
            faults: Vec::new(),
        }
    }
}

type Live = HashSet<(FileId, u32)>;

fn live_segments(checkpoint: &CheckpointState) -> Live {
    let partitions = checkpoint.partitions.values();
    let segments = partitions.flat_map(|partition| &partition.state.segments);
    segments.map(|segment| (segment.file, segment.index)).collect()
}

fn report(
    disk: &dyn Disk,
    dir: &Path,
    file: FileId,
    len: u64,
    live: Option<&Live>,
) -> (FileReport, Option<SealedFile>) {
    let mut report = FileReport::unreadable(file, len);
    let open = match SealedFile::open(disk, dir, file) {
        Ok(open) => open,
        Err(error) => {
            report.faults.push(error.to_string());
            return (report, None);
        }
    };
    report.identity = Some(*open.identity());
    report.sections = open.sections().to_vec();
    let segments = (0..).zip(open.directory()).map(|(index, entry)| SegmentReport {
        partition: entry.partition,
        segment: entry.segment_ref(open.identity(), index),
        batches: entry.batches,
        live: live.is_none_or(|live| live.contains(&(file, index))),
    });
    report.segments = segments.collect();
    (report, Some(open))
}

fn faults(open: &SealedFile, segments: &[SegmentReport]) -> Vec<String> {
    let live = segments.iter().filter(|segment| segment.live);
    let checked = live.map(|segment| open.verify_segment(segment.segment.index));
    let checked = std::iter::once(open.verify_sections()).chain(checked);
    checked.filter_map(Result::err).map(|error| error.to_string()).collect()
}
