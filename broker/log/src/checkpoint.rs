//! The file a restart begins from: what is sealed, partition by partition.
//!
//! A base, and one delta per sealed span with the partitions it changed; the base is rewritten when
//! the deltas outgrow it, or when a partition has many segments: all but its newest then go into
//! pages, which are written once. Format: `docs/formats/checkpoint.md`. The store keeps no copy of
//! the state: partitions hold it. Invariant LOG-7: what a call returned from as durable is what the next
//! open finds, or the open fails and names the file.

use std::collections::BTreeMap;
use std::io;

use protocol_types::{LocalId, Lsn, Offset, TopicPartition};

use crate::{EpochStart, PageRef, ProducerSnapshot, RecoveredPartition, SegmentRef};

mod format;
mod page_file;
mod pages;
mod store;

pub use pages::PageCache;
pub use store::{CheckpointStore, read};

/// What changed in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionChange {
    pub local_id: LocalId,
    pub partition: TopicPartition,
    /// Segments that end at or below it are dropped.
    pub log_start: Offset,
    pub sealed_end: Offset,
    /// All pages of older segments, oldest first. Only a base tells them: a delta has none.
    pub pages: Vec<PageRef>,
    /// Segments in no page and not in an earlier record, oldest first.
    pub added: Vec<SegmentRef>,
    /// All epochs as of `sealed_end`.
    pub epochs: Vec<EpochStart>,
    /// All producers as of `sealed_end`.
    pub producers: Vec<ProducerSnapshot>,
}

impl PartitionChange {
    /// Whether nothing is missing between what is sealed already, up to `sealed_end`, and this.
    /// Offsets below the log start may be in no segment.
    fn check_follows(&self, sealed_end: Offset) -> Result<(), &'static str> {
        let mut last = sealed_end;
        let pages = self.pages.iter().map(|page| (page.base, page.end));
        let segments = self.added.iter().map(|segment| (segment.base, segment.end));
        for (base, end) in pages.chain(segments) {
            if base < last || base >= end {
                return Err("segments overlap");
            }
            if base > last.max(self.log_start) {
                return Err("segments are missing");
            }
            last = end;
        }
        let end = last;
        if self.sealed_end < end {
            return Err("segments reach beyond the sealed end");
        }
        if self.sealed_end > end.max(self.log_start) {
            return Err("segments are missing");
        }
        Ok(())
    }
}

/// What one sealed span, retention run or deletion changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Recovery replays the ring from here.
    pub covered: Lsn,
    /// The number of the next sealed file: numbers below are used up.
    pub next_file: u64,
    pub changed: Vec<PartitionChange>,
    /// Partitions that are gone.
    pub removed: Vec<LocalId>,
}

/// One partition as of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    pub partition: TopicPartition,
    pub state: RecoveredPartition,
}

/// Everything a checkpoint says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckpointState {
    /// Recovery replays the ring from here. If the ring has been trimmed beyond, the checkpoint is
    /// not the newest one: refuse to start.
    pub covered: Lsn,
    /// The number of the next sealed file: numbers below are used up.
    pub next_file: u64,
    pub partitions: BTreeMap<LocalId, PartitionState>,
}

impl CheckpointState {
    /// Takes in a delta; the reason if it contradicts what is known.
    fn apply(&mut self, delta: Delta) -> Result<(), &'static str> {
        if delta.covered < self.covered || delta.next_file < self.next_file {
            return Err("a delta goes back");
        }
        (self.covered, self.next_file) = (delta.covered, delta.next_file);
        delta.changed.into_iter().try_for_each(|change| self.apply_change(change))?;
        delta.removed.iter().for_each(|local_id| {
            self.partitions.remove(local_id);
        });
        Ok(())
    }

    fn apply_change(&mut self, change: PartitionChange) -> Result<(), &'static str> {
        let known = self.partitions.entry(change.local_id).or_insert_with(|| PartitionState {
            partition: change.partition,
            state: RecoveredPartition::default(),
        });
        let state = &mut known.state;
        let forward = change.log_start >= state.log_start && change.sealed_end >= state.sealed_end;
        if known.partition != change.partition || !forward {
            return Err("a partition goes back or is another one");
        }
        change.check_follows(state.sealed_end)?;
        state.pages.extend(change.pages);
        state.pages.retain(|page| page.end > change.log_start);
        state.segments.extend(change.added);
        state.segments.retain(|segment| segment.end > change.log_start);
        (state.log_start, state.sealed_end) = (change.log_start, change.sealed_end);
        (state.epochs, state.producers) = (change.epochs, change.producers);
        Ok(())
    }
}

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("checkpoint file {name} is corrupt at byte {at}: {what}")]
    Corrupt { name: String, at: u64, what: &'static str },
    #[error(
        "checkpoint file {name} has format {major}.{minor}, this version reads up to {}.x; \
         upgrade the broker",
        format::MAJOR
    )]
    Newer { name: String, major: u16, minor: u16 },
    #[error("checkpoint: cannot {doing}: {source}")]
    Io { doing: &'static str, source: io::Error },
    #[error("checkpoint: a delta failed or does not follow, the base must be rewritten first")]
    BaseDue,
}
