//! Fetch requests that are built once and changed in place, and their answers without copies.
//!
//! Version 4: not flexible, without sessions, the shortest to build and to walk.

use std::ops::RangeInclusive;

use anyhow::{Context as _, Result, ensure};
use bytes::BytesMut;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use protocol_wire::messages::{StrBytes, TopicName};
use protocol_wire::request::encode_request;

const VERSION: i16 = 4;
/// Index, offset and limit of one partition, with which a request ends.
const PARTITION_LEN: usize = 4 + 8 + 4;

/// A fetch of some partitions of one topic.
#[derive(Debug)]
pub(crate) struct Question {
    frame: BytesMut,
    partitions: Vec<i32>,
}

impl Question {
    /// Waits for the least of `bytes` over all partitions, half a second at most; takes the most of
    /// each partition.
    pub(crate) fn new(topic: &str, partitions: &[i32], bytes: RangeInclusive<i32>) -> Result<Self> {
        let (bytes_min, bytes_max) = bytes.into_inner();
        let all = partitions.iter().map(|&partition| {
            FetchPartition::default().with_partition(partition).with_partition_max_bytes(bytes_max)
        });
        let topic = FetchTopic::default()
            .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
            .with_partitions(all.collect());
        let count = i32::try_from(partitions.len())?;
        let request = FetchRequest::default()
            .with_max_wait_ms(500)
            .with_min_bytes(bytes_min)
            .with_max_bytes(bytes_max.saturating_mul(count))
            .with_topics(vec![topic]);
        let mut frame = BytesMut::new();
        encode_request(&mut frame, VERSION, 1, Some("ringtide-bench"), &request)?;
        Ok(Self { frame, partitions: partitions.to_vec() })
    }

    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Asks from `offset` on next time.
    pub(crate) fn set_offset(&mut self, partition: i32, offset: i64) -> Result<()> {
        let number = self.partitions.iter().position(|known| *known == partition);
        let behind = self.partitions.len() - number.context("a partition nobody asked for")?;
        let at = self.frame.len() - behind * PARTITION_LEN + 4;
        self.frame[at..at + 8].copy_from_slice(&offset.to_be_bytes());
        Ok(())
    }
}

/// Calls `take` with each partition of an answer (without its length prefix) and its batches.
pub(crate) fn each_part(
    answer: &[u8],
    mut take: impl FnMut(i32, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut rest = Walk(answer);
    // Correlation and throttle time.
    rest.bytes(8)?;
    for _ in 0..rest.i32()? {
        let name = rest.bytes(2)?;
        rest.bytes(usize::from(u16::from_be_bytes([name[0], name[1]])))?;
        for _ in 0..rest.i32()? {
            let partition = rest.i32()?;
            let error = rest.bytes(2)?;
            ensure!(error == [0, 0], "fetch of partition {partition} failed: {error:?}");
            // High watermark and last stable offset.
            rest.bytes(16)?;
            let aborted = usize::try_from(rest.i32()?).unwrap_or(0);
            rest.bytes(aborted * 16)?;
            let len = usize::try_from(rest.i32()?).unwrap_or(0);
            take(partition, rest.bytes(len)?)?;
        }
    }
    Ok(())
}

/// Bytes of an answer with one partition in front of its batches, without the length prefix.
pub(crate) const fn answer_head(topic: &str) -> usize {
    8 + 4 + 2 + topic.len() + 4 + 4 + 2 + 16 + 4 + 4
}

struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(len).context("a fetch answer is too short")?;
        self.0 = rest;
        Ok(front)
    }

    fn i32(&mut self) -> Result<i32> {
        let bytes = self.bytes(4)?;
        Ok(i32::from_be_bytes(*bytes.first_chunk().context("four bytes")?))
    }
}

#[cfg(test)]
mod tests;
