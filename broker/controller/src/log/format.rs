//! Bytes of the log file: a head, then one frame per append. Byte table in
//! `docs/formats/metadata.md`.
//!
//! A frame carries its position (records before it since the first), so that a stale frame is
//! never taken for the next one.

use broker_metadata::{DecodeError, Record};
use crc_fast::CrcAlgorithm::Crc32Iscsi;

pub(super) const HEAD_LEN: usize = 24;
pub(super) const FRAME_HEAD_LEN: usize = 20;
const MAGIC: &[u8; 8] = b"RTMETALG";
const FRAME_MAGIC: &[u8; 4] = b"RTMF";
const VERSION: u16 = 0;

/// Why a head is not one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHead {
    Version(u16),
    Corrupt(&'static str),
}

/// A frame found in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Records before this frame.
    pub(super) position: u64,
    pub(super) payload: &'a [u8],
}

impl Frame<'_> {
    /// Bytes of the whole frame.
    pub(super) const fn len(&self) -> usize {
        FRAME_HEAD_LEN + self.payload.len()
    }
}

/// The head of a log whose first frame has the position `base`.
pub(super) fn encode_head(base: u64) -> [u8; HEAD_LEN] {
    let mut head = Vec::with_capacity(HEAD_LEN);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&[0; 2]);
    head.extend_from_slice(&base.to_le_bytes());
    head.extend_from_slice(&checksum(&head).to_le_bytes());
    let mut out = [0; HEAD_LEN];
    out.copy_from_slice(&head);
    out
}

/// The base position in a head.
pub(super) fn decode_head(bytes: &[u8]) -> Result<u64, BadHead> {
    let Some(head) = bytes.first_chunk::<HEAD_LEN>() else {
        return Err(BadHead::Corrupt("its head is cut"));
    };
    let (body, crc) = head.split_at(HEAD_LEN - 4);
    if !body.starts_with(MAGIC) {
        return Err(BadHead::Corrupt("it does not begin as a metadata log"));
    }
    let version = u16::from_le_bytes(array(body, 8).unwrap_or_default());
    if version > VERSION {
        return Err(BadHead::Version(version));
    }
    if checksum(body).to_le_bytes() != *crc {
        return Err(BadHead::Corrupt("the checksum of its head does not match"));
    }
    Ok(u64::from_le_bytes(array(body, 12).unwrap_or_default()))
}

/// One frame of `records`.
pub(super) fn encode_frame(position: u64, records: &[Record]) -> Vec<u8> {
    let mut payload = Vec::new();
    payload.extend_from_slice(&len32(records.len()).to_le_bytes());
    let mut one = Vec::new();
    for record in records {
        one.clear();
        record.encode(&mut one);
        payload.extend_from_slice(&len32(one.len()).to_le_bytes());
        payload.extend_from_slice(&one);
    }
    let mut frame = Vec::with_capacity(FRAME_HEAD_LEN + payload.len());
    frame.extend_from_slice(FRAME_MAGIC);
    frame.extend_from_slice(&len32(payload.len()).to_le_bytes());
    frame.extend_from_slice(&position.to_le_bytes());
    let crc = frame_checksum(&frame, &payload);
    frame.extend_from_slice(&crc.to_le_bytes());
    frame.extend_from_slice(&payload);
    frame
}

/// The frame that begins `bytes`, if a whole and sound one does.
pub(super) fn decode_frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let head = bytes.first_chunk::<FRAME_HEAD_LEN>()?;
    let rest = bytes.get(FRAME_HEAD_LEN..)?;
    if !head.starts_with(FRAME_MAGIC) {
        return None;
    }
    let len = usize::try_from(u32::from_le_bytes(array(head, 4)?)).ok()?;
    let payload = rest.get(..len)?;
    let crc = u32::from_le_bytes(array(head, 16)?);
    let sound = frame_checksum(head.get(..16)?, payload) == crc;
    sound.then_some(Frame { position: u64::from_le_bytes(array(head, 8)?), payload })
}

/// Where in `bytes` the first sound frame of at least `position` begins, if there is one.
pub(super) fn find_frame(bytes: &[u8], position: u64) -> Option<usize> {
    bytes
        .windows(FRAME_MAGIC.len())
        .enumerate()
        .filter(|(_, window)| window == FRAME_MAGIC)
        .map(|(at, _)| at)
        .find(|at| {
            let frame = bytes.get(*at..).and_then(decode_frame);
            frame.is_some_and(|frame| frame.position >= position)
        })
}

/// The records of a sound frame; `None` where its shape is broken all the same.
pub(super) fn decode_payload(payload: &[u8]) -> Option<Result<Vec<Record>, DecodeError>> {
    let count = u32::from_le_bytes(array(payload, 0)?);
    let mut rest = payload.get(4..)?;
    let mut records = Vec::new();
    for _ in 0..count {
        let len = usize::try_from(u32::from_le_bytes(array(rest, 0)?)).ok()?;
        match Record::decode(rest.get(4..4 + len)?) {
            Ok(record) => records.push(record),
            Err(error) => return Some(Err(error)),
        }
        rest = rest.get(4 + len..)?;
    }
    rest.is_empty().then_some(Ok(records))
}

fn frame_checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut digest = crc_fast::Digest::new(Crc32Iscsi);
    digest.update(head);
    digest.update(payload);
    u32::try_from(digest.finalize()).unwrap_or_default()
}

fn checksum(bytes: &[u8]) -> u32 {
    u32::try_from(crc_fast::checksum(Crc32Iscsi, bytes)).unwrap_or_default()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn len32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
