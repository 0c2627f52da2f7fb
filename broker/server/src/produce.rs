//! Produce: batches from a socket read to the ring in one append.
//!
//! Each request is checked and each batch validated where it lies in the read, without a lock.
//! Then all batches of the read are appended by one call, and the answers are encoded in the order
//! of the requests. They leave once their watermarks are reached; with acks=0 there is none, and
//! an error closes the connection (trap 13).

mod answer;
mod refusal;
mod rules;
mod topic;

use std::{rc::Rc, sync::Arc, vec::Drain};

use broker_partitions::{AppendRefusal, Appended, Produce};
use bytes::BytesMut;
use protocol_records::{BatchView, validate};
use protocol_types::{ApiKey, ErrorCode, Instant, Timestamp};
use protocol_wire::{
    produce_request::{ProducePartition, ProduceRequest},
    request_header::RequestHeader,
};

use self::refusal::{Refusal, invalid_batch};
use crate::{
    connection::{
        Close, Pending, Work,
        pending::{Asked, Unanswered},
    },
    metrics::Limit,
    pacing,
    quotas::{Charged, Throttle},
    security::{Operation, Session},
    shard::{Shard, acks::Acks, topics::CachedTopic},
};

/// The produce requests of one socket read.
pub(crate) struct ProduceRun<'a> {
    shard: Rc<Shard>,
    session: Arc<Session>,
    since: Instant,
    /// The wall clock, read when the first batch needs it.
    wall: Option<Timestamp>,
    requests: Vec<Request>,
    /// All partitions of the requests, in their order.
    outcomes: Vec<(ProducePartition<'a>, Outcome)>,
    batches: Vec<Batch<'a>>,
    /// Of the batches; empty but for its memory between appends.
    results: Vec<AppendResult>,
    unanswered: Unanswered,
    /// Bytes that batches were unpacked to.
    unpacked: usize,
    /// How long the connection is to be held back.
    throttle: Throttle,
    /// The quotas of the client, and since when its time counts.
    charged: Option<(Arc<Charged>, Instant)>,
}

type AppendResult = Result<Appended, AppendRefusal>;

/// One request.
struct Request {
    acks: i16,
    version: i16,
    correlation_id: i32,
    bytes: u64,
    /// Topic entries that name a partition.
    entries: usize,
    /// Partitions it names.
    partitions: usize,
}

/// What became of the records for one partition.
enum Outcome {
    /// They are the run's next batch.
    Batch,
    Refused(Box<Refusal>),
}

/// What became of partitions whose answers are still to be encoded.
struct Fates<'r, 'a> {
    outcomes: Drain<'r, (ProducePartition<'a>, Outcome)>,
    results: Drain<'r, AppendResult>,
}

/// A validated batch and where it goes.
struct Batch<'a> {
    topic: Rc<CachedTopic>,
    index: i32,
    view: BatchView<'a>,
}

impl<'a> ProduceRun<'a> {
    pub(crate) fn new(shard: &Rc<Shard>, session: &Arc<Session>, since: Instant) -> Self {
        Self {
            shard: Rc::clone(shard),
            session: Arc::clone(session),
            since,
            wall: None,
            requests: Vec::new(),
            outcomes: Vec::new(),
            batches: Vec::new(),
            results: Vec::new(),
            unanswered: Unanswered::default(),
            unpacked: 0,
            throttle: Throttle::default(),
            charged: None,
        }
    }

    /// How long the connection is to take nothing in after these answers: told to the client and
    /// done, as KIP-219 has it.
    pub(crate) const fn throttle(&self) -> Throttle {
        self.throttle
    }

    /// What is added from now on is under these quotas.
    pub(crate) fn charge(&mut self, charged: &Arc<Charged>) {
        let is_same = |(known, _): &(Arc<Charged>, Instant)| Arc::ptr_eq(known, charged);
        if !self.charged.as_ref().is_some_and(is_same) {
            self.charged = Some((Arc::clone(charged), self.shard.broker.clock.now()));
        }
    }

    /// Requests added and not finished.
    pub(crate) const fn unanswered(&self) -> Unanswered {
        self.unanswered
    }

    /// Bytes that the batches added so far were unpacked to, to look at their records.
    pub(crate) const fn unpacked(&self) -> usize {
        self.unpacked
    }

    /// Checks a request and validates its batches; nothing is appended yet.
    pub(crate) fn add(
        &mut self,
        header: &RequestHeader<'_>,
        operation: Option<Operation>,
        body: &'a [u8],
        bytes: usize,
    ) -> Result<(), Close> {
        let view = ProduceRequest::parse(header.version, body)?;
        if self.requests.is_empty() {
            self.shard.topics.borrow_mut().refresh(&self.shard.broker);
        }
        let (batches, outcomes) = (self.batches.len(), self.outcomes.len());
        let (mut entries, mut last) = (0, None);
        let mut room = rules::unpacked_max(bytes);
        for partition in view.partitions() {
            // A malformed rest closes the connection before anything of the request is appended.
            let partition = partition.inspect_err(|_| {
                self.batches.truncate(batches);
                self.outcomes.truncate(outcomes);
            })?;
            entries +=
                usize::from(last.replace(partition.topic_entry) != Some(partition.topic_entry));
            let outcome =
                match self.check(header.version, operation, view.acks, partition, &mut room) {
                    Ok(batch) => {
                        self.batches.push(batch);
                        Outcome::Batch
                    }
                    Err(refusal) => Outcome::Refused(Box::new(refusal)),
                };
            self.outcomes.push((partition, outcome));
        }
        let bytes = bytes as u64;
        self.unanswered.requests += 1;
        self.unanswered.bytes += bytes;
        let (version, correlation_id) = (header.version, header.correlation_id);
        let (acks, partitions) = (view.acks, self.outcomes.len() - outcomes);
        self.requests.push(Request { acks, version, correlation_id, bytes, entries, partitions });
        Ok(())
    }

    fn check(
        &mut self,
        version: i16,
        operation: Option<Operation>,
        acks: i16,
        partition: ProducePartition<'a>,
        room: &mut usize,
    ) -> Result<Batch<'a>, Refusal> {
        if !matches!(acks, -1..=1) {
            return Err(ErrorCode::InvalidRequiredAcks.into());
        }
        let topic = self.topic(operation, partition.topic)?;
        let Some(found) = topic.partition(partition.index) else {
            return Err(ErrorCode::UnknownTopicOrPartition.into());
        };
        let records = partition.records.unwrap_or_default();
        if records.is_empty() {
            return Err(Refusal {
                message: Some("a partition's records must be exactly one batch".into()),
                ..ErrorCode::InvalidRecord.into()
            });
        }
        let now = *self.wall.get_or_insert_with(|| self.shard.broker.clock.wall());
        let mut rules = rules::of(&topic.config, version, now);
        rules.decompressed_bytes_max = rules.decompressed_bytes_max.min(*room);
        let mut unpacked = 0;
        let view = validate(records, &rules, &mut unpacked);
        *room = room.saturating_sub(unpacked);
        self.unpacked += unpacked;
        let view = view.map_err(|invalid| {
            let log_start = self.shard.broker.partitions.marks(found).log_start;
            invalid_batch(invalid, &topic.name, partition.index).beside(log_start)
        })?;
        Ok(Batch { topic, index: partition.index, view })
    }

    /// Appends every batch added so far and queues the answers. The run is empty afterwards.
    pub(crate) fn finish(
        &mut self,
        pending: &mut Pending<Acks, Work>,
        encoded: &mut BytesMut,
    ) -> Result<(), Close> {
        if self.requests.is_empty() {
            return Ok(());
        }
        self.append();
        self.settle();
        // Taken out for as long as they are read, and put back for their memory.
        let mut requests = std::mem::take(&mut self.requests);
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let mut results = std::mem::take(&mut self.results);
        let mut fates = Fates { outcomes: outcomes.drain(..), results: results.drain(..) };
        for request in requests.drain(..) {
            let before = encoded.len();
            let (acks, failed) = self.encode(&request, &mut fates, encoded)?;
            if request.acks == 0 {
                encoded.truncate(before);
                if failed {
                    return Err(Close::UnansweredError);
                }
                self.shard.broker.metrics.answered(ApiKey::Produce, self.since, self.since, 1);
                continue;
            }
            let asked = Asked { api: ApiKey::Produce, since: self.since, bytes: request.bytes };
            pending.push_finished(asked, encoded.len() - before, Some(acks));
        }
        drop(fates);
        (self.requests, self.outcomes, self.results) = (requests, outcomes, results);
        self.unanswered = Unanswered::default();
        Ok(())
    }

    fn append(&mut self) {
        let mut results = std::mem::take(&mut self.results);
        let items: Vec<Produce<'_>> = self
            .batches
            .iter()
            .filter_map(|batch| {
                let partition = batch.topic.partition(batch.index)?;
                Some(Produce { partition, batch: batch.view })
            })
            .collect();
        assert_eq!(items.len(), self.batches.len(), "a cached topic keeps its partitions");
        if !items.is_empty() {
            let now = *self.wall.get_or_insert_with(|| self.shard.broker.clock.wall());
            self.shard.broker.partitions.append(now, &items, &mut results);
        }
        drop(items);
        let appended = self.count(&results);
        let pause = pacing::pause_ms(self.shard.broker.partitions.pressure(), appended);
        let before = self.throttle.ms;
        self.throttle = self.throttle.or(Throttle::new(Limit::RingPressure, before + pause));
        self.batches.clear();
        self.results = results;
    }

    /// Charges the requests to the quotas. Time is not charged for those that have no answer, as in
    /// Kafka.
    fn settle(&mut self) {
        let Some((charged, began)) = &mut self.charged else { return };
        let now = self.shard.broker.clock.now();
        if let Some(bucket) = &charged.produce {
            #[expect(clippy::cast_precision_loss, reason = "requests below 2^53 bytes")]
            let bytes = self.unanswered.bytes as f64;
            self.throttle = self.throttle.or(bucket.record(bytes, now));
        }
        if self.requests.iter().any(|request| request.acks != 0) {
            self.throttle = self.throttle.or(charged.time(now.nanos_since(*began), now));
        }
        *began = now;
    }

    /// Counts the bytes appended, by topic and together. Batches of a topic mostly follow each other,
    /// and its counter is shared by all shards: it is touched once for each run of them.
    fn count(&self, results: &[AppendResult]) -> u64 {
        let mut total = 0;
        let appended = self.batches.iter().zip(results).filter(|(_, result)| result.is_ok());
        let mut appended = appended.map(|(batch, _)| batch).peekable();
        while let Some(batch) = appended.next() {
            let mut bytes = batch.view.bytes().len() as u64;
            while let Some(next) = appended.next_if(|next| Rc::ptr_eq(&next.topic, &batch.topic)) {
                bytes += next.view.bytes().len() as u64;
            }
            batch.topic.metrics.produced.increment(bytes);
            total += bytes;
        }
        total
    }
}
