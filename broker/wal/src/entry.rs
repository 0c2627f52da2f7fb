//! Entries: what appenders place into a group, and the header each has in the ring.
//!
//! An entry is a 16-byte header, the payload, and zeros to the next multiple of 8. It carries no
//! checksum of its own: the group's hash covers it.

use protocol_types::{FlushPolicy, LocalId, Lsn, to_usize};

/// Bytes of an entry's header.
pub(crate) const HEADER_LEN: usize = 16;
/// Entries start on multiples of this.
const ALIGN: u64 = 8;

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

impl EntryKind {
    const ALL: [Self; 8] = [
        Self::Data,
        Self::Pad,
        Self::Start,
        Self::Sealed,
        Self::LogStart,
        Self::PartitionCreate,
        Self::PartitionDelete,
        Self::CheckpointMark,
    ];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Whether its local id names a partition that progress is reported for.
    pub(crate) const fn names_partition(self) -> bool {
        matches!(self, Self::Data | Self::LogStart | Self::PartitionCreate | Self::PartitionDelete)
    }
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

    /// Whether the group that holds it must be made durable at once.
    pub(crate) fn wants_sync(&self) -> bool {
        self.kind != EntryKind::Data || self.flush == FlushPolicy::Fsync
    }

    pub(crate) fn header(&self) -> [u8; HEADER_LEN] {
        header(self.kind, self.local_id, self.payload_len())
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

/// Bytes an entry takes in its group.
pub(crate) const fn size(payload: u64) -> u64 {
    HEADER_LEN as u64 + payload.next_multiple_of(ALIGN)
}

/// Zeros behind a payload.
pub(crate) const fn padding(payload: u64) -> &'static [u8] {
    const ZEROS: [u8; to_usize(ALIGN)] = [0; to_usize(ALIGN)];
    ZEROS.split_at(to_usize(payload.next_multiple_of(ALIGN) - payload)).0
}

/// Kind, 3 zeros, local id, payload length, 4 zeros.
pub(crate) fn header(kind: EntryKind, local_id: LocalId, payload: u64) -> [u8; HEADER_LEN] {
    let payload = u32::try_from(payload).unwrap_or(u32::MAX);
    let mut bytes = [0; HEADER_LEN];
    let (word, rest) = bytes.split_at_mut(4);
    word.copy_from_slice(&(kind as u32).to_le_bytes());
    let (word, rest) = rest.split_at_mut(4);
    word.copy_from_slice(&local_id.0.to_le_bytes());
    rest.split_at_mut(4).0.copy_from_slice(&payload.to_le_bytes());
    bytes
}

/// An entry in the bytes of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) local_id: LocalId,
    pub(crate) payload: &'a [u8],
    /// Bytes of the whole entry.
    pub(crate) size: usize,
}

/// Why bytes are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadEntry {
    UnknownKind(u8),
    PastEnd,
}

/// The entry at the start of `bytes`, which end with the last entry of the group.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed<'_>, BadEntry> {
    let ([kind, _, _, _, a, b, c, d, e, f, g, h, ..], rest) =
        bytes.split_first_chunk::<HEADER_LEN>().ok_or(BadEntry::PastEnd)?;
    let len = u32::from_le_bytes([*e, *f, *g, *h]);
    let payload = rest.get(..to_usize(u64::from(len))).ok_or(BadEntry::PastEnd)?;
    let size = to_usize(size(u64::from(len)));
    if size > bytes.len() {
        return Err(BadEntry::PastEnd);
    }
    let kind = EntryKind::from_byte(*kind).ok_or(BadEntry::UnknownKind(*kind))?;
    Ok(Parsed { kind, local_id: LocalId(u32::from_le_bytes([*a, *b, *c, *d])), payload, size })
}

#[cfg(test)]
mod tests;
