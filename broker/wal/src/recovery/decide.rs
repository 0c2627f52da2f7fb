//! Rule R4: torn or corrupt. Pure.

use crate::commit_cell::CommitCell;
use crate::group::GroupHeader;
use crate::superblock::Superblock;

/// What was found about how far the log was durable, from whatever is intact anywhere in the ring.
/// Every floor was true when it was written, so the highest is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Everything below was durable, so it must be there.
    pub(super) floor: u64,
    pub(super) trim: u64,
    /// Highest end of a group header behind the walk's end, with its incarnation.
    pub(super) beyond: Option<(u64, u64)>,
}

/// Floors of the groups of a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Floors {
    pub(super) durable: u64,
    pub(super) trim: u64,
}

impl Evidence {
    pub(super) fn new(superblock: &Superblock, walked: Floors) -> Self {
        let mut evidence =
            Self { floor: superblock.durable_floor, trim: superblock.trim, beyond: None };
        evidence.add(walked.durable, walked.trim);
        evidence
    }

    pub(super) fn add_cell(&mut self, cell: &CommitCell) {
        self.add(cell.durable_floor, cell.trim_floor);
    }

    /// An intact header at or behind the walk's end `at`, whether or not its group is intact.
    pub(super) fn add_header(&mut self, header: &GroupHeader, at: u64) {
        self.add(header.durable_floor, header.trim_floor);
        if header.lsn >= at {
            let found = (header.incarnation, header.end());
            self.beyond = self.beyond.max(Some(found));
        }
    }

    fn add(&mut self, durable: u64, trim: u64) {
        self.trim = self.trim.max(trim);
        // Only what is durable is ever trimmed.
        self.floor = self.floor.max(durable).max(trim);
    }
}

/// What the end of the walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing was written beyond it.
    Clean,
    /// Groups were being written there; nobody was told that they are durable.
    Torn,
    /// Acknowledged records are missing.
    Corrupt,
}

/// `at` is where the walk ended, `incarnation` that of the last good group.
pub(super) fn decide(at: u64, incarnation: u64, evidence: &Evidence) -> Verdict {
    if evidence.floor > at {
        return Verdict::Corrupt;
    }
    match evidence.beyond {
        // Older ones were cut off by a recovery before.
        Some((theirs, _)) if theirs >= incarnation => Verdict::Torn,
        _ => Verdict::Clean,
    }
}

#[cfg(test)]
mod tests;
