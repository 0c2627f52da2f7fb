//! Encoding a fetch's answer and getting it to the socket.
//!
//! Record bytes in ring memory are referenced, not copied: head, batches and head go out in one
//! gathering write while the ring is pinned. Small batches are copied, because a slice costs the
//! kernel more than they do. What the socket does not take is copied before the pin ends.

use std::{
    io::{self, IoSlice},
    pin::Pin as StdPin,
    task::{Context, Poll},
};

use broker_partitions::{Marks, Pin};
use bytes::{Bytes, BytesMut};
use protocol_types::{ApiKey, ErrorCode, IsolationLevel, TopicId};
use protocol_wire::{
    error::EncodeError,
    fetch_response::{FetchEncoder, FetchHead, FetchPartition, FetchResponse, Records, Segment},
};
use tokio::io::AsyncWrite;

use super::{
    FetchContext, FetchWork, Fetches, Scope, Sink, Stage,
    load::Part,
    partitions,
    pieces::{COPIED_MAX, is_slot, pieces, records, slot},
    plan::{Entry, Found, Look},
    session::{PartitionSet, TopicKey},
};
use crate::connection::{Close, Outbox};

/// Most slices of one write that the kernel takes.
const SLICES_MAX: usize = 1024;

/// Answers with an error for the fetch as a whole.
pub(super) fn refuse(
    work: &FetchWork,
    code: ErrorCode,
    outbox: &mut Outbox,
) -> Result<(), EncodeError> {
    let head = FetchHead {
        version: work.version,
        correlation_id: work.correlation_id,
        throttle_time_ms: 0,
        error_code: code.to_wire(),
        session_id: 0,
        topics: 0,
    };
    let answer = FetchEncoder::begin(BytesMut::new(), Vec::new(), &head)?.finish()?;
    outbox.push(answer.head.freeze());
    Ok(())
}

impl Fetches {
    /// Answers without records: the client is beyond a quota, or there is no memory. A session that would have begun with
    /// this answer does not, as in Kafka.
    pub(super) fn hold_back(
        &mut self,
        work: &FetchWork,
        outbox: &mut Outbox,
    ) -> Result<(), EncodeError> {
        let session_id = match work.scope {
            Scope::Session { id, news_only: true } => id,
            Scope::Session { news_only: false, .. } => {
                (self.session, self.session_permit) = (None, None);
                0
            }
            Scope::Own => 0,
        };
        let head = FetchHead {
            version: work.version,
            correlation_id: work.correlation_id,
            throttle_time_ms: work.throttle().to_wire(),
            error_code: ErrorCode::None.to_wire(),
            session_id,
            topics: 0,
        };
        let answer = FetchEncoder::begin(BytesMut::new(), Vec::new(), &head)?.finish()?;
        outbox.push(answer.head.freeze());
        Ok(())
    }

    /// Answers from ring memory; `false` if not all of it is there, and nothing was done.
    pub(super) fn answer_from_ring(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut FetchWork,
        look: &Look,
        context: &FetchContext<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<bool, Close> {
        if look.found.iter().any(|found| !found.plan.is_ring_only()) {
            return Ok(false);
        }
        let lowest =
            look.found.iter().flat_map(|found| &found.plan.ring).map(|part| part.lsn).min();
        let partitions = &context.shard.broker.partitions;
        let pin = lowest.and_then(|lowest| partitions.pin(context.shard.id, lowest));
        let Some(batches) = pinned(look, pin.as_ref()) else { return Ok(false) };

        let (mut items, mut slots) = (Vec::with_capacity(look.found.len()), Vec::new());
        let mut rest = batches.as_slice();
        for found in &look.found {
            let (own, others) = rest.split_at(found.plan.ring.len());
            let records = records(own);
            if is_slot(&records) {
                slots.push(own);
            }
            items.push((found, records));
            rest = others;
        }
        let buffers = context.shard.answers.borrow_mut().take();
        let answer = self.encode(work, &items, buffers, context)?;
        let (pieces, small) = pieces(&answer, &slots);
        let slices: Vec<IoSlice<'_>> =
            pieces.iter().map(|piece| IoSlice::new(piece.bytes(&answer.head, &small))).collect();
        self.write(cx, slices, answer.total_len, context, sink)?;
        context.shard.answers.borrow_mut().give_back(answer.head, answer.segments);
        self.told(
            work,
            context,
            Source::Ring,
            look.found.iter().map(|found| (found, found.bytes())),
        );
        Ok(true)
    }

    /// Answers with what was loaded: it is memory of our own, and waits in the outbox.
    pub(super) fn answer_loaded(
        &mut self,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
        outbox: &mut Outbox,
    ) -> Result<(), Close> {
        let Stage::Loading(loading) = std::mem::replace(&mut work.stage, Stage::Planning) else {
            return Err(Close::NoAnswer(ApiKey::Fetch));
        };
        let (parts, permit) = loading.finish();
        let items: Vec<(&Found, Records<'_>)> =
            parts.iter().map(|part| (&part.found, part.as_records())).collect();
        let answer = self.encode(work, &items, Default::default(), context)?;
        let slots = parts.iter().zip(&items).filter(|(_, (_, records))| is_slot(records));
        let slots: Vec<&Part> = slots.map(|(part, _)| part).collect();

        // A first batch comes whole, whatever was asked for; now that it is here it is counted.
        let more = answer.total_len.saturating_sub(permit.amount());
        let mut permit = permit.join(context.shard.broker.budgets.responses.force(more));
        permit.shrink(answer.total_len);
        outbox.cover(permit);
        let head = answer.head.freeze();
        for segment in &answer.segments {
            match segment {
                Segment::Head(range) => outbox.push(head.slice(range.clone())),
                Segment::Records { index, .. } => {
                    let records = slots.get(*index).map_or(&[][..], |part| &part.records);
                    records.iter().for_each(|bytes| outbox.push(Bytes::clone(bytes)));
                }
            }
        }
        self.told(
            work,
            context,
            Source::File,
            parts.iter().map(|part| (&part.found, part.length())),
        );
        Ok(())
    }

    fn encode(
        &mut self,
        work: &mut FetchWork,
        items: &[(&Found, Records<'_>)],
        (head, segments): (BytesMut, Vec<Segment>),
        context: &FetchContext<'_>,
    ) -> Result<FetchResponse, EncodeError> {
        for (found, _) in items {
            if found.code != ErrorCode::None {
                context.shard.broker.metrics.request_error(ApiKey::Fetch, found.code);
            }
        }
        let session_id = match work.scope {
            Scope::Own => 0,
            Scope::Session { id, .. } => id,
        };
        let (version, isolation) = (work.version, work.isolation);
        let correlation_id = work.correlation_id;
        let set = partitions(&mut self.session, work);
        let topics = topic_runs(set, items);
        let facts = FetchHead {
            version,
            correlation_id,
            throttle_time_ms: 0,
            error_code: ErrorCode::None.to_wire(),
            session_id,
            topics: topics.len(),
        };
        let mut encoder = FetchEncoder::begin(head, segments, &facts)?;
        let mut items = items.iter();
        for (topic, count) in topics {
            let (name, id) = match topic {
                TopicKey::Name(name) => (&**name, TopicId::ZERO),
                TopicKey::Id(id) => ("", *id),
            };
            encoder.topic(name, id.0, count)?;
            for (found, records) in items.by_ref().take(count) {
                let index = set.get(found.place).map_or(-1, |(key, _)| key.index);
                encoder.partition(&partition(index, found, isolation), *records)?;
            }
        }
        encoder.finish()
    }

    /// Writes while the ring is pinned; copies what the socket does not take.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        mut slices: Vec<IoSlice<'_>>,
        total: u64,
        context: &FetchContext<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Close> {
        let mut rest = slices.as_mut_slice();
        let mut written = 0;
        while !rest.is_empty() {
            let now = rest.get(..SLICES_MAX).unwrap_or(rest);
            match StdPin::new(&mut *sink.socket).poll_write_vectored(cx, now) {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Ready(Ok(0)) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Poll::Ready(Ok(count)) => {
                    written += count as u64;
                    IoSlice::advance_slices(&mut rest, count);
                }
            }
        }
        context.shard.broker.metrics.bytes_out.increment(written);
        self.answer_size.wrote(written, total);
        if rest.is_empty() {
            return Ok(());
        }
        let left = total - written;
        sink.outbox.cover(context.shard.broker.budgets.responses.force(left));
        let mut copy = BytesMut::with_capacity(protocol_types::to_usize(left));
        rest.iter().for_each(|slice| copy.extend_from_slice(slice));
        assert!(copy.len() as u64 == left, "what was not written is what is copied");
        sink.outbox.push(copy.freeze());
        Ok(())
    }

    /// Remembers what the client was told; partitions that were served come last next time.
    fn told<'f>(
        &mut self,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
        source: Source,
        told: impl Iterator<Item = (&'f Found, u64)>,
    ) {
        let in_session = work.scope != Scope::Own;
        let set = partitions(&mut self.session, work);
        for (found, length) in told {
            count_bytes(found, length, context, source);
            if !in_session {
                continue;
            }
            if let Some(entry) = set.get_mut(found.place) {
                entry.tell(found);
            }
            if length != 0 {
                set.move_to_end(found.place);
            }
        }
    }
}

/// Where an answer's records came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Ring,
    File,
}

fn count_bytes(found: &Found, length: u64, context: &FetchContext<'_>, source: Source) {
    let Some(partition) = found.partition.as_ref().filter(|_| length != 0) else { return };
    let shard = context.shard;
    let mut topics = shard.topics.borrow_mut();
    topics.refresh(&shard.broker);
    if let Some(topic) = topics.topic_by_id(&shard.broker.partitions, partition.id().topic) {
        match source {
            Source::Ring => topic.metrics.fetched_ring.increment(length),
            Source::File => topic.metrics.fetched_file.increment(length),
        }
    }
}

/// The ring batches of all partitions found, in order; `None` if one is not in memory any more.
fn pinned<'p>(look: &Look, pin: Option<&'p Pin<'_>>) -> Option<Vec<&'p [u8]>> {
    let parts = look.found.iter().flat_map(|found| &found.plan.ring);
    parts.map(|part| pin?.bytes(part.lsn, part.len as usize)).collect()
}

impl Part {
    fn length(&self) -> u64 {
        self.records.iter().map(|bytes| bytes.len() as u64).sum()
    }

    fn as_records(&self) -> Records<'_> {
        match self.records.as_slice() {
            [] => Records::Empty,
            [bytes] if bytes.len() <= COPIED_MAX => Records::Copied(bytes),
            several => slot(several.iter().map(Bytes::len).sum()),
        }
    }
}

/// Runs of partitions of one topic, in order, each with its length.
fn topic_runs<'s>(
    set: &'s PartitionSet<Entry>,
    items: &[(&Found, Records<'_>)],
) -> Vec<(&'s TopicKey, usize)> {
    let mut runs: Vec<(&TopicKey, usize)> = Vec::new();
    for (key, _) in items.iter().filter_map(|(found, _)| set.get(found.place)) {
        match runs.last_mut() {
            Some((topic, count)) if **topic == key.topic => *count += 1,
            _ => runs.push((&key.topic, 1)),
        }
    }
    runs
}

fn partition(index: i32, found: &Found, isolation: IsolationLevel) -> FetchPartition<'static> {
    let mark = |of: fn(&Marks) -> i64| found.marks.as_ref().map_or(-1, of);
    FetchPartition {
        index,
        error_code: found.code.to_wire(),
        high_watermark: mark(|marks| marks.high_watermark.to_wire()),
        last_stable_offset: mark(|marks| marks.last_stable.to_wire()),
        log_start_offset: mark(|marks| marks.log_start.to_wire()),
        diverging_epoch: found.diverging,
        // There are no transactions yet, so none was aborted; null for who does not ask.
        aborted_transactions: match isolation {
            IsolationLevel::ReadUncommitted => None,
            IsolationLevel::ReadCommitted => Some(&[]),
        },
        preferred_read_replica: -1,
    }
}
