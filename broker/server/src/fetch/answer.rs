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
use smallvec::SmallVec;
use tokio::io::AsyncWrite;

use super::{
    FetchContext, FetchWork, Fetches, Scope, Sink, Stage,
    load::Part,
    look::{Found, Look},
    partitions,
    pieces::{COPIED_MAX, FEW_PIECES, is_slot, pieces, records, slot},
    session::TopicKey,
};
use crate::connection::{Close, Outbox};

/// Most slices of one write that the kernel takes.
const SLICES_MAX: usize = 1024;

/// What an answer is made of: most have few partitions and few batches.
type Few<T> = SmallVec<[T; 8]>;

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
        context: &FetchContext<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<bool, Close> {
        let look = std::mem::take(&mut work.look);
        let answered = self.answer_pinned(cx, work, &look, context, sink);
        work.look = look;
        answered
    }

    fn answer_pinned(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut FetchWork,
        look: &Look,
        context: &FetchContext<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<bool, Close> {
        if look.found().iter().any(|found| !found.plan.is_ring_only()) {
            return Ok(false);
        }
        // Positions rise from batch to batch of a partition (LOG-3).
        let lowest = look.found().iter().filter_map(|found| found.plan.ring.first());
        let lowest = lowest.map(|part| part.lsn).min();
        let partitions = &context.shard.broker.partitions;
        let pin = lowest.and_then(|lowest| partitions.pin(context.shard.id, lowest));
        let Some(batches) = pinned(look, pin.as_ref()) else { return Ok(false) };

        let (mut items, mut slots) = (Few::new(), Few::new());
        let mut rest = batches.as_slice();
        for found in look.found() {
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
        let mut slices: SmallVec<[IoSlice<'_>; FEW_PIECES]> =
            pieces.iter().map(|piece| IoSlice::new(piece.bytes(&answer.head, &small))).collect();
        self.write(cx, &mut slices, answer.total_len, context, sink)?;
        drop(slices);
        context.shard.answers.borrow_mut().give_back(answer.head, answer.segments);
        self.told(
            work,
            context,
            Source::Ring,
            look.found().iter().map(|found| (found, found.bytes())),
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
        let items: Few<(&Found, Records<'_>)> =
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
        let set = partitions(&mut self.session, work.scope, &mut work.own);
        let facts = FetchHead {
            version,
            correlation_id,
            throttle_time_ms: 0,
            error_code: ErrorCode::None.to_wire(),
            session_id,
            topics: topics(items).count(),
        };
        let mut encoder = FetchEncoder::begin(head, segments, &facts)?;
        for of_topic in topics(items) {
            let place = of_topic.first().map_or(0, |(found, _)| found.place);
            let (name, id) = match set.get(place).map(|(key, _)| &key.topic) {
                Some(TopicKey::Name(name)) => (&**name, TopicId::ZERO),
                Some(TopicKey::Id(id)) => ("", *id),
                None => ("", TopicId::ZERO),
            };
            encoder.topic(name, id.0, of_topic.len())?;
            for (found, records) in of_topic {
                encoder.partition(&partition(found, isolation), *records)?;
            }
        }
        encoder.finish()
    }

    /// Writes while the ring is pinned; copies what the socket does not take.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &mut [IoSlice<'_>],
        total: u64,
        context: &FetchContext<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Close> {
        let mut rest = slices;
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
        let set = partitions(&mut self.session, work.scope, &mut work.own);
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
fn pinned<'p>(look: &Look, pin: Option<&'p Pin<'_>>) -> Option<Few<&'p [u8]>> {
    let parts = look.found().iter().flat_map(|found| &found.plan.ring);
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

/// Runs of partitions of one topic, in order.
fn topics<'i, 'r>(
    items: &'i [(&'r Found, Records<'r>)],
) -> impl Iterator<Item = &'i [(&'r Found, Records<'r>)]> {
    items.chunk_by(|_, (found, _)| !found.new_topic)
}

fn partition(found: &Found, isolation: IsolationLevel) -> FetchPartition<'static> {
    let mark = |of: fn(&Marks) -> i64| found.marks.as_ref().map_or(-1, of);
    FetchPartition {
        index: found.index,
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
