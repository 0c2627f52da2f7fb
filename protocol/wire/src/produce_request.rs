//! A borrowed view of a Produce request: guard and decoder in one pass.
//!
//! Each byte of the frame is looked at once, nothing is allocated, records are slices of the frame.
//! It refuses exactly what the guard refuses. The caller drains the partitions before it acts on
//! any of them, so that a malformed request has no effect.

use protocol_types::TopicId;

use crate::cursor::Cursor;
use crate::error::Malformed;
use crate::guard::ELEMENTS_MAX;

/// First version with tagged fields.
const FIRST_FLEXIBLE: i16 = 9;

/// First version that names topics by id (KIP-516).
pub(crate) const FIRST_TOPIC_ID: i16 = 13;

/// A Produce request, version 3 to 13.
#[derive(Clone, Debug)]
pub struct ProduceRequest<'a> {
    pub transactional_id: Option<&'a str>,
    pub acks: i16,
    pub timeout_ms: i32,
    /// Topic entries in the request, those without partitions included.
    pub topics: u32,
    partitions: Partitions<'a>,
}

/// A topic as the request names it, and as its answer does: by id from version 13 on, by name before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProduceTopic<'a> {
    Name(&'a str),
    Id(TopicId),
}

/// The records for one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducePartition<'a> {
    pub topic: ProduceTopic<'a>,
    /// Position of the topic's entry in the request, from 0.
    pub topic_entry: u32,
    /// Partitions in that entry.
    pub partitions_in_entry: u32,
    pub index: i32,
    pub records: Option<&'a [u8]>,
}

impl<'a> ProduceRequest<'a> {
    /// Reads up to the first topic. `version` is one that is served.
    ///
    /// # Errors
    /// The request is malformed; close the connection.
    pub fn parse(version: i16, body: &'a [u8]) -> Result<Self, Malformed> {
        let flexible = version >= FIRST_FLEXIBLE;
        let by_id = version >= FIRST_TOPIC_ID;
        let mut cursor = Cursor::new(body);
        let transactional_id = cursor.nullable_str(flexible, "TransactionalId")?;
        let acks = cursor.i16("Acks")?;
        let timeout_ms = cursor.i32("TimeoutMs")?;

        let mut partitions = Partitions {
            cursor,
            flexible,
            by_id,
            elements: 0,
            topics_left: 0,
            in_topic: None,
            topic_entry: 0,
            state: State::Reading,
        };
        let topic_size_min = match (by_id, flexible) {
            (true, _) => 18,
            (false, true) => 3,
            (false, false) => 6,
        };
        let topics = partitions.array("TopicData", topic_size_min)?;
        partitions.topics_left = topics;
        Ok(Self { transactional_id, acks, timeout_ms, topics, partitions })
    }

    /// The partitions in the order of the request. An error ends the iteration.
    #[must_use]
    pub fn partitions(&self) -> Partitions<'a> {
        self.partitions.clone()
    }
}

/// Iterator over the partitions of a Produce request.
#[derive(Clone, Debug)]
pub struct Partitions<'a> {
    cursor: Cursor<'a>,
    flexible: bool,
    by_id: bool,
    elements: u32,
    topics_left: u32,
    in_topic: Option<InTopic<'a>>,
    topic_entry: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
struct InTopic<'a> {
    topic: ProduceTopic<'a>,
    partitions: u32,
    left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
}

impl<'a> Iterator for Partitions<'a> {
    type Item = Result<ProducePartition<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        let next = self.step().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.state = State::Ended;
        }
        next
    }
}

impl<'a> Partitions<'a> {
    /// Bytes after the request's end, once the iteration has ended without an error.
    #[must_use]
    pub const fn trailing(&self) -> usize {
        self.cursor.remaining()
    }

    fn step(&mut self) -> Result<Option<ProducePartition<'a>>, Malformed> {
        loop {
            match self.in_topic {
                Some(topic) if topic.left > 0 => return self.partition(topic).map(Some),
                Some(_) => {
                    self.tags()?;
                    self.in_topic = None;
                    self.topic_entry += 1;
                }
                None if self.topics_left > 0 => {
                    self.topics_left -= 1;
                    self.in_topic = Some(self.topic()?);
                }
                None => {
                    self.tags()?;
                    return Ok(None);
                }
            }
        }
    }

    fn topic(&mut self) -> Result<InTopic<'a>, Malformed> {
        let topic = if self.by_id {
            ProduceTopic::Id(TopicId(self.cursor.uuid("TopicId")?))
        } else {
            ProduceTopic::Name(self.cursor.str(self.flexible, "Name")?)
        };
        let partitions = self.array("PartitionData", if self.flexible { 6 } else { 8 })?;
        Ok(InTopic { topic, partitions, left: partitions })
    }

    fn partition(&mut self, entry: InTopic<'a>) -> Result<ProducePartition<'a>, Malformed> {
        let index = self.cursor.i32("Index")?;
        let records = self.cursor.nullable_bytes(self.flexible, "Records")?;
        self.tags()?;
        self.in_topic = Some(InTopic { left: entry.left - 1, ..entry });
        Ok(ProducePartition {
            topic: entry.topic,
            topic_entry: self.topic_entry,
            partitions_in_entry: entry.partitions,
            index,
            records,
        })
    }

    /// The count of an array whose elements take at least `size_min` bytes.
    fn array(&mut self, field: &'static str, size_min: u64) -> Result<u32, Malformed> {
        let count =
            self.cursor.count(self.flexible, field)?.ok_or(Malformed::UnexpectedNull { field })?;
        let remaining = self.cursor.remaining();
        if count > remaining as u64 / size_min {
            return Err(Malformed::CountTooLarge { field, count, remaining });
        }
        self.spend(count)
    }

    fn tags(&mut self) -> Result<(), Malformed> {
        if self.flexible {
            let tags = self.cursor.skip_tags("tagged_fields")?;
            self.spend(tags.into())?;
        }
        Ok(())
    }

    /// Adds to the elements seen and returns `more` itself.
    fn spend(&mut self, more: u64) -> Result<u32, Malformed> {
        let too_many = Malformed::TooManyElements { limit: ELEMENTS_MAX };
        let more = u32::try_from(more).map_err(|_| too_many)?;
        match self.elements.checked_add(more) {
            Some(total) if total <= ELEMENTS_MAX => self.elements = total,
            _ => return Err(too_many),
        }
        Ok(more)
    }
}

#[cfg(test)]
mod tests;
