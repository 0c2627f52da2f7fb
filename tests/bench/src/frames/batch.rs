//! Batches of records.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use protocol_records::{BatchBuilder, ProducerStamp};
use protocol_types::{Codec, Timestamp};

/// A batch of exactly `len` bytes with one record that does not compress.
pub(crate) fn plain(len: usize, timestamp: Timestamp) -> Result<Bytes> {
    sized(len, timestamp, None)
}

/// The same from an idempotent producer.
pub(crate) fn idempotent(
    len: usize,
    timestamp: Timestamp,
    producer: ProducerStamp,
) -> Result<Bytes> {
    sized(len, timestamp, Some(producer))
}

fn sized(len: usize, timestamp: Timestamp, producer: Option<ProducerStamp>) -> Result<Bytes> {
    let value = noise(len);
    // The record's own lengths take a few bytes that depend on the value's length.
    for overhead in 61..100 {
        let Some(value) = value.get(..len.saturating_sub(overhead)) else { break };
        let mut builder = BatchBuilder::new(Codec::None);
        if let Some(producer) = producer {
            builder = builder.producer(producer);
        }
        builder.push(timestamp, None, Some(value), &[]);
        let built = builder.build().context("build a batch")?;
        if built.len() == len {
            return Ok(built.into());
        }
    }
    bail!("no batch is exactly {len} bytes long")
}

/// A batch of `count` records whose values are `len` bytes each and do not compress.
pub(crate) fn of_records(count: usize, len: usize, timestamp: Timestamp) -> Result<Bytes> {
    let values = noise(count * len);
    let mut builder = BatchBuilder::new(Codec::None);
    for value in values.chunks_exact(len) {
        builder.push(timestamp, None, Some(value), &[]);
    }
    Ok(builder.build().context("build a batch")?.into())
}

/// A compressed batch of exactly `len` bytes, from records as a program might log them and one that
/// does not compress, which makes up the length.
pub(crate) fn packed(codec: Codec, len: usize, timestamp: Timestamp) -> Result<Bytes> {
    const MARGIN: usize = 400;
    let numbers = noise(64 << 10);
    let build = |records: usize, rest: usize| -> Result<Vec<u8>> {
        let mut builder = BatchBuilder::new(codec);
        for (number, bytes) in numbers.chunks_exact(8).take(records).enumerate() {
            let value = event(number, u64::from_le_bytes(bytes.try_into()?));
            builder.push(timestamp, None, Some(value.as_bytes()), &[]);
        }
        builder.push(timestamp, None, numbers.get(..rest), &[]);
        builder.build().context("build a batch")
    };
    let mut records = 8;
    while build(records + records / 16 + 1, 0)?.len() + MARGIN / 2 < len {
        records += records / 16 + 1;
    }
    let missing = len.saturating_sub(build(records, 0)?.len());
    for rest in missing.saturating_sub(MARGIN)..missing + MARGIN {
        let built = build(records, rest)?;
        if built.len() == len {
            return Ok(built.into());
        }
    }
    bail!("no batch of {codec:?} is exactly {len} bytes long")
}

fn event(number: usize, id: u64) -> String {
    let (user, price) = (id % 100_000, id >> 48);
    format!(
        "{{\"sequence\":{number},\"id\":\"{id:016x}\",\"user\":\"user-{user}\",\
         \"event\":\"purchase\",\"price\":{price},\"currency\":\"EUR\"}}"
    )
}

/// Bytes that no codec makes smaller, the same in every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

#[cfg(test)]
mod tests;
