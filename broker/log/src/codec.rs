//! Numbers in and out of the byte layouts of this crate, and the parts that several layouts share.
//!
//! Everything is little-endian. Reading yields `None` at the end of the bytes or for a value that
//! cannot be; counts are never trusted for an allocation. Knows no files.

use crc_fast::CrcAlgorithm;
use protocol_types::{
    LeaderEpoch, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicId,
    TopicPartition,
};

use crate::producers::CACHED_BATCHES;
use crate::{CachedBatch, EpochStart, FileId, PageRef, ProducerSnapshot, SegmentRef};

#[cfg(test)]
mod tests;

/// CRC-64/NVME of `bytes`, the checksum of every structure that is not a batch.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes)
}

/// [`checksum`] of bytes that come in pieces.
pub(crate) struct Checksum(crc_fast::Digest);

impl Checksum {
    pub(crate) fn new() -> Self {
        Self(crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> u64 {
        self.0.finalize()
    }
}

/// Takes numbers from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder<'a>(pub(crate) &'a [u8]);

impl<'a> Decoder<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn slice(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn offset(&mut self) -> Option<Offset> {
        self.u64().map(Offset).filter(|&offset| offset <= Offset::MAX)
    }

    pub(crate) fn timestamp(&mut self) -> Option<Timestamp> {
        self.i64().map(Timestamp)
    }

    pub(crate) fn partition(&mut self) -> Option<TopicPartition> {
        let topic = TopicId(self.array()?);
        Some(TopicPartition { topic, partition: PartitionIndex(self.u32()?) })
    }

    pub(crate) fn epoch(&mut self) -> Option<EpochStart> {
        Some(EpochStart { epoch: LeaderEpoch(self.u32()?), start: self.offset()? })
    }

    pub(crate) fn producer(&mut self) -> Option<ProducerSnapshot> {
        let id = ProducerId(self.u64()?);
        let epoch = ProducerEpoch(i16::from_le_bytes(self.array()?));
        let count = usize::from(self.u16()?);
        let last_used = self.timestamp()?;
        if count > CACHED_BATCHES {
            return None;
        }
        let batches = (0..count).map(|_| self.cached_batch()).collect::<Option<_>>()?;
        Some(ProducerSnapshot { id, epoch, last_used, batches })
    }

    fn cached_batch(&mut self) -> Option<CachedBatch> {
        Some(CachedBatch {
            base_offset: self.offset()?,
            max_timestamp: self.timestamp()?,
            first_sequence: Sequence(i32::from_le_bytes(self.array()?)),
            last_delta: self.u32()?,
        })
    }

    pub(crate) fn segment(&mut self) -> Option<SegmentRef> {
        Some(SegmentRef {
            file: FileId(self.u64()?),
            at: self.u64()?,
            len: self.u64()?,
            base: self.offset()?,
            end: self.offset()?,
            max_timestamp: self.timestamp()?,
            sealed_at: self.timestamp()?,
            index: self.u32()?,
        })
    }

    pub(crate) fn page(&mut self) -> Option<PageRef> {
        Some(PageRef {
            file: self.u64()?,
            at: self.u64()?,
            checksum: self.u64()?,
            base: self.offset()?,
            end: self.offset()?,
            bytes: self.u64()?,
            max_timestamp: self.timestamp()?,
            newest: self.timestamp()?,
            count: self.u32()?,
        })
    }

    /// A count and that many items. Each item takes at least one byte, so that a wild count ends
    /// with the bytes.
    pub(crate) fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u32()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Some(items)
    }

    /// A whole section that is one list.
    pub(crate) fn only_list<T>(mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.list(item).filter(|_| self.0.is_empty())
    }
}

/// Adds numbers to the end of a buffer.
pub(crate) trait Encode {
    fn put(&mut self, bytes: &[u8]);

    fn put_u16(&mut self, n: u16) {
        self.put(&n.to_le_bytes());
    }

    fn put_u32(&mut self, n: u32) {
        self.put(&n.to_le_bytes());
    }

    fn put_u64(&mut self, n: u64) {
        self.put(&n.to_le_bytes());
    }

    fn put_offset(&mut self, offset: Offset) {
        self.put_u64(offset.0);
    }

    fn put_timestamp(&mut self, timestamp: Timestamp) {
        self.put(&timestamp.0.to_le_bytes());
    }

    fn put_partition(&mut self, partition: TopicPartition) {
        self.put(&partition.topic.0);
        self.put_u32(partition.partition.0);
    }

    fn put_epoch(&mut self, epoch: &EpochStart) {
        self.put_u32(epoch.epoch.0);
        self.put_offset(epoch.start);
    }

    fn put_producer(&mut self, producer: &ProducerSnapshot) {
        assert!(producer.batches.len() <= CACHED_BATCHES, "a producer has five batches at most");
        self.put_u64(producer.id.0);
        self.put(&producer.epoch.0.to_le_bytes());
        self.put_u16(u16::try_from(producer.batches.len()).unwrap_or(0));
        self.put_timestamp(producer.last_used);
        for batch in &producer.batches {
            self.put_offset(batch.base_offset);
            self.put_timestamp(batch.max_timestamp);
            self.put(&batch.first_sequence.0.to_le_bytes());
            self.put_u32(batch.last_delta);
        }
    }

    fn put_segment(&mut self, segment: &SegmentRef) {
        self.put_u64(segment.file.0);
        self.put_u64(segment.at);
        self.put_u64(segment.len);
        self.put_offset(segment.base);
        self.put_offset(segment.end);
        self.put_timestamp(segment.max_timestamp);
        self.put_timestamp(segment.sealed_at);
        self.put_u32(segment.index);
    }

    fn put_page(&mut self, page: &PageRef) {
        self.put_u64(page.file);
        self.put_u64(page.at);
        self.put_u64(page.checksum);
        self.put_offset(page.base);
        self.put_offset(page.end);
        self.put_u64(page.bytes);
        self.put_timestamp(page.max_timestamp);
        self.put_timestamp(page.newest);
        self.put_u32(page.count);
    }

    /// A count and the items.
    fn put_list<T>(&mut self, items: &[T], mut put: impl FnMut(&mut Self, &T)) {
        let count = u32::try_from(items.len());
        assert!(count.is_ok(), "lists have fewer than 2^32 items");
        self.put_u32(count.unwrap_or(0));
        items.iter().for_each(|item| put(self, item));
    }
}

impl Encode for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
