//! `topic produce`: one record per line of standard input.
//!
//! Lines that are there already go out together, a lone line at once: a pipe is fast and a
//! terminal is prompt. With acks=all the producer is idempotent, so that a batch can be sent again
//! whenever the broker's refusal may pass: it is stored once.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, IsTerminal};

use clap::{Args, ValueEnum};
use protocol_records::{BatchBuilder, Header, ProducerStamp};
use protocol_types::{ApiKey, Codec, ErrorCode, ProducerEpoch, ProducerId, Sequence, Timestamp};
use protocol_wire::messages::metadata_response::MetadataResponseTopic;
use protocol_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use protocol_wire::messages::{InitProducerIdRequest, ProduceRequest};
use serde_json::json;

use super::key_value;
use super::partitioner::partition_of;
use crate::cli::OutputArgs;
use crate::cli::client::{Client, ConnectArgs, topic_name};
use crate::cli::error::{CliError, Code, known};
use crate::cli::output::{Format, Output, Rows};
use crate::cli::progress::{Progress, ProgressArgs};

/// A batch is sent when its records reach this; the broker's default limit is 1 MiB.
const BATCH_BYTES: usize = 512 << 10;

/// Codec of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Compression {
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

/// Who must have a record before the broker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Acks {
    /// Nobody: the broker does not answer.
    #[value(name = "0")]
    None,
    /// The leader.
    #[value(name = "1")]
    Leader,
    /// All replicas in sync.
    All,
}

/// Append records: one per line of standard input.
#[derive(Debug, Args)]
pub struct Produce {
    topic: String,
    /// Key of every record.
    #[arg(short, long)]
    key: Option<String>,
    /// Take each line's key from before this text.
    #[arg(short = 'K', long, value_name = "TEXT", conflicts_with = "key")]
    key_separator: Option<String>,
    /// A header of every record; may be repeated, also with the same name.
    #[arg(short = 'H', long, value_name = "NAME=VALUE", value_parser = key_value)]
    header: Vec<(String, String)>,
    /// Partition of every record; default: by key, records without key take turns.
    #[arg(short, long, value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// Codec of batches.
    #[arg(short = 'z', long, value_enum, default_value_t = Compression::None)]
    compression: Compression,
    /// Who must have a record before it counts as produced.
    #[arg(long, value_enum, default_value_t = Acks::All)]
    acks: Acks,
    /// An empty line is a record without value (a deletion in a compacted topic).
    #[arg(long)]
    empty_is_null: bool,
    #[command(flatten)]
    progress: ProgressArgs,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Records that wait to be sent to one partition.
struct Pending {
    builder: BatchBuilder,
    bytes: usize,
    records: u64,
}

/// What was produced so far.
struct Producer<'a> {
    command: &'a Produce,
    client: Client,
    topic: MetadataResponseTopic,
    pending: BTreeMap<i32, Pending>,
    /// `None`: not idempotent.
    identity: Option<(ProducerId, ProducerEpoch)>,
    /// The next sequence by partition.
    sequences: BTreeMap<i32, Sequence>,
    /// Turn of records without key: one partition per batch.
    turn: u32,
    /// Records, first and next offset by partition.
    produced: BTreeMap<i32, (u64, Option<i64>)>,
}

impl Produce {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut client = Client::connect(&self.connect)?;
        let topic = client.topic(&self.topic, true)?;
        let identity = if self.acks == Acks::All { identity(&mut client)? } else { None };
        let mut producer = Producer {
            command: &self,
            client,
            topic,
            pending: BTreeMap::new(),
            identity,
            sequences: BTreeMap::new(),
            turn: 0,
            produced: BTreeMap::new(),
        };
        let mut input = BufReader::with_capacity(1 << 20, io::stdin().lock());
        let mut line = Vec::new();
        // Where lines are typed, the terminal is theirs.
        let mut progress = Progress::begin(&self.progress, io::stdin().is_terminal());
        loop {
            line.clear();
            if input.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            producer.take(line.strip_suffix(b"\n").unwrap_or(&line))?;
            progress.add(line.len());
            if !input.buffer().contains(&b'\n') {
                producer.send_all()?;
            }
        }
        producer.send_all()?;
        progress.finish();
        producer.report()
    }

    /// Key and value of a line.
    fn split<'a>(&'a self, line: &'a [u8]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let separator = self.key_separator.as_deref().unwrap_or_default().as_bytes();
        let at = (!separator.is_empty())
            .then(|| line.windows(separator.len()).position(|window| window == separator))
            .flatten();
        let (key, value) = match at.and_then(|at| line.split_at_checked(at)) {
            Some((key, rest)) => (Some(key), rest.get(separator.len()..).unwrap_or_default()),
            None => (self.key.as_deref().map(str::as_bytes), line),
        };
        (key, Some(value).filter(|value| !(self.empty_is_null && value.is_empty())))
    }
}

impl Producer<'_> {
    fn take(&mut self, line: &[u8]) -> Result<(), CliError> {
        let (key, value) = self.command.split(line);
        let partition = self.partition(key)?;
        let headers: Vec<Header<'_>> = self
            .command
            .header
            .iter()
            .map(|(name, value)| Header { key: name.as_bytes(), value: Some(value.as_bytes()) })
            .collect();
        let codec = self.command.codec();
        let pending = self.pending.entry(partition).or_insert_with(|| Pending {
            builder: BatchBuilder::new(codec),
            bytes: 0,
            records: 0,
        });
        pending.builder.push(Timestamp(self.client.now_ms()), key, value, &headers);
        pending.bytes += key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + 64;
        pending.records += 1;
        if pending.bytes >= BATCH_BYTES { self.send(partition) } else { Ok(()) }
    }

    fn partition(&self, key: Option<&[u8]>) -> Result<i32, CliError> {
        let count = u32::try_from(self.topic.partitions.len()).unwrap_or(u32::MAX).max(1);
        let index = match (self.command.partition, key) {
            (Some(partition), _) if partition.unsigned_abs() >= count => {
                let name = &self.command.topic;
                let message = format!("topic \"{name}\" has partitions 0 to {}", count - 1);
                return Err(CliError::new(Code::PartitionNotFound, message));
            }
            (Some(partition), _) => return Ok(partition),
            (None, Some(key)) => partition_of(key, count),
            (None, None) => self.turn % count,
        };
        Ok(index.cast_signed())
    }

    fn send_all(&mut self) -> Result<(), CliError> {
        let partitions: Vec<i32> = self.pending.keys().copied().collect();
        partitions.into_iter().try_for_each(|partition| self.send(partition))
    }

    fn send(&mut self, partition: i32) -> Result<(), CliError> {
        let Some(Pending { builder, records, .. }) = self.pending.remove(&partition) else {
            return Ok(());
        };
        self.turn = self.turn.wrapping_add(1);
        let builder = self.stamp(partition, builder);
        let batch = builder.build().map_err(|error| CliError::failed(error.to_string()))?;
        let data =
            PartitionProduceData::default().with_index(partition).with_records(Some(batch.into()));
        let topic = TopicProduceData::default()
            .with_name(topic_name(&self.command.topic))
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(self.command.acks.to_wire())
            .with_timeout_ms(self.client.timeout_ms())
            .with_topic_data(vec![topic]);
        let offset = self.deliver(partition, &request)?;
        let (count, first) = self.produced.entry(partition).or_insert((0, None));
        *count += records;
        *first = first.or(offset);
        Ok(())
    }

    /// Gives the batch its place in the producer's sequence.
    fn stamp(&mut self, partition: i32, builder: BatchBuilder) -> BatchBuilder {
        let Some((id, epoch)) = self.identity else { return builder };
        let next = self.sequences.entry(partition).or_insert(Sequence(0));
        let base_sequence = *next;
        *next = next.advance(builder.record_count());
        builder.producer(ProducerStamp { id, epoch, base_sequence })
    }

    /// Sends until the broker takes it; the offset it gave.
    fn deliver(
        &mut self,
        partition: i32,
        request: &ProduceRequest,
    ) -> Result<Option<i64>, CliError> {
        const VERSIONS: (i16, i16) = (3, 11);
        let deadline = self.client.deadline();
        loop {
            let leader = self.leader(partition)?;
            if self.command.acks == Acks::None {
                self.client.send_broker(leader, ApiKey::Produce, VERSIONS, request)?;
                return Ok(None);
            }
            let answer = self.client.call_broker(leader, ApiKey::Produce, VERSIONS, request)?;
            let result = answer
                .responses
                .iter()
                .flat_map(|topic| &topic.partition_responses)
                .next()
                .ok_or_else(|| {
                    CliError::failed("the broker left the partition out of its answer")
                })?;
            if result.error_code == 0 {
                return Ok(Some(result.base_offset));
            }
            let what = format!("topic \"{}\" [{partition}]", self.command.topic);
            if !(self.identity.is_some() && may_pass(result.error_code)) {
                let message = result
                    .record_errors
                    .first()
                    .and_then(|record| record.batch_index_error_message.as_deref())
                    .or(result.error_message.as_deref());
                return Err(CliError::refused(&what, result.error_code, message));
            }
            self.client.pause(deadline, &what)?;
            self.topic = self.client.topic(&self.command.topic, false)?;
        }
    }

    fn leader(&self, partition: i32) -> Result<i32, CliError> {
        let found = self.topic.partitions.iter().find(|p| p.partition_index == partition);
        let leader = found.map(|partition| partition.leader_id.0);
        leader.ok_or_else(|| CliError::failed(format!("partition {partition} has no leader")))
    }

    fn report(self) -> Result<(), CliError> {
        let total: u64 = self.produced.values().map(|(records, _)| records).sum();
        if self.command.output.output == Format::Table {
            Output::remark(&format!("{total} records produced to {}", self.command.topic));
            return Ok(());
        }
        let rows = self
            .produced
            .iter()
            .map(|(partition, (records, first))| {
                json!({
                    "topic": self.command.topic,
                    "partition": partition,
                    "records": records,
                    "first_offset": first,
                })
            })
            .collect();
        Output::new(self.command.output.output).rows(&Rows { columns: &[], rows })
    }
}

impl Produce {
    const fn codec(&self) -> Codec {
        match self.compression {
            Compression::None => Codec::None,
            Compression::Gzip => Codec::Gzip,
            Compression::Snappy => Codec::Snappy,
            Compression::Lz4 => Codec::Lz4,
            Compression::Zstd => Codec::Zstd,
        }
    }
}

impl Acks {
    const fn to_wire(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// Asks for a producer id; `None` where the broker has no idempotent producers.
fn identity(client: &mut Client) -> Result<Option<(ProducerId, ProducerEpoch)>, CliError> {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_transaction_timeout_ms(i32::MAX);
    if !client.serves(ApiKey::InitProducerId) {
        return Ok(None);
    }
    let answer = client.call(ApiKey::InitProducerId, (0, 4), &request)?;
    match ProducerId::from_wire(answer.producer_id.0) {
        Some(id) if answer.error_code == 0 => Ok(Some((id, ProducerEpoch(answer.producer_epoch)))),
        _ => Err(CliError::refused("producer id", answer.error_code, None)),
    }
}

/// Refusals that may pass; an idempotent producer sends again without storing twice.
fn may_pass(code: i16) -> bool {
    matches!(
        known(code),
        Some(
            ErrorCode::UnknownTopicOrPartition
                | ErrorCode::LeaderNotAvailable
                | ErrorCode::NotLeaderOrFollower
                | ErrorCode::RequestTimedOut
                | ErrorCode::NotEnoughReplicas
                | ErrorCode::NotEnoughReplicasAfterAppend
                | ErrorCode::KafkaStorageError
                | ErrorCode::ThrottlingQuotaExceeded
        )
    )
}
