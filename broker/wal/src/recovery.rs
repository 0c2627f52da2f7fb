//! Recovery: finds the end of the log, hands every entry to its consumer, and tells a torn tail,
//! which is cut off, from damaged records that were acknowledged, which stop the start.
//!
//! It reads only, with one buffer of a group's size, and nothing beyond the zero frontier. What it
//! finds depends on the bytes of the file alone, so it can be repeated at any time.

use std::io;

use broker_env::aligned::AlignedBuf;
use protocol_types::{Instant, Lsn, to_usize};

use crate::config::NodeIdentity;
use crate::entry::Replayed;
use crate::error::{OpenError, ReplayError};
use crate::events::{RecoveryReport, Truncation};
use crate::geometry::Geometry;
use crate::group_index::GroupIndex;
use crate::ring_file::RingFile;
use crate::sector::Key;
use crate::superblock::{Found, Superblock};

mod decide;
mod resync;
mod walk;

use decide::{Evidence, Verdict};
use walk::{Stop, Walk};

/// Consumer of recovered entries.
pub(crate) type Replay<'a> = &'a mut dyn FnMut(Replayed<'_>) -> Result<(), ReplayError>;

/// What recovery found: where to go on.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) superblock: Superblock,
    pub(crate) report: RecoveryReport,
    /// Link that the next group carries.
    pub(crate) chain: u128,
    /// Highest sequence of a commit cell.
    pub(crate) cell_sequence: u64,
    pub(crate) index: GroupIndex,
}

/// Reads the superblock and checks that the ring is ours and of the size we were told.
pub(crate) fn identify(
    file: RingFile,
    node: Option<NodeIdentity>,
    capacity: Option<u64>,
) -> Result<(RingFile, Superblock), OpenError> {
    let path = file.path().to_path_buf();
    let superblock = match file.read_superblock().map_err(|e| at_path(&file, e))? {
        Found::Superblock(superblock) => superblock,
        Found::Newer(found) => {
            return Err(OpenError::Format { path, found, known: crate::sector::FORMAT });
        }
        Found::Nothing => return Err(OpenError::Superblock { path }),
    };
    let owner = superblock.identity.node;
    if let Some(node) = node.filter(|node| *node != owner) {
        let what = if node.cluster == owner.cluster {
            format!("it is broker {}'s, this is broker {}", owner.broker, node.broker)
        } else {
            "its cluster id is another one".to_owned()
        };
        return Err(OpenError::Foreign { path, what });
    }
    if !superblock.is_plausible() {
        return Err(OpenError::Superblock { path });
    }
    let found = superblock.capacity;
    if let Some(configured) = capacity.filter(|capacity| *capacity != found) {
        return Err(OpenError::Capacity { path, found, configured });
    }
    let file = file.with_geometry(Geometry::new(found)?);
    if file.len().map_err(|e| at_path(&file, e))? < file.geometry.file_len() {
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the file was cut short");
        return Err(OpenError::Io { path, source });
    }
    Ok((file, superblock))
}

/// Walks the ring. `from` is the LSN of the last durable checkpoint: entries that end at or below
/// it are checked, not replayed.
pub(crate) fn run(
    file: &RingFile,
    superblock: Superblock,
    group_bytes_max: u64,
    from: Lsn,
    now: Instant,
    replay: Replay<'_>,
) -> Result<Recovered, OpenError> {
    if from.0 < superblock.trim {
        let (path, trim) = (file.path().to_path_buf(), Lsn(superblock.trim));
        return Err(OpenError::CheckpointBehind { path, trim, from });
    }
    let key = Key::of_ring(&superblock.identity.uuid);
    let window = to_usize(group_bytes_max.min(superblock.capacity));
    let mut window = AlignedBuf::zeroed(window);
    let index = GroupIndex::new(superblock.capacity);
    let mut walk = Walk::new(file, superblock, key, &mut window, index, now);
    let stop = walk.run(from, replay)?;
    let (end, floors) = walk.finish();
    let cells = file.read_commit_cells(key).map_err(|e| at_path(file, e))?;
    let mut evidence = Evidence::new(&superblock, floors);
    cells.iter().for_each(|cell| evidence.add_cell(cell));
    resync::scan(file, &superblock, key, end.position, &mut window, &mut evidence)
        .map_err(|e| at_path(file, e))?;
    let at = Lsn(end.position);
    let floor = Lsn(evidence.floor);
    let truncated = match decide::decide(end.position, end.incarnation, &evidence) {
        Verdict::Clean => None,
        Verdict::Torn => Some(Truncation { at, reason: stop.reason() }),
        Verdict::Corrupt => {
            let path = file.path().to_path_buf();
            return Err(OpenError::Corrupt { path, at, floor, reason: stop.reason() });
        }
    };
    if from > at {
        return Err(OpenError::CheckpointAhead { path: file.path().into(), head: at, from });
    }
    // A group's header may know a later trim than the superblock; both are true.
    let mut superblock = superblock;
    if let Some(mark) = end.index.at_or_below(evidence.trim) {
        superblock.trim = mark.lsn;
        superblock.trim_chain = mark.chain;
    }
    let mut index = end.index;
    index.forget_below(superblock.trim);
    Ok(Recovered {
        report: RecoveryReport {
            trim: Lsn(superblock.trim),
            head: at,
            floor,
            groups: end.groups,
            entries: end.entries,
            replayed: end.replayed,
            last_incarnation: end.incarnation.max(superblock.incarnation),
            truncated,
            created: false,
        },
        superblock,
        chain: end.chain,
        cell_sequence: cells.iter().map(|cell| cell.sequence).max().unwrap_or(0),
        index,
    })
}

/// An I/O error with the file's name.
pub(crate) fn at_path(file: &RingFile, source: io::Error) -> OpenError {
    OpenError::Io { path: file.path().to_path_buf(), source }
}

impl Stop {
    const fn reason(self) -> &'static str {
        match self {
            Self::Full => "the ring is full",
            Self::Frontier => "nothing was written beyond",
            Self::Bad(reason) => reason,
        }
    }
}

#[cfg(test)]
mod tests;
