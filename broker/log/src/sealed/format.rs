//! The byte layout of sealed files, version 1: `docs/formats/sealed-file.md`.

use protocol_types::{BrokerId, Offset, ProducerId, Timestamp, TopicPartition};

use crate::codec::{Decoder, Encode, checksum};
use crate::{FileId, SegmentRef};

/// Files that only later versions can read are refused.
pub(crate) const MAJOR: u16 = 1;
const MINOR: u16 = 0;
/// Every file's length and the place of large segments are multiples of it.
pub(crate) const BLOCK: u64 = 4096;
/// Segments of this length or more start on a block, so that all but the ends of a dead one can be
/// given back to the file system.
pub(crate) const ALIGNED_FROM: u64 = 64 << 10;

const HEADER_MAGIC: &[u8; 8] = b"RTSEALED";
const HEADER_CHECKED: usize = 56;
const TRAILER_MAGIC: &[u8; 8] = b"DELAESTR";
const TRAILER_CHECKED: usize = 48;
pub(crate) const TRAILER_LEN: usize = 64;
pub(crate) const SECTION_ENTRY_LEN: usize = 32;
/// Stands for "the whole file" where a section names its segment.
const NO_SEGMENT: u32 = u32::MAX;

/// Who wrote a file, and which.
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
    /// −1 if no batch has one.
    pub max_timestamp: Timestamp,
    pub batches: u32,
    /// Of all its bytes.
    pub checksum: u64,
}

/// What a footer section holds. Numbers not listed are skipped by readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionKind(pub u32);

impl SectionKind {
    pub const DIRECTORY: Self = Self(1);
    pub const BATCH_MAP: Self = Self(2);
    pub const PRODUCERS: Self = Self(3);
    pub const LEADER_EPOCHS: Self = Self(4);
    pub const ABORTED_TRANSACTIONS: Self = Self(5);
    /// Observers use numbers from here on.
    pub const FIRST_OBSERVED: Self = Self(64);
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

/// The end of a file: where the section table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trailer {
    pub(crate) table_at: u64,
    pub(crate) sections: u32,
    pub(crate) table_checksum: u64,
    pub(crate) file: FileId,
    pub(crate) file_len: u64,
}

/// What a header says, or why it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Identity(FileIdentity),
    Newer { major: u16, minor: u16 },
    Bad(&'static str),
}

pub(crate) fn encode_header(identity: &FileIdentity) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.put(HEADER_MAGIC);
    bytes.put_u16(MAJOR);
    bytes.put_u16(MINOR);
    bytes.put_u16(MAJOR);
    bytes.put_u16(0);
    bytes.put_u64(identity.file.0);
    bytes.put(&identity.cluster);
    bytes.put_u32(identity.broker.0);
    bytes.put_u32(0);
    bytes.put_timestamp(identity.created);
    debug_assert_eq!(bytes.len(), HEADER_CHECKED);
    bytes.put_u64(checksum(&bytes));
    bytes
}

pub(crate) fn decode_header(bytes: &[u8]) -> Header {
    let intact = || {
        let (checked, rest) = bytes.split_at_checked(HEADER_CHECKED)?;
        (Decoder(rest).u64()? == checksum(checked)).then_some(Decoder(checked))
    };
    if bytes.first_chunk() != Some(HEADER_MAGIC) {
        return Header::Bad("no sealed file's header");
    }
    let fields = || {
        let mut fields = intact()?;
        let _magic = fields.array::<8>()?;
        let (major, minor, needs) = (fields.u16()?, fields.u16()?, fields.u16()?);
        if needs > MAJOR {
            return Some(Header::Newer { major, minor });
        }
        let _reserved = fields.u16()?;
        let (file, cluster) = (FileId(fields.u64()?), fields.array()?);
        let (broker, _reserved) = (BrokerId(fields.u32()?), fields.u32()?);
        let created = fields.timestamp()?;
        Some(Header::Identity(FileIdentity { file, cluster, broker, created }))
    };
    fields().unwrap_or(Header::Bad("header checksum mismatch"))
}

impl Trailer {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(TRAILER_LEN);
        bytes.put_u64(self.table_at);
        bytes.put_u32(self.sections);
        bytes.put_u32(0);
        bytes.put_u64(self.table_checksum);
        bytes.put_u64(self.file.0);
        bytes.put_u64(self.file_len);
        bytes.put_u64(0);
        debug_assert_eq!(bytes.len(), TRAILER_CHECKED);
        bytes.put_u64(checksum(&bytes));
        bytes.put(TRAILER_MAGIC);
        debug_assert_eq!(bytes.len(), TRAILER_LEN);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (checked, rest) = bytes.split_at_checked(TRAILER_CHECKED)?;
        let mut rest = Decoder(rest);
        if rest.u64()? != checksum(checked) || rest.0 != TRAILER_MAGIC {
            return None;
        }
        let mut fields = Decoder(checked);
        let (table_at, sections, _reserved) = (fields.u64()?, fields.u32()?, fields.u32()?);
        let table_checksum = fields.u64()?;
        let (file, file_len) = (FileId(fields.u64()?), fields.u64()?);
        Some(Self { table_at, sections, table_checksum, file, file_len })
    }
}

impl SectionEntry {
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.put_u32(self.kind.0);
        bytes.put_u32(self.segment.unwrap_or(NO_SEGMENT));
        bytes.put_u64(self.at);
        bytes.put_u64(self.len);
        bytes.put_u64(self.checksum);
    }

    pub(crate) fn decode(bytes: &mut Decoder<'_>) -> Option<Self> {
        let (kind, segment) = (SectionKind(bytes.u32()?), bytes.u32()?);
        Some(Self {
            kind,
            segment: (segment != NO_SEGMENT).then_some(segment),
            at: bytes.u64()?,
            len: bytes.u64()?,
            checksum: bytes.u64()?,
        })
    }
}

impl DirectoryEntry {
    /// The name under which partitions know this segment, number `index` of its file.
    #[must_use]
    pub const fn segment_ref(&self, file: &FileIdentity, index: u32) -> SegmentRef {
        SegmentRef {
            file: file.file,
            at: self.at,
            len: self.len,
            base: self.base,
            end: self.end,
            max_timestamp: self.max_timestamp,
            sealed_at: file.created,
            index,
        }
    }

    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.put_partition(self.partition);
        bytes.put_u32(self.batches);
        bytes.put_u64(self.at);
        bytes.put_u64(self.len);
        bytes.put_offset(self.base);
        bytes.put_offset(self.end);
        bytes.put_timestamp(self.max_timestamp);
        bytes.put_u64(self.checksum);
    }

    pub(crate) fn decode(bytes: &mut Decoder<'_>) -> Option<Self> {
        let (partition, batches) = (bytes.partition()?, bytes.u32()?);
        Some(Self {
            partition,
            batches,
            at: bytes.u64()?,
            len: bytes.u64()?,
            base: bytes.offset()?,
            end: bytes.offset()?,
            max_timestamp: bytes.timestamp()?,
            checksum: bytes.u64()?,
        })
    }
}

impl AbortedTransaction {
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.put_u64(self.producer.0);
        bytes.put_offset(self.first);
        bytes.put_offset(self.last);
        bytes.put_offset(self.last_stable);
    }

    pub(crate) fn decode(bytes: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            producer: ProducerId(bytes.u64()?),
            first: bytes.offset()?,
            last: bytes.offset()?,
            last_stable: bytes.offset()?,
        })
    }
}
