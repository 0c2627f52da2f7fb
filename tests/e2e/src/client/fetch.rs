//! Fetch: one partition in each request, without a session.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use protocol_wire::messages::{BrokerId, FetchRequest, FetchResponse};

use super::Client;
use super::admin::topic_name;

/// The highest version that names topics.
const VERSION: i16 = 12;

/// What to fetch.
#[derive(Clone, Debug)]
pub struct FetchFrom<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    /// Of the answer and of the partition.
    pub max_bytes: i32,
    /// The answer waits for so many bytes,
    pub min_bytes: i32,
    /// but not longer than this.
    pub max_wait_ms: i32,
}

impl<'a> FetchFrom<'a> {
    /// What is there now, up to 1 MiB.
    #[must_use]
    pub fn new(topic: &'a str, partition: i32, offset: i64) -> Self {
        Self { topic, partition, offset, max_bytes: 1 << 20, min_bytes: 0, max_wait_ms: 0 }
    }
}

/// The answer for the one partition.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub error: i16,
    pub high_watermark: i64,
    pub log_start: i64,
    /// Whole batches, but for the last, which may be cut off.
    pub records: Bytes,
}

impl Client {
    pub fn fetch(&mut self, from: &FetchFrom<'_>) -> Result<Fetched> {
        let correlation_id = self.send_fetch(from)?;
        self.receive_fetched(correlation_id)
    }

    pub fn send_fetch(&mut self, from: &FetchFrom<'_>) -> Result<i32> {
        let partition = FetchPartition::default()
            .with_partition(from.partition)
            .with_current_leader_epoch(-1)
            .with_fetch_offset(from.offset)
            .with_last_fetched_epoch(-1)
            .with_log_start_offset(-1)
            .with_partition_max_bytes(from.max_bytes);
        let topic = FetchTopic::default()
            .with_topic(topic_name(from.topic))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_wait_ms(from.max_wait_ms)
            .with_min_bytes(from.min_bytes)
            .with_max_bytes(from.max_bytes)
            .with_session_epoch(-1)
            .with_topics(vec![topic]);
        self.send(VERSION, &request)
    }

    /// Waits for the answer to [`Self::send_fetch`], which is the next to come.
    pub fn receive_fetched(&mut self, correlation_id: i32) -> Result<Fetched> {
        let answer: FetchResponse = self.receive::<FetchRequest>(VERSION, correlation_id)?;
        ensure!(answer.error_code == 0, "fetch refused: error {}", answer.error_code);
        let topic = answer.responses.first().context("no topic in the answer")?;
        let partition = topic.partitions.first().context("no partition in the answer")?;
        Ok(Fetched {
            error: partition.error_code,
            high_watermark: partition.high_watermark,
            log_start: partition.log_start_offset,
            records: partition.records.clone().unwrap_or_default(),
        })
    }

    /// Reads a partition from `start` to `end` and hands each answer's batches to `each`, which
    /// returns the offset to go on with. Any refusal is an error.
    pub fn read(
        &mut self,
        topic: &str,
        partition: i32,
        start: i64,
        end: i64,
        mut each: impl FnMut(&[u8]) -> Result<i64>,
    ) -> Result<()> {
        let mut offset = start;
        while offset < end {
            let fetched = self.fetch(&FetchFrom::new(topic, partition, offset))?;
            ensure!(fetched.error == 0, "fetch at {offset}: error {}", fetched.error);
            let next = each(&fetched.records)?;
            if next <= offset {
                bail!("no progress at offset {offset} of {topic}-{partition}, end {end}");
            }
            offset = next;
        }
        Ok(())
    }
}
