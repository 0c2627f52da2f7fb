//! The Fetch answer: owned bytes with slots where record bytes go.
//!
//! Versions 4 to 18. The encoder never touches records: a slot has a known length, its bytes are
//! supplied by the caller when it writes to the socket, from ring memory or from a file. Small
//! batches may be copied in. Records are never null: librdkafka takes −1 for a broken answer.

use std::ops::Range;

use bytes::{BufMut, BytesMut};
use protocol_types::ApiKey;

use crate::error::EncodeError;
use crate::versions;
use crate::writer::{
    begin_frame, check_count, finish_frame, put_count, put_gathered, put_no_tags, put_string,
    put_unsigned_varint, slot_len,
};

/// First version that names topics by id.
const FIRST_TOPIC_ID: i16 = 13;

/// An aborted transaction in the fetched range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    pub producer_id: i64,
    pub first_offset: i64,
}

/// Where a follower's or consumer's epoch and ours part (version 12 and above).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivergingEpoch {
    pub epoch: i32,
    pub end_offset: i64,
}

/// One partition of the answer, in wire terms: −1 means "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPartition<'a> {
    pub index: i32,
    pub error_code: i16,
    pub high_watermark: i64,
    pub last_stable_offset: i64,
    pub log_start_offset: i64,
    pub diverging_epoch: Option<DivergingEpoch>,
    /// `None`, null on the wire, for read_uncommitted.
    pub aborted_transactions: Option<&'a [AbortedTransaction]>,
    pub preferred_read_replica: i32,
}

/// Where a partition's records come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records<'a> {
    Empty,
    /// Copied into the answer.
    Copied(&'a [u8]),
    /// Copied into the answer one after the other.
    Joined(&'a [&'a [u8]]),
    /// So many bytes, supplied by the caller.
    Slot(u32),
}

impl Records<'_> {
    fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Copied(bytes) => bytes.len() as u64,
            Self::Joined(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Self::Slot(len) => u64::from(*len),
        }
    }
}

/// A piece of the answer, in the order of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Bytes of [`FetchResponse::head`].
    Head(Range<usize>),
    /// `len` bytes of the records of slot `index`: slots are numbered from 0 in the order in which
    /// partitions with [`Records::Slot`] were written.
    Records { index: usize, len: usize },
}

/// A finished Fetch answer.
#[derive(Debug)]
pub struct FetchResponse {
    pub head: BytesMut,
    pub segments: Vec<Segment>,
    /// Bytes of the whole frame, prefix and slots included.
    pub total_len: u64,
}

/// What a Fetch answer says beside its partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchHead {
    pub version: i16,
    pub correlation_id: i32,
    pub throttle_time_ms: i32,
    /// Carried from version 7 on.
    pub error_code: i16,
    /// Carried from version 7 on; 0 is "no session".
    pub session_id: i32,
    pub topics: usize,
}

/// A Fetch answer under construction.
#[derive(Debug)]
pub struct FetchEncoder {
    head: BytesMut,
    segments: Vec<Segment>,
    /// End of the bytes of `head` that segments cover.
    covered: usize,
    slots: usize,
    slot_bytes: u64,
    version: i16,
    flexible: bool,
    topics: (usize, usize),
    partitions: (usize, usize),
}

impl FetchEncoder {
    /// Starts an answer in `head` and `segments`, which are cleared and may be reused.
    ///
    /// # Errors
    /// The version is not served.
    pub fn begin(
        mut head: BytesMut,
        mut segments: Vec<Segment>,
        facts: &FetchHead,
    ) -> Result<Self, EncodeError> {
        let (api, version) = (ApiKey::Fetch, facts.version);
        let served = versions::served(api)
            .filter(|served| served.serves(version))
            .ok_or(EncodeError::NotServed { api, version })?;
        let flexible = served.is_flexible(version);
        head.clear();
        segments.clear();
        begin_frame(&mut head, facts.correlation_id, served.response_header_version(version));
        put_gathered::<16>(&mut head, |out| {
            out.put_i32(facts.throttle_time_ms);
            if version >= 7 {
                out.put_i16(facts.error_code);
                out.put_i32(facts.session_id);
            }
            put_count(out, flexible, Some(facts.topics as u64))
        })?;
        Ok(Self {
            head,
            segments,
            covered: 0,
            slots: 0,
            slot_bytes: 0,
            version,
            flexible,
            topics: (facts.topics, 0),
            partitions: (0, 0),
        })
    }

    /// Starts the next topic; the version decides whether its name or its id is written.
    ///
    /// # Errors
    /// The topic before is not complete, or the name is too long.
    pub fn topic(
        &mut self,
        name: &str,
        id: [u8; 16],
        partitions: usize,
    ) -> Result<(), EncodeError> {
        self.end_topic()?;
        self.topics.1 += 1;
        self.partitions = (partitions, 0);
        if self.version >= FIRST_TOPIC_ID {
            self.head.put_slice(&id);
        } else {
            put_string(&mut self.head, self.flexible, Some(name))?;
        }
        put_count(&mut self.head, self.flexible, Some(partitions as u64))
    }

    /// Writes the next partition of the topic.
    ///
    /// # Errors
    /// More bytes than a frame can hold.
    pub fn partition(
        &mut self,
        partition: &FetchPartition<'_>,
        records: Records<'_>,
    ) -> Result<(), EncodeError> {
        self.partitions.1 += 1;
        let (version, flexible) = (self.version, self.flexible);
        let aborted = partition.aborted_transactions;
        put_gathered::<36>(&mut self.head, |out| {
            out.put_i32(partition.index);
            out.put_i16(partition.error_code);
            out.put_i64(partition.high_watermark);
            out.put_i64(partition.last_stable_offset);
            if version >= 5 {
                out.put_i64(partition.log_start_offset);
            }
            put_count(out, flexible, aborted.map(|list| list.len() as u64))
        })?;
        self.aborted(aborted.unwrap_or_default());
        put_gathered::<12>(&mut self.head, |out| {
            if version >= 11 {
                out.put_i32(partition.preferred_read_replica);
            }
            put_count(out, flexible, Some(records.len()))
        })?;
        self.records(records);
        self.partition_tags(partition.diverging_epoch);
        Ok(())
    }

    /// Ends the frame.
    ///
    /// # Errors
    /// Other counts were announced than written, or the frame is larger than 2 GiB.
    pub fn finish(mut self) -> Result<FetchResponse, EncodeError> {
        self.end_topic()?;
        check_count("topics", self.topics.0, self.topics.1)?;
        if self.flexible {
            put_no_tags(&mut self.head);
        }
        self.cover_head();
        let total_len = finish_frame(&mut self.head, 0, self.slot_bytes)?;
        Ok(FetchResponse { head: self.head, segments: self.segments, total_len })
    }

    fn aborted(&mut self, aborted: &[AbortedTransaction]) {
        for transaction in aborted {
            self.head.put_i64(transaction.producer_id);
            self.head.put_i64(transaction.first_offset);
            if self.flexible {
                put_no_tags(&mut self.head);
            }
        }
    }

    fn records(&mut self, records: Records<'_>) {
        match records {
            Records::Empty => {}
            Records::Copied(bytes) => self.head.put_slice(bytes),
            Records::Joined(pieces) => pieces.iter().for_each(|piece| self.head.put_slice(piece)),
            Records::Slot(len) => self.slot(len),
        }
    }

    fn slot(&mut self, len: u32) {
        self.cover_head();
        self.segments.push(Segment::Records { index: self.slots, len: slot_len(len) });
        self.slots += 1;
        self.slot_bytes += u64::from(len);
    }

    /// Makes a segment of the head's bytes since the last slot.
    fn cover_head(&mut self) {
        if self.covered < self.head.len() {
            self.segments.push(Segment::Head(self.covered..self.head.len()));
            self.covered = self.head.len();
        }
    }

    fn partition_tags(&mut self, diverging: Option<DivergingEpoch>) {
        if !self.flexible {
            return;
        }
        match diverging {
            None => put_no_tags(&mut self.head),
            Some(DivergingEpoch { epoch, end_offset }) => {
                // One tagged field: tag 0, 13 bytes: epoch, end offset, no tags inside.
                put_unsigned_varint(&mut self.head, 1);
                put_unsigned_varint(&mut self.head, 0);
                put_unsigned_varint(&mut self.head, 13);
                self.head.put_i32(epoch);
                self.head.put_i64(end_offset);
                put_no_tags(&mut self.head);
            }
        }
    }

    fn end_topic(&mut self) -> Result<(), EncodeError> {
        check_count("partitions", self.partitions.0, self.partitions.1)?;
        if self.flexible && self.topics.1 > 0 {
            put_no_tags(&mut self.head);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
