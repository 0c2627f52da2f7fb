//! Entries: what appenders place into a group, and the header each has in the ring.
//!
//! An entry is a 16-byte header, the payload, and zeros to the next multiple of 8. It carries no
//! checksum of its own: the group's hash covers it.

use protocol_types::{FlushPolicy, LocalId, Lsn};

/// What an entry means. Numbers are part of the format; an unknown one stops recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EntryKind {
    /// One record batch.
    Data = 1,
    /// Nothing: the rest of the lap is skipped.
    Pad = 2,
    /// A process began to append here; the payload is its incarnation, u64 little-endian.
    Start = 3,
    /// A file of sealed segments is complete.
    Sealed = 4,
    /// A partition's log start moved.
    LogStart = 5,
    /// A local id stands for a partition from here on.
    PartitionCreate = 6,
    /// A local id stands for nothing from here on.
    PartitionDelete = 7,
    /// A checkpoint was written.
    CheckpointMark = 8,
}

/// Whose room in the ring an append takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Refused when 92 % are used.
    User,
    /// Internal topics: refused when only the control reserve is left.
    Internal,
    /// Control entries: never refused while the ring has any room.
    Control,
}

/// One entry to append.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub kind: EntryKind,
    /// `LocalId(0)` for entries that concern no partition.
    pub local_id: LocalId,
    pub class: Class,
    /// Control entries are made durable whatever stands here.
    pub flush: FlushPolicy,
    /// The payload, in two parts so that a rewritten batch header needs no copy of its own.
    pub parts: [&'a [u8]; 2],
}

impl Entry<'_> {
    /// Bytes of the payload.
    #[must_use]
    pub const fn payload_len(&self) -> u64 {
        self.parts[0].len() as u64 + self.parts[1].len() as u64
    }
}

/// Where an entry lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// First byte of the payload.
    pub lsn: Lsn,
    /// End of the entry: it is published, or durable, when that watermark is at or above this.
    pub end: Lsn,
}

/// One entry found by recovery.
#[derive(Clone, Copy, Debug)]
pub struct Replayed<'a> {
    pub kind: EntryKind,
    pub local_id: LocalId,
    /// First byte of the payload.
    pub lsn: Lsn,
    /// End of the entry.
    pub end: Lsn,
    pub payload: &'a [u8],
    /// Start of the group that holds it.
    pub group: Lsn,
}
