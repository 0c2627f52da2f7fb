//! The byte layout of sealed files, version 1.

use broker_env::Timestamp;
use protocol_types::{BrokerId, Offset, ProducerId, TopicPartition};

use crate::FileId;

/// A file with another major is refused.
pub(crate) const MAJOR: u16 = 1;

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    pub file: FileId,
    pub cluster: [u8; 16],
    pub broker: BrokerId,
    pub created: Timestamp,
}

/// One segment in a file's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    pub partition: TopicPartition,
    pub at: u64,
    pub len: u64,
    pub base: Offset,
    /// Exclusive.
    pub end: Offset,
    pub max_timestamp: Timestamp,
    pub batches: u32,
    /// Of all its bytes.
    pub checksum: u64,
}

/// What a footer section holds. Numbers not listed are skipped by readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SectionKind(pub u32);

impl SectionKind {
    pub const DIRECTORY: Self = Self(1);
    pub const BATCH_MAP: Self = Self(2);
    pub const PRODUCERS: Self = Self(3);
    pub const LEADER_EPOCHS: Self = Self(4);
    pub const ABORTED_TRANSACTIONS: Self = Self(5);
}

/// Where a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionEntry {
    pub kind: SectionKind,
    /// The segment it belongs to; `None` if it is the whole file's.
    pub segment: Option<u32>,
    pub at: u64,
    pub len: u64,
    pub checksum: u64,
}

/// A transaction that was aborted in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    pub producer: ProducerId,
    pub first: Offset,
    pub last: Offset,
    pub last_stable: Offset,
}
