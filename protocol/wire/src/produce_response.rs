//! The Produce answer, encoded straight into the connection's buffer.
//!
//! Versions 3 to 13, byte for byte what Kafka's message definition says. Nothing is allocated.
//! Counts are announced first and checked at the end.

use bytes::{BufMut, BytesMut};
use protocol_types::ApiKey;

use crate::error::EncodeError;
use crate::produce_request::{FIRST_TOPIC_ID, ProduceTopic};
use crate::versions;
use crate::writer::{begin_frame, check_count, finish_frame, put_count, put_no_tags, put_string};

/// Why one record made its batch be refused (KIP-467).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordError<'a> {
    /// Position of the record in the batch.
    pub batch_index: i32,
    pub message: Option<&'a str>,
}

/// The outcome for one partition, in wire terms: −1 means "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionOutcome<'a> {
    pub index: i32,
    pub error_code: i16,
    pub base_offset: i64,
    /// −1 unless the topic stamps records with the broker's clock.
    pub log_append_time_ms: i64,
    pub log_start_offset: i64,
    pub record_errors: &'a [RecordError<'a>],
    pub error_message: Option<&'a str>,
}

/// A Produce answer under construction.
#[derive(Debug)]
pub struct ProduceResponse<'b> {
    out: &'b mut BytesMut,
    start: usize,
    version: i16,
    flexible: bool,
    topics: Progress,
    partitions: Progress,
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    announced: usize,
    written: usize,
}

impl Progress {
    const fn of(announced: usize) -> Self {
        Self { announced, written: 0 }
    }
}

impl<'b> ProduceResponse<'b> {
    /// Starts a response frame with `topics` topic entries.
    ///
    /// # Errors
    /// The version is not served.
    pub fn begin(
        out: &'b mut BytesMut,
        version: i16,
        correlation_id: i32,
        topics: usize,
    ) -> Result<Self, EncodeError> {
        let api = ApiKey::Produce;
        let served = versions::served(api)
            .filter(|served| served.serves(version))
            .ok_or(EncodeError::NotServed { api, version })?;
        let flexible = served.is_flexible(version);
        let start = begin_frame(out, correlation_id, served.response_header_version(version));
        put_count(out, flexible, Some(topics as u64))?;
        let topics = Progress::of(topics);
        Ok(Self { out, start, version, flexible, topics, partitions: Progress::of(0) })
    }

    /// Starts the next topic entry, with `partitions` partitions.
    ///
    /// # Errors
    /// The topic before is not complete, the name is too long, or the version names topics in the
    /// other way.
    pub fn topic(&mut self, topic: ProduceTopic<'_>, partitions: usize) -> Result<(), EncodeError> {
        self.end_topic()?;
        self.topics.written += 1;
        self.partitions = Progress::of(partitions);
        match topic {
            ProduceTopic::Name(name) if self.version < FIRST_TOPIC_ID => {
                put_string(self.out, self.flexible, Some(name))?;
            }
            ProduceTopic::Id(id) if self.version >= FIRST_TOPIC_ID => self.out.put_slice(&id.0),
            ProduceTopic::Name(_) | ProduceTopic::Id(_) => return Err(self.misnamed(topic)),
        }
        put_count(self.out, self.flexible, Some(partitions as u64))
    }

    /// Writes the next partition of the topic.
    ///
    /// # Errors
    /// A message is too long for the protocol.
    pub fn partition(&mut self, outcome: &PartitionOutcome<'_>) -> Result<(), EncodeError> {
        self.partitions.written += 1;
        // The fixed fields as one piece: the buffer is asked for room once, not five times a batch.
        let mut fixed = [0; 30];
        let mut rest = fixed.as_mut_slice();
        rest.put_i32(outcome.index);
        rest.put_i16(outcome.error_code);
        rest.put_i64(outcome.base_offset);
        rest.put_i64(outcome.log_append_time_ms);
        rest.put_i64(outcome.log_start_offset);
        let has_log_start = self.version >= 5;
        self.out.put_slice(if has_log_start { &fixed } else { fixed.split_at(22).0 });
        if outcome.record_errors.is_empty() && outcome.error_message.is_none() && self.flexible {
            // No records, no message, no tags.
            self.out.put_slice(&[1, 0, 0]);
            return Ok(());
        }
        if self.version >= 8 {
            self.record_errors(outcome.record_errors)?;
            put_string(self.out, self.flexible, outcome.error_message)?;
        }
        self.end_structure();
        Ok(())
    }

    /// Ends the frame; returns its length with prefix.
    ///
    /// # Errors
    /// Other counts were announced than written.
    pub fn finish(mut self, throttle_time_ms: i32) -> Result<u64, EncodeError> {
        self.end_topic()?;
        check_count("topics", self.topics.announced, self.topics.written)?;
        self.out.put_i32(throttle_time_ms);
        self.end_structure();
        finish_frame(self.out, self.start, 0)
    }

    #[cold]
    fn misnamed(&self, topic: ProduceTopic<'_>) -> EncodeError {
        let (api, version) = (ApiKey::Produce, self.version);
        EncodeError::Message { api, version, reason: format!("it does not carry {topic:?}") }
    }

    fn record_errors(&mut self, errors: &[RecordError<'_>]) -> Result<(), EncodeError> {
        put_count(self.out, self.flexible, Some(errors.len() as u64))?;
        for error in errors {
            self.out.put_i32(error.batch_index);
            put_string(self.out, self.flexible, error.message)?;
            self.end_structure();
        }
        Ok(())
    }

    fn end_topic(&mut self) -> Result<(), EncodeError> {
        check_count("partitions", self.partitions.announced, self.partitions.written)?;
        if self.topics.written > 0 {
            self.end_structure();
        }
        Ok(())
    }

    fn end_structure(&mut self) {
        if self.flexible {
            put_no_tags(self.out);
        }
    }
}

#[cfg(test)]
mod tests;
