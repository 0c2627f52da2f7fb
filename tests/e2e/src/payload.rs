//! Records whose content tells who wrote them and in which order, so that a reader can prove what
//! it reads: nothing lost, nothing twice, nothing altered.

use anyhow::{Context, Result, ensure};
use broker_env::sim::Rng;
use bytes::Bytes;
use protocol_records::{BatchBuilder, BatchError, ProducerStamp, batches};
use protocol_types::{Codec, Sequence, Timestamp};

/// Writer (4), number (8), then bytes that follow from both.
const HEAD: usize = 12;

/// One record's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Chosen by the test: who wrote it where.
    pub writer: u32,
    /// 0, 1, 2 … of that writer.
    pub number: u64,
}

impl Stamp {
    /// A record value of `len` bytes, at least 12.
    #[must_use]
    pub fn value(self, len: usize) -> Vec<u8> {
        let mut value = vec![0; len.max(HEAD)];
        let (head, rest) = value.split_at_mut(HEAD);
        let (writer, number) = head.split_at_mut(4);
        writer.copy_from_slice(&self.writer.to_be_bytes());
        number.copy_from_slice(&self.number.to_be_bytes());
        Rng::new(self.seed()).fill(rest);
        value
    }

    /// Whose record a value is; an error if a single byte is not what was written.
    pub fn of(value: &[u8]) -> Result<Self> {
        let (writer, rest) = value.split_first_chunk().context("value too short")?;
        let (number, _) = rest.split_first_chunk().context("value too short")?;
        let stamp =
            Self { writer: u32::from_be_bytes(*writer), number: u64::from_be_bytes(*number) };
        ensure!(stamp.value(value.len()) == value, "altered value of {stamp:?}");
        Ok(stamp)
    }

    fn seed(self) -> u64 {
        (u64::from(self.writer) << 40) ^ self.number
    }
}

/// A batch of `count` records of `len` bytes, from `first` on. The sequence of an idempotent
/// producer is the number of its records.
pub fn batch(
    first: Stamp,
    count: u32,
    len: usize,
    timestamp: Timestamp,
    producer: Option<ProducerStamp>,
) -> Result<Bytes> {
    let mut builder = BatchBuilder::new(Codec::None);
    if let Some(producer) = producer {
        builder = builder.producer(producer);
    }
    for number in first.number..first.number + u64::from(count) {
        let value = Stamp { number, ..first }.value(len);
        builder.push(timestamp, None, Some(&value), &[]);
    }
    Ok(builder.build()?.into())
}

/// The sequence of a writer's record.
#[must_use]
pub fn sequence(number: u64) -> Sequence {
    Sequence(i32::try_from(number % (1 << 31)).unwrap_or(0))
}

/// Every record of fetched batches in order, with its offset. A last batch that was cut off ends
/// the walk; every other flaw (CRC, layout, content) is an error. Returns the next offset.
pub fn check(fetched: &[u8], mut each: impl FnMut(i64, Stamp) -> Result<()>) -> Result<i64> {
    let mut next = -1;
    for batch in batches(fetched) {
        let view = match batch {
            Ok(view) => view,
            Err(BatchError::Truncated { .. }) => break,
            Err(error) => return Err(error.into()),
        };
        ensure!(view.crc_matches(), "wrong CRC at offset {}", view.base_offset().0);
        let decoded = view.decode(usize::MAX)?;
        for record in decoded.records() {
            let record = record?;
            let offset = decoded.offset_of(&record);
            let stamp = Stamp::of(record.value.context("null value")?)
                .with_context(|| format!("at offset {}", offset.0))?;
            each(offset.to_wire(), stamp)?;
        }
        next = view.next_offset().to_wire();
    }
    Ok(next)
}
