//! A snapshot: the image's records behind a head and a checksum. Byte table in
//! `docs/formats/metadata.md`.
//!
//! Invariant: a snapshot with any byte changed is refused, never half read.

use crc_fast::CrcAlgorithm::Crc32Iscsi;

use crate::record::{DecodeError, Reader, Record};

#[cfg(test)]
mod tests;

const MAGIC: &[u8; 8] = b"RTMETASN";
const VERSION: u16 = 0;

/// A snapshot that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("metadata snapshot does not begin as one")]
    NotASnapshot,
    #[error("metadata snapshot has version {0}; start a newer ringtide")]
    UnknownVersion(u16),
    #[error("metadata snapshot is corrupt: its checksum does not match; restore it from a backup")]
    Corrupt,
    #[error(transparent)]
    Record(#[from] DecodeError),
}

/// Encodes `records`, which stand for everything before the log position `end`.
#[must_use]
pub fn encode_snapshot(end: u64, records: &[Record]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 * records.len() + 32);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&end.to_le_bytes());
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
    let mut one = Vec::new();
    for record in records {
        one.clear();
        record.encode(&mut one);
        out.extend_from_slice(&u32::try_from(one.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&one);
    }
    let crc = checksum(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// Reads a snapshot: the log position it stands for, and its records.
///
/// # Errors
/// Not a snapshot, of a newer version, or corrupt.
pub fn decode_snapshot(bytes: &[u8]) -> Result<(u64, Vec<Record>), SnapshotError> {
    let (body, crc) = bytes.split_last_chunk::<4>().ok_or(SnapshotError::NotASnapshot)?;
    let mut reader = Reader(body);
    if reader.bytes(MAGIC.len()) != Some(MAGIC) {
        return Err(SnapshotError::NotASnapshot);
    }
    let version = reader.u16().ok_or(SnapshotError::Corrupt)?;
    if version > VERSION {
        return Err(SnapshotError::UnknownVersion(version));
    }
    if checksum(body) != u32::from_le_bytes(*crc) {
        return Err(SnapshotError::Corrupt);
    }
    let end = reader.u64().ok_or(SnapshotError::Corrupt)?;
    let count = reader.u32().ok_or(SnapshotError::Corrupt)?;
    let mut records = Vec::new();
    for _ in 0..count {
        let len = reader.u32().and_then(|len| usize::try_from(len).ok());
        let one = len.and_then(|len| reader.bytes(len)).ok_or(SnapshotError::Corrupt)?;
        records.push(Record::decode(one)?);
    }
    if reader.is_empty() { Ok((end, records)) } else { Err(SnapshotError::Corrupt) }
}

fn checksum(bytes: &[u8]) -> u32 {
    u32::try_from(crc_fast::checksum(Crc32Iscsi, bytes)).unwrap_or_default()
}
