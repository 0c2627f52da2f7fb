//! The file a restart begins from: what is sealed, partition by partition.
//!
//! A base, and one delta per sealed span with the partitions it changed; the base is rewritten when
//! the deltas outgrow it. Format: `docs/formats/checkpoint.md`. The store keeps no copy of the
//! state: partitions hold it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use broker_env::disk::Disk;
use protocol_types::{LocalId, Lsn, Offset, TopicPartition};

use crate::{EpochStart, FileId, ProducerSnapshot, RecoveredPartition, SegmentRef};

/// What changed in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionChange {
    pub local_id: LocalId,
    pub partition: TopicPartition,
    /// Segments that end at or below it are dropped.
    pub log_start: Offset,
    pub sealed_end: Offset,
    /// Segments not in an earlier record, oldest first.
    pub added: Vec<SegmentRef>,
    /// All epochs as of `sealed_end`.
    pub epochs: Vec<EpochStart>,
    /// All producers as of `sealed_end`.
    pub producers: Vec<ProducerSnapshot>,
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
    pub covered: Lsn,
    pub next_file: FileIdCounter,
    pub partitions: BTreeMap<LocalId, PartitionState>,
}

/// The number of the next sealed file.
pub type FileIdCounter = u64;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("checkpoint file {name} is corrupt at byte {at}: {what}")]
    Corrupt { name: String, at: u64, what: &'static str },
    #[error(
        "checkpoint file {name} has format {major}, which this version does not read; upgrade the broker"
    )]
    Newer { name: String, major: u16 },
    #[error("checkpoint: cannot {doing}: {source}")]
    Io { doing: &'static str, source: io::Error },
}

/// See the module documentation.
#[derive(Debug)]
pub struct CheckpointStore {}

impl CheckpointStore {
    /// Opens the checkpoint in `dir`, or starts an empty one. A delta torn by a crash is dropped.
    ///
    /// # Errors
    /// When the checkpoint is corrupt, of a newer format or unreadable.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
    ) -> Result<(Self, CheckpointState), CheckpointError> {
        let _ = (disk, dir);
        todo!()
    }

    /// Adds a delta; durable when it returns. After a failure the next call must be
    /// [`Self::write_base`] ([`Self::base_due`] says so).
    ///
    /// # Errors
    /// When writing fails; the checkpoint then is as before.
    pub fn append_delta(&mut self, delta: &Delta) -> Result<(), CheckpointError> {
        let _ = delta;
        todo!()
    }

    /// Whether the deltas have outgrown the base.
    #[must_use]
    pub fn base_due(&self) -> bool {
        todo!()
    }

    /// Replaces the whole checkpoint: `all` holds every partition with all its segments. Durable
    /// when it returns.
    ///
    /// # Errors
    /// When writing fails; the checkpoint then is as before.
    pub fn write_base(
        &mut self,
        covered: Lsn,
        next_file: FileId,
        all: impl Iterator<Item = PartitionChange>,
    ) -> Result<(), CheckpointError> {
        let _ = (covered, next_file, all);
        todo!()
    }
}
