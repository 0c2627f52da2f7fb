//! `topic consume`: reads partitions from a position on, to standard output.

mod format;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use bytes::Bytes;
use clap::Args;
use protocol_records::{DecodedBatch, Record, batches};
use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use protocol_wire::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use protocol_wire::messages::{BrokerId, FetchRequest};

use super::describe::offsets;
use super::position::Position;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, topic_name};
use crate::cli::error::{CliError, Code, known};
use crate::cli::output::Stream;
use crate::cli::progress::{Progress, ProgressArgs};
use format::Template;

#[cfg(test)]
mod tests;

/// A decompressed batch larger than this is refused.
const BATCH_MAX: usize = 256 << 20;
/// How long a broker holds a fetch that has nothing to answer.
const WAIT_MS: i32 = 500;
const FETCH_BYTES: i32 = 8 << 20;
/// ListOffsets' special timestamps.
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;

/// Read records.
#[derive(Debug, Args)]
pub struct Consume {
    topic: String,
    /// Where to begin: start, end, OFFSET, -COUNT (from the end), or @TIME.
    #[arg(long, default_value = "start", allow_hyphen_values = true, value_name = "POSITION")]
    from: Position,
    /// Only these partitions, by comma.
    #[arg(short, long, value_delimiter = ',', value_name = "N")]
    partitions: Vec<i32>,
    /// Stop after so many records.
    #[arg(short = 'n', long, value_name = "N")]
    count: Option<u64>,
    /// Stop at what is the end when the command begins.
    #[arg(short = 'e', long)]
    exit: bool,
    /// Form of a record in -o table: %k key, %v value, %t topic, %p partition, %o offset,
    /// %T time in ms, %d date, %h headers, \n, \t, %%.
    #[arg(short, long, default_value = "%v\\n", value_name = "TEMPLATE")]
    format: Template,
    #[command(flatten)]
    progress: ProgressArgs,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What is read of one partition.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    next: i64,
    /// Reading ends here; `None`: never.
    end: Option<i64>,
}

struct Consumer<'a> {
    command: &'a Consume,
    client: Client,
    topic: MetadataResponseTopic,
    cursors: BTreeMap<i32, Cursor>,
    left: u64,
    /// How many rounds there were.
    rounds: usize,
    progress: Progress,
    out: Stream<io::BufWriter<io::StdoutLock<'static>>>,
}

impl Consume {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let mut topic = client.topic(&self.topic, false)?;
        self.choose(&mut topic)?;
        let cursors = self.cursors(&mut client, &topic)?;
        let stdout = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
        let mut consumer = Consumer {
            command: &self,
            client,
            topic,
            cursors,
            left: self.count.unwrap_or(u64::MAX),
            rounds: 0,
            progress: Progress::begin(&self.progress, io::stdout().is_terminal()),
            out: Stream::new(self.output.output, stdout),
        };
        while consumer.wants_more() {
            consumer.round()?;
            consumer.out.flush()?;
        }
        consumer.out.finish()?;
        consumer.progress.finish();
        Ok(())
    }

    /// Leaves the partitions that were asked for.
    fn choose(&self, topic: &mut MetadataResponseTopic) -> Result<(), CliError> {
        let there: Vec<i32> = topic.partitions.iter().map(|p| p.partition_index).collect();
        if let Some(missing) = self.partitions.iter().find(|wanted| !there.contains(wanted)) {
            let message = format!("topic \"{}\" has no partition {missing}", self.topic);
            return Err(CliError::new(Code::PartitionNotFound, message));
        }
        if !self.partitions.is_empty() {
            topic.partitions.retain(|p| self.partitions.contains(&p.partition_index));
        }
        Ok(())
    }

    fn cursors(
        &self,
        client: &mut Client,
        topic: &MetadataResponseTopic,
    ) -> Result<BTreeMap<i32, Cursor>, CliError> {
        let starts = offsets(client, &self.topic, topic, EARLIEST)?;
        let ends = offsets(client, &self.topic, topic, LATEST)?;
        let times = match self.from {
            Position::Since(time) => offsets(client, &self.topic, topic, time)?,
            Position::Start | Position::End | Position::At(_) | Position::Last(_) => {
                BTreeMap::new()
            }
        };
        Ok(ends
            .iter()
            .map(|(partition, end)| {
                let start = starts.get(partition).copied().unwrap_or_default();
                // No record is that late: begin at the end.
                let since = times.get(partition).copied().filter(|offset| *offset >= 0);
                let next = self.from.resolve(start, *end).or(since).unwrap_or(*end);
                (*partition, Cursor { next, end: self.exit.then_some(*end) })
            })
            .collect())
    }
}

/// What one round asks of each leader. A busy partition may take all that an answer holds, and
/// what stands before others is filled first: so each round begins with another partition.
fn plan(
    partitions: &[MetadataResponsePartition],
    cursors: &BTreeMap<i32, Cursor>,
    round: usize,
) -> BTreeMap<i32, Vec<FetchPartition>> {
    let mut by_leader: BTreeMap<i32, Vec<FetchPartition>> = BTreeMap::new();
    for partition in partitions {
        let index = partition.partition_index;
        let Some(cursor) = cursors.get(&index) else { continue };
        if cursor.end.is_some_and(|end| cursor.next >= end) {
            continue;
        }
        let asked = FetchPartition::default()
            .with_partition(index)
            .with_current_leader_epoch(-1)
            .with_fetch_offset(cursor.next)
            .with_last_fetched_epoch(-1)
            .with_log_start_offset(-1)
            .with_partition_max_bytes(FETCH_BYTES);
        by_leader.entry(partition.leader_id.0).or_default().push(asked);
    }
    for asked in by_leader.values_mut() {
        let first = round.checked_rem(asked.len()).unwrap_or_default();
        asked.rotate_left(first);
    }
    by_leader
}

impl Consumer<'_> {
    fn wants_more(&self) -> bool {
        let open = |cursor: &Cursor| cursor.end.is_none_or(|end| cursor.next < end);
        self.left > 0 && self.cursors.values().any(open)
    }

    /// Fetches once from every leader.
    fn round(&mut self) -> Result<(), CliError> {
        let by_leader = plan(&self.topic.partitions, &self.cursors, self.rounds);
        self.rounds = self.rounds.wrapping_add(1);
        for (leader, partitions) in by_leader {
            self.fetch(leader, partitions)?;
            if self.left == 0 {
                break;
            }
        }
        Ok(())
    }

    fn fetch(&mut self, leader: i32, partitions: Vec<FetchPartition>) -> Result<(), CliError> {
        let topic = FetchTopic::default()
            .with_topic(topic_name(&self.command.topic))
            .with_partitions(partitions);
        let request = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_wait_ms(WAIT_MS)
            .with_min_bytes(1)
            .with_max_bytes(FETCH_BYTES)
            .with_session_epoch(-1)
            .with_topics(vec![topic]);
        // Version 12 is the last that names topics; 4 the first with these batches.
        let answer = self.client.call_broker(leader, ApiKey::Fetch, (4, 12), &request)?;
        if answer.error_code != 0 {
            return Err(CliError::refused("fetch", answer.error_code, None));
        }
        for data in answer.responses.iter().flat_map(|topic| &topic.partitions) {
            let index = data.partition_index;
            let moved = matches!(
                known(data.error_code),
                Some(ErrorCode::NotLeaderOrFollower | ErrorCode::LeaderNotAvailable)
            );
            if moved {
                self.topic = self.client.topic(&self.command.topic, false)?;
                self.command.choose(&mut self.topic)?;
                // The new leader may not know yet that it is one.
                self.client.rest();
                return Ok(());
            }
            if data.error_code != 0 {
                let what = format!("topic \"{}\" [{index}]", self.command.topic);
                return Err(CliError::refused(&what, data.error_code, None));
            }
            let records = data.records.clone().unwrap_or_default();
            self.print(index, &records)?;
        }
        Ok(())
    }

    /// Prints the records from the cursor on, and moves it past them.
    fn print(&mut self, partition: i32, records: &Bytes) -> Result<(), CliError> {
        let Some(mut cursor) = self.cursors.get(&partition).copied() else { return Ok(()) };
        let from = cursor.next;
        let broken = |error: String| {
            CliError::failed(format!("partition {partition} after {from}: {error}"))
        };
        for batch in batches(records) {
            let batch = batch.map_err(|error| broken(error.to_string()))?;
            let next = batch.next_offset().to_wire();
            if !batch.is_control() {
                let decoded = batch.decode(BATCH_MAX).map_err(|error| broken(error.to_string()))?;
                for record in decoded.records() {
                    let record = record.map_err(|error| broken(error.to_string()))?;
                    let offset = decoded.offset_of(&record).to_wire();
                    let past = cursor.end.is_some_and(|end| offset >= end);
                    if offset >= cursor.next && !past && self.left > 0 {
                        self.record(partition, offset, &decoded, &record)?;
                        self.left -= 1;
                    }
                }
            }
            cursor.next = cursor.next.max(next);
        }
        self.cursors.insert(partition, cursor);
        Ok(())
    }

    fn record(
        &mut self,
        partition: i32,
        offset: i64,
        batch: &DecodedBatch<'_>,
        record: &Record<'_>,
    ) -> Result<(), CliError> {
        let shown = format::Shown {
            topic: &self.command.topic,
            partition,
            offset,
            timestamp_ms: batch.timestamp_of(record).0,
            record,
        };
        let len = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        self.out.item(|| shown.to_json(), || self.command.format.render(&shown))?;
        self.progress.add(len);
        Ok(())
    }
}
