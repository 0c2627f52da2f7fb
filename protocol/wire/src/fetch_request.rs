//! Reading a Fetch request without decoding it: nothing is allocated, names are slices of the frame.
//!
//! The caller sees no part of a request that the guard refuses, so it is walked first and read after
//! that. A plain request, as nearly all are, the reader walks itself: without tagged fields it
//! refuses whatever the guard refuses, at a quarter of the cost; if it has few parts too, one walk is
//! enough. Everything else is the guard's to judge.

use protocol_types::ApiKey;

use crate::cursor::Cursor;
use crate::error::{DecodeError, Malformed};
use crate::guard::{self, ELEMENTS_MAX};
use crate::versions;

/// A Fetch request beside its partitions, in wire terms; versions 4 to 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub isolation_level: i8,
    /// 0 below version 7.
    pub session_id: i32,
    /// −1 below version 7.
    pub session_epoch: i32,
}

/// A part of the request's list of partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchPart<'a> {
    /// The parts that follow are about this topic. Its name is empty from version 13 on, its id
    /// zero before.
    Topic { name: &'a str, id: [u8; 16] },
    /// A partition to read.
    Wanted(WantedPartition),
    /// A partition that leaves the session.
    Forgotten { index: i32 },
}

/// What a client wants of one partition; −1 means "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedPartition {
    pub index: i32,
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    pub last_fetched_epoch: i32,
    pub max_bytes: i32,
}

impl FetchRequest {
    /// Reads the body of a request and hands its partitions to `part`, those to forget last. Bytes
    /// after it are ignored, as in Apache Kafka.
    ///
    /// # Errors
    /// The request is malformed or not served; close the connection.
    pub fn read<'a>(
        version: i16,
        body: &'a [u8],
        part: impl FnMut(FetchPart<'a>),
    ) -> Result<Self, DecodeError> {
        let api = ApiKey::Fetch;
        let served = versions::served(api).filter(|served| served.serves(version));
        let served = served.ok_or(DecodeError::NotServed { api, version })?;
        let flexible = served.is_flexible(version);
        let mut few = Few::default();
        let plain = read_plain(version, flexible, body, |found| few.note(found));
        if let Some(request) = plain.filter(|_| few.are_all()) {
            few.parts().for_each(part);
            return Ok(request);
        }
        if plain.is_none() {
            guard::check(api, version, body)?;
        }
        let mut reader = Reader::new(version, flexible, body, part);
        reader.request().map_err(|source| DecodeError::Malformed { api, version, source })
    }
}

/// Reads a request about which the guard need not be asked: it is whole, has no tagged field and not
/// too many elements. Each element takes bytes, so what the guard says of counts follows.
fn read_plain<'a>(
    version: i16,
    flexible: bool,
    body: &'a [u8],
    part: impl FnMut(FetchPart<'a>),
) -> Option<FetchRequest> {
    let mut reader = Reader::new(version, flexible, body, part);
    let request = reader.request().ok()?;
    reader.tags().ok()?;
    let plain = reader.tagged == 0 && reader.elements <= ELEMENTS_MAX.into();
    plain.then_some(request)
}

/// The first parts of a request, which nobody is shown before all of it is read.
#[derive(Default)]
struct Few<'a> {
    parts: [Option<FetchPart<'a>>; 12],
    seen: usize,
}

impl<'a> Few<'a> {
    fn note(&mut self, part: FetchPart<'a>) {
        if let Some(place) = self.parts.get_mut(self.seen) {
            *place = Some(part);
        }
        self.seen += 1;
    }

    const fn are_all(&self) -> bool {
        self.seen <= self.parts.len()
    }

    fn parts(&self) -> impl Iterator<Item = FetchPart<'a>> {
        self.parts.iter().take(self.seen).flatten().copied()
    }
}

/// Reads a request as far as it is whole.
struct Reader<'a, P> {
    cursor: Cursor<'a>,
    version: i16,
    flexible: bool,
    part: P,
    /// Elements of arrays so far.
    elements: u64,
    /// Tagged fields so far.
    tagged: u64,
}

impl<'a, P: FnMut(FetchPart<'a>)> Reader<'a, P> {
    const fn new(version: i16, flexible: bool, body: &'a [u8], part: P) -> Self {
        Self { cursor: Cursor::new(body), version, flexible, part, elements: 0, tagged: 0 }
    }

    /// All but the tagged fields at the end.
    fn request(&mut self) -> Result<FetchRequest, Malformed> {
        if self.version <= 14 {
            self.cursor.i32("ReplicaId")?;
        }
        let max_wait_ms = self.cursor.i32("MaxWaitMs")?;
        let min_bytes = self.cursor.i32("MinBytes")?;
        let max_bytes = self.cursor.i32("MaxBytes")?;
        let isolation_level = self.cursor.i8("IsolationLevel")?;
        let session_id = self.i32_from(7, "SessionId", 0)?;
        let session_epoch = self.i32_from(7, "SessionEpoch", -1)?;
        self.topics("Topics", Self::wanted)?;
        if self.version >= 7 {
            self.topics("ForgottenTopicsData", Self::forgotten)?;
        }
        if self.version >= 11 {
            self.cursor.str(self.flexible, "RackId")?;
        }
        Ok(FetchRequest {
            max_wait_ms,
            min_bytes,
            max_bytes,
            isolation_level,
            session_id,
            session_epoch,
        })
    }

    /// An array of topics, each with an array of what `partition` reads.
    fn topics(
        &mut self,
        field: &'static str,
        partition: impl Fn(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        for _ in 0..self.count(field)? {
            let (mut name, mut id) = ("", [0; 16]);
            if self.version >= 13 {
                id = self.cursor.uuid("TopicId")?;
            } else {
                name = self.cursor.str(self.flexible, "Topic")?;
            }
            (self.part)(FetchPart::Topic { name, id });
            for _ in 0..self.count("Partitions")? {
                partition(self)?;
            }
            self.tags()?;
        }
        Ok(())
    }

    fn wanted(&mut self) -> Result<(), Malformed> {
        let index = self.cursor.i32("Partition")?;
        let current_leader_epoch = self.i32_from(9, "CurrentLeaderEpoch", -1)?;
        let fetch_offset = self.cursor.i64("FetchOffset")?;
        let last_fetched_epoch = self.i32_from(12, "LastFetchedEpoch", -1)?;
        if self.version >= 5 {
            self.cursor.i64("LogStartOffset")?;
        }
        let max_bytes = self.cursor.i32("PartitionMaxBytes")?;
        self.tags()?;
        (self.part)(FetchPart::Wanted(WantedPartition {
            index,
            current_leader_epoch,
            fetch_offset,
            last_fetched_epoch,
            max_bytes,
        }));
        Ok(())
    }

    fn forgotten(&mut self) -> Result<(), Malformed> {
        let index = self.cursor.i32("Partitions")?;
        (self.part)(FetchPart::Forgotten { index });
        Ok(())
    }

    fn i32_from(&mut self, first: i16, field: &'static str, before: i32) -> Result<i32, Malformed> {
        if self.version >= first { self.cursor.i32(field) } else { Ok(before) }
    }

    fn count(&mut self, field: &'static str) -> Result<u64, Malformed> {
        let count = self.cursor.count(self.flexible, field)?;
        let count = count.ok_or(Malformed::UnexpectedNull { field })?;
        self.elements = self.elements.saturating_add(count);
        Ok(count)
    }

    fn tags(&mut self) -> Result<(), Malformed> {
        if self.flexible {
            self.tagged += u64::from(self.cursor.skip_tags("tagged_fields")?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
