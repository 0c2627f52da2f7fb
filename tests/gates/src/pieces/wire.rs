//! Pieces that only look at bytes: what comes before the partitions' locks, and the head of a fetch's answer.

use std::hint::black_box;

use anyhow::{Context as _, Result, bail};
use bytes::{Bytes, BytesMut};
use protocol_records::{ValidateRules, validate as validate_batch};
use protocol_wire::fetch_request::FetchRequest;
use protocol_wire::fetch_response::{FetchEncoder, FetchHead, FetchPartition, Records, Segment};
use protocol_wire::guard;
use protocol_wire::produce_request::ProduceRequest;

use super::Step;
use crate::input::{self, NOW, Size, TOPIC, opened};

/// From a frame to the records of its partitions, borrowed.
pub(super) fn decode(size: Size) -> Result<Box<dyn Step>> {
    Ok(Box::new(Decode { frame: input::produce(Some(size))? }))
}

struct Decode {
    frame: Bytes,
}

impl Step for Decode {
    fn run(&mut self) -> Result<()> {
        let (frame, header) = opened(black_box(&self.frame))?;
        let body = frame.get(header.body_at..).unwrap_or_default();
        for partition in ProduceRequest::parse(header.version, body)?.partitions() {
            black_box(partition?.records);
        }
        Ok(())
    }
}

/// The walk over a request against its schema, before a decoder sees it.
pub(super) fn guard_walk(size: Size) -> Result<Box<dyn Step>> {
    Ok(Box::new(GuardWalk { frame: input::produce(Some(size))? }))
}

struct GuardWalk {
    frame: Bytes,
}

impl Step for GuardWalk {
    fn run(&mut self) -> Result<()> {
        let (frame, header) = opened(black_box(&self.frame))?;
        let body = frame.get(header.body_at..).unwrap_or_default();
        black_box(guard::check(header.api, header.version, body)?);
        Ok(())
    }
}

/// From a frame to the partitions a fetch names; the guard's walk is part of it.
pub(super) fn fetch_decode(size: Size) -> Result<Box<dyn Step>> {
    Ok(Box::new(FetchDecode { frame: input::fetch(size)? }))
}

struct FetchDecode {
    frame: Bytes,
}

impl Step for FetchDecode {
    fn run(&mut self) -> Result<()> {
        let (frame, header) = opened(black_box(&self.frame))?;
        let body = frame.get(header.body_at..).unwrap_or_default();
        black_box(FetchRequest::read(header.version, body, |part| {
            black_box(part);
        })?);
        Ok(())
    }
}

/// All checks of a batch, its checksum included.
pub(super) fn validate(size: Size) -> Result<Box<dyn Step>> {
    Ok(Box::new(Validate { batch: input::batch(size)? }))
}

struct Validate {
    batch: Bytes,
}

/// As a topic with default settings asks for.
const RULES: ValidateRules = ValidateRules {
    max_bytes: 1_048_588,
    allow_zstd: true,
    allow_transactional: false,
    needs_keys: false,
    timestamp_bounds: Some((i64::MIN, NOW.0 + 3_600_000)),
    decompressed_bytes_max: 128 << 20,
};

impl Step for Validate {
    fn run(&mut self) -> Result<()> {
        let mut unpacked = 0;
        let view = validate_batch(black_box(&self.batch), &RULES, &mut unpacked)?;
        black_box(view);
        Ok(())
    }
}

/// The answer to a fetch of one batch: a large one is referenced, a small one copied.
pub(super) fn fetch_encode(size: Size) -> Result<Box<dyn Step>> {
    let spare = Some((BytesMut::new(), Vec::new()));
    Ok(Box::new(FetchEncode { batch: input::batch(size)?, size, spare }))
}

struct FetchEncode {
    batch: Bytes,
    size: Size,
    /// Buffers of the answer before, as a shard keeps them.
    spare: Option<(BytesMut, Vec<Segment>)>,
}

impl Step for FetchEncode {
    fn run(&mut self) -> Result<()> {
        let pieces = [&*self.batch];
        let records = match self.size {
            Size::Large => Records::Slot(u32::try_from(self.batch.len())?),
            Size::Small => Records::Joined(&pieces),
        };
        let head = FetchHead {
            version: input::FETCH,
            correlation_id: 1,
            throttle_time_ms: 0,
            error_code: 0,
            session_id: 0,
            topics: 1,
        };
        let partition = FetchPartition {
            index: 0,
            error_code: 0,
            high_watermark: 1,
            last_stable_offset: 1,
            log_start_offset: 0,
            diverging_epoch: None,
            aborted_transactions: None,
            preferred_read_replica: -1,
        };
        let (bytes, segments) = self.spare.take().context("buffers of the answer before")?;
        let mut encoder = FetchEncoder::begin(bytes, segments, black_box(&head))?;
        encoder.topic(TOPIC, [0; 16], 1)?;
        encoder.partition(black_box(&partition), records)?;
        let answer = encoder.finish()?;
        if answer.total_len < self.batch.len() as u64 {
            bail!("an answer of {} bytes", answer.total_len);
        }
        self.spare = Some((answer.head, answer.segments));
        Ok(())
    }
}
