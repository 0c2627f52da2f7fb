//! The byte layout of base and deltas, version 2: `docs/formats/checkpoint.md`.

use protocol_types::{LocalId, Lsn};

use crate::codec::{Checksum, Decoder, Encode, checksum};

use super::{CheckpointState, Delta, PartitionChange};

/// Files that only later versions can read are refused.
pub(super) const MAJOR: u16 = 2;
/// The first major whose base has pages.
const PAGES_SINCE: u16 = 2;
const MINOR: u16 = 0;

const BASE_MAGIC: &[u8; 8] = b"RTCKBASE";
const DELTAS_MAGIC: &[u8; 8] = b"RTCKDLTA";
const FRAME_MAGIC: u32 = u32::from_le_bytes(*b"FRAM");
pub(super) const HEADER_LEN: usize = 56;
pub(super) const FRAME_HEADER_LEN: usize = 24;

/// Why bytes are no checkpoint, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Corrupt { at: usize, what: &'static str },
    Newer { major: u16, minor: u16 },
}

/// The start of either file. A deltas file has zeros in the last three fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) major: u16,
    pub(super) generation: u64,
    pub(super) covered: Lsn,
    pub(super) next_file: u64,
    pub(super) records: u64,
}

impl Header {
    fn encode(&self, magic: [u8; 8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.put(&magic);
        bytes.put_u16(self.major);
        bytes.put_u16(MINOR);
        bytes.put_u16(self.major);
        bytes.put_u16(0);
        bytes.put_u64(self.generation);
        bytes.put_u64(self.covered.0);
        bytes.put_u64(self.next_file);
        bytes.put_u64(self.records);
        bytes.put_u64(checksum(&bytes));
        debug_assert_eq!(bytes.len(), HEADER_LEN);
        bytes
    }

    fn decode(bytes: &[u8], magic: [u8; 8]) -> Result<Self, Bad> {
        let corrupt = |what| Bad::Corrupt { at: 0, what };
        if bytes.first_chunk() != Some(&magic) {
            return Err(corrupt("no checkpoint's header"));
        }
        let fields = || {
            let (checked, rest) = bytes.split_at_checked(HEADER_LEN - 8)?;
            (Decoder(rest).u64()? == checksum(checked)).then_some(())?;
            let mut fields = Decoder(checked);
            let _magic = fields.array::<8>()?;
            let (major, minor, needs) = (fields.u16()?, fields.u16()?, fields.u16()?);
            if needs > MAJOR {
                return Some(Err(Bad::Newer { major, minor }));
            }
            let _reserved = fields.u16()?;
            let (generation, covered) = (fields.u64()?, Lsn(fields.u64()?));
            let (next_file, records) = (fields.u64()?, fields.u64()?);
            Some(Ok(Self { major, generation, covered, next_file, records }))
        };
        fields().unwrap_or_else(|| Err(corrupt("header checksum mismatch")))
    }
}

/// A frame: one checked record. Frames of a file are numbered from 1.
fn put_frame(bytes: &mut Vec<u8>, number: u64, payload: &[u8]) {
    let len = u32::try_from(payload.len());
    assert!(len.is_ok(), "a record of a checkpoint is below 4 GiB");
    let mut head = Vec::with_capacity(FRAME_HEADER_LEN);
    head.put_u32(FRAME_MAGIC);
    head.put_u32(len.unwrap_or(0));
    head.put_u64(number);
    let mut sum = Checksum::new();
    sum.update(&head);
    sum.update(payload);
    head.put_u64(sum.finish());
    bytes.put(&head);
    bytes.put(payload);
}

/// The frame at the start of `bytes`: its number, payload and length. `None` if there is none whole.
fn frame(bytes: &[u8]) -> Option<(u64, &[u8], usize)> {
    let mut head = Decoder(bytes);
    if head.u32()? != FRAME_MAGIC {
        return None;
    }
    let len = usize::try_from(head.u32()?).ok()?;
    let (number, stored) = (head.u64()?, head.u64()?);
    let payload = head.slice(len)?;
    let mut sum = Checksum::new();
    sum.update(bytes.get(..FRAME_HEADER_LEN - 8)?);
    sum.update(payload);
    (sum.finish() == stored).then_some((number, payload, FRAME_HEADER_LEN + len))
}

/// A base with every partition.
pub(super) fn encode_base(header: &Header, records: &[Vec<u8>]) -> Vec<u8> {
    debug_assert_eq!(header.records, records.len() as u64);
    let mut bytes = header.encode(*BASE_MAGIC);
    for (number, record) in (1..).zip(records) {
        put_frame(&mut bytes, number, record);
    }
    bytes
}

pub(super) fn decode_base(bytes: &[u8]) -> Result<(Header, CheckpointState), Bad> {
    let header = Header::decode(bytes, *BASE_MAGIC)?;
    let mut state = CheckpointState {
        covered: header.covered,
        next_file: header.next_file,
        ..CheckpointState::default()
    };
    let mut at = HEADER_LEN;
    for expected in 1..=header.records {
        let corrupt = |what| Bad::Corrupt { at, what };
        let found = frame(bytes.get(at..).unwrap_or_default());
        let Some((_, payload, len)) = found.filter(|&(number, ..)| number == expected) else {
            return Err(corrupt("record checksum mismatch"));
        };
        let Some(change) = decode_based(payload, header.major >= PAGES_SINCE) else {
            return Err(corrupt("record is malformed"));
        };
        if state.partitions.contains_key(&change.local_id) {
            return Err(corrupt("a partition twice"));
        }
        state.apply_change(change).map_err(corrupt)?;
        at += len;
    }
    if at == bytes.len() {
        return Ok((header, state));
    }
    Err(Bad::Corrupt { at, what: "bytes after the last record" })
}

/// An empty file of deltas for the base of `generation`.
pub(super) fn encode_deltas(generation: u64) -> Vec<u8> {
    let header = Header { major: MAJOR, generation, covered: Lsn(0), next_file: 0, records: 0 };
    header.encode(*DELTAS_MAGIC)
}

/// Applies the deltas in `bytes` to `state`; returns how many there are and where the last one
/// ends. What follows is a delta torn by a crash, which nobody was told is durable, unless a whole
/// one stands behind it.
pub(super) fn apply_deltas(
    bytes: &[u8],
    generation: u64,
    state: &mut CheckpointState,
) -> Result<(u64, usize), Bad> {
    let header = Header::decode(bytes, *DELTAS_MAGIC)?;
    if header.generation != generation {
        return Err(Bad::Corrupt { at: 16, what: "deltas of another base" });
    }
    let (mut count, mut at) = (0, HEADER_LEN);
    while let Some((number, payload, len)) = frame(bytes.get(at..).unwrap_or_default()) {
        let corrupt = |what| Bad::Corrupt { at, what };
        if number != count + 1 {
            return Err(corrupt("a delta is missing"));
        }
        let Some(delta) = decode_delta(payload) else {
            return Err(corrupt("delta is malformed"));
        };
        state.apply(delta).map_err(corrupt)?;
        (count, at) = (number, at + len);
    }
    let torn = bytes.get(at..).unwrap_or_default();
    if (1..torn.len()).any(|from| torn.get(from..).is_some_and(|rest| frame(rest).is_some())) {
        return Err(Bad::Corrupt { at, what: "delta checksum mismatch" });
    }
    Ok((count, at))
}

/// A delta as the `number`th frame of its file.
pub(super) fn encode_delta(number: u64, delta: &Delta) -> Vec<u8> {
    let mut payload = Vec::new();
    payload.put_u64(delta.covered.0);
    payload.put_u64(delta.next_file);
    payload.put_list(&delta.changed, put_change);
    payload.put_list(&delta.removed, |to, local_id| to.put_u32(local_id.0));
    let mut bytes = Vec::with_capacity(FRAME_HEADER_LEN + payload.len());
    put_frame(&mut bytes, number, &payload);
    bytes
}

fn decode_delta(payload: &[u8]) -> Option<Delta> {
    let mut fields = Decoder(payload);
    let (covered, next_file) = (Lsn(fields.u64()?), fields.u64()?);
    let changed = fields.list(|fields| take_change(fields))?;
    let removed = fields.list(|fields| fields.u32().map(LocalId))?;
    let delta = Delta { covered, next_file, changed, removed };
    fields.0.is_empty().then_some(delta)
}

/// A partition as a record of the base.
pub(super) fn encode_based(change: &PartitionChange) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.put_list(&change.pages, Encode::put_page);
    put_change(&mut bytes, change);
    bytes
}

fn decode_based(payload: &[u8], with_pages: bool) -> Option<PartitionChange> {
    let mut fields = Decoder(payload);
    let pages = if with_pages { fields.list(|fields| fields.page())? } else { Vec::new() };
    let change = take_change(&mut fields)?;
    fields.0.is_empty().then_some(PartitionChange { pages, ..change })
}

fn put_change(bytes: &mut Vec<u8>, change: &PartitionChange) {
    bytes.put_u32(change.local_id.0);
    bytes.put_partition(change.partition);
    bytes.put_offset(change.log_start);
    bytes.put_offset(change.sealed_end);
    bytes.put_list(&change.added, Encode::put_segment);
    bytes.put_list(&change.epochs, Encode::put_epoch);
    bytes.put_list(&change.producers, Encode::put_producer);
}

fn take_change(fields: &mut Decoder<'_>) -> Option<PartitionChange> {
    Some(PartitionChange {
        local_id: LocalId(fields.u32()?),
        partition: fields.partition()?,
        log_start: fields.offset()?,
        sealed_end: fields.offset()?,
        pages: Vec::new(),
        added: fields.list(|fields| fields.segment())?,
        epochs: fields.list(|fields| fields.epoch())?,
        producers: fields.list(|fields| fields.producer())?,
    })
}
