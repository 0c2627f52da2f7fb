//! Taking in requests: reading the socket, cutting frames, and what must wait.
//!
//! Complete frames are handled where they were read; only what is left over is copied. Nothing is
//! read that could not be kept: the budget is asked before the socket.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use protocol_types::Instant;
use protocol_wire::{
    api_versions,
    frame::{Frame, next_frame},
    request_header::{self, Parsed, RequestHeader},
};
use tokio::io::{AsyncRead, ReadBuf};

use super::{Close, Connection, Received, Turn, Work, inbox::Inbox, pending::Asked};
use crate::{
    dispatch::{self, Handler},
    fetch::FetchWork,
    limits::Unanswered,
    metrics::Limit,
    ordinary::{Call, OrdinaryWork},
    produce::ProduceRun,
    quotas::RequestQuota,
    request::RequestContext,
};

/// A request must be complete after this time, and a second for each 64 KiB of it.
const FRAME_NANOS_MIN: u64 = 30_000_000_000;
const FRAME_NANOS_PER_BYTE: u64 = 1_000_000_000 / (64 << 10);

/// A connection may hold so much of a request even when `memory.request.bytes` is used up.
const SMALL_REQUEST_BYTES: usize = 16 << 10;

/// Length of a frame's length field.
const LENGTH_BYTES: usize = 4;

/// What became of a frame.
enum Handled {
    Taken,
    /// Taken, and no other may start before it is answered.
    RunsAlone,
    /// It has to wait until others are answered.
    MustWait,
}

impl Connection {
    /// Handles frames that are here, or reads more.
    pub(super) fn receive(
        &mut self,
        cx: &mut Context<'_>,
        turn: &mut Turn,
    ) -> Result<Received, Close> {
        let held_back = self.muted.is_some() || self.shard.is_draining();
        if held_back || self.blocked || self.runs_alone() {
            return Ok(Received::Nothing);
        }
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        match next_frame(self.inbox.held(), length_max)? {
            Frame::Complete { .. } if turn.frames == 0 => Ok(Received::TurnSpent),
            Frame::Complete { .. } => self.handle_held(turn),
            _ if turn.read_full => Ok(Received::TurnSpent),
            _ if !self.pending.unanswered().admits(0) => {
                self.shard.broker.metrics.limit_reached(Limit::Unanswered);
                Ok(Received::Nothing)
            }
            Frame::Incomplete { total } => self.read_rest(cx, turn, total),
            Frame::NoLength if self.inbox.is_empty() => self.read_fresh(cx, turn),
            Frame::NoLength => self.read_rest(cx, turn, LENGTH_BYTES),
        }
    }

    /// Whether a request is under way that lets no other start.
    fn runs_alone(&mut self) -> bool {
        matches!(self.pending.front_deferred(), Some(Work::Ordinary(_)))
    }

    fn handle_held(&mut self, turn: &mut Turn) -> Result<Received, Close> {
        let mut inbox = std::mem::take(&mut self.inbox);
        let handled = self.handle(inbox.held(), turn);
        if let Ok(handled) = handled {
            inbox.consume(handled);
        }
        if let Some(buffer) = inbox.release() {
            self.shard.buffers.borrow_mut().give_back(buffer);
        }
        self.inbox = inbox;
        self.frame_due = None;
        Ok(if handled? == 0 { Received::Nothing } else { Received::Something })
    }

    /// Reads into the scratch buffer and handles what is there.
    fn read_fresh(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Result<Received, Close> {
        let shard = std::rc::Rc::clone(&self.shard);
        let mut scratch = shard.scratch.borrow_mut();
        let most = if shard.broker.budgets.requests.has_room() {
            scratch.len()
        } else {
            // Whoever took the memory may stall: requests that need none are served meanwhile.
            shard.broker.metrics.limit_reached(Limit::RequestMemory);
            SMALL_REQUEST_BYTES.min(scratch.len())
        };
        let room = scratch.get_mut(..most).unwrap_or_default();
        let Poll::Ready(count) = self.read_into(cx, room)? else {
            return Ok(Received::Nothing);
        };
        turn.read_full = count == most;
        self.active = turn.now;
        let bytes = scratch.get(..count).unwrap_or_default();
        let handled = self.handle(bytes, turn)?;
        self.keep(bytes.get(handled..).unwrap_or_default(), turn.now)?;
        Ok(Received::Something)
    }

    /// Reads the rest of a frame of `total` bytes into the inbox.
    fn read_rest(
        &mut self,
        cx: &mut Context<'_>,
        turn: &mut Turn,
        total: usize,
    ) -> Result<Received, Close> {
        if self.inbox.room().is_empty() && !self.make_room(total, turn.now) {
            self.shard.broker.metrics.limit_reached(Limit::RequestMemory);
            self.retry_later(turn.now);
            return Ok(Received::Nothing);
        }
        let mut inbox = std::mem::take(&mut self.inbox);
        let wanted = inbox.room().len();
        let read = self.read_into(cx, inbox.room());
        if let Ok(Poll::Ready(count)) = read {
            inbox.filled(count);
        }
        self.inbox = inbox;
        let Poll::Ready(count) = read? else { return Ok(Received::Nothing) };
        self.active = turn.now;
        // A read of a large frame is a turn's work; the end of a small one is not.
        turn.read_full = count == wanted && wanted > crate::limits::SCRATCH_BYTES;
        Ok(Received::Something)
    }

    fn read_into(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Result<Poll<usize>, Close> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut self.socket).poll_read(cx, &mut buffer) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(Err(error)) => Err(error.into()),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(Close::ByClient),
            Poll::Ready(Ok(())) => {
                let count = buffer.filled().len();
                self.shard.broker.metrics.bytes_in.increment(count as u64);
                Ok(Poll::Ready(count))
            }
        }
    }

    /// Keeps what a read left over: the start of a frame, or frames that must wait.
    fn keep(&mut self, left_over: &[u8], now: Instant) -> Result<(), Close> {
        if left_over.is_empty() {
            return Ok(());
        }
        assert!(self.inbox.is_empty(), "a fresh read follows an empty inbox");
        let budget = &self.shard.broker.budgets.requests;
        let permit = budget.force(left_over.len() as u64);
        let old = self.inbox.grow(left_over.len(), Some(permit), |length| {
            self.shard.buffers.borrow_mut().take(length)
        });
        self.shard.buffers.borrow_mut().give_back(old.unwrap_or_default());
        self.inbox.fill_from(left_over);
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        match next_frame(left_over, length_max)? {
            Frame::Incomplete { total } => {
                // Without room the connection asks again when it wants to read.
                self.make_room(total, now);
            }
            Frame::NoLength => self.expect_frame(LENGTH_BYTES, now),
            Frame::Complete { .. } => {}
        }
        Ok(())
    }

    /// Room for the whole of a frame of `total` bytes, if the budget has it.
    fn make_room(&mut self, total: usize, now: Instant) -> bool {
        self.expect_frame(total, now);
        let lacks = self.inbox.lacks(total);
        let budget = &self.shard.broker.budgets.requests;
        let permit = if total <= SMALL_REQUEST_BYTES {
            budget.force(lacks)
        } else {
            let Some(permit) = budget.take(lacks) else { return false };
            permit
        };
        let old = self
            .inbox
            .grow(total, Some(permit), |length| self.shard.buffers.borrow_mut().take(length));
        self.shard.buffers.borrow_mut().give_back(old.unwrap_or_default());
        true
    }

    /// A client that starts a frame has to finish it, or its memory would be held for ever.
    fn expect_frame(&mut self, total: usize, now: Instant) {
        let span = FRAME_NANOS_MIN + total as u64 * FRAME_NANOS_PER_BYTE;
        self.frame_due.get_or_insert(Instant(now.0 + span));
    }

    /// Handles the complete frames at the front of `bytes`; returns how many bytes they were.
    fn handle(&mut self, bytes: &[u8], turn: &mut Turn) -> Result<usize, Close> {
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        let mut run = ProduceRun::new(&self.shard, &self.session, turn.now);
        let mut handled = 0;
        while turn.frames > 0 {
            let rest = bytes.get(handled..).unwrap_or_default();
            let Frame::Complete { body, consumed } = next_frame(rest, length_max)? else { break };
            let unanswered = self.pending.unanswered();
            let unanswered = Unanswered {
                requests: unanswered.requests + run.unanswered().requests,
                bytes: unanswered.bytes + run.unanswered().bytes,
            };
            if !unanswered.admits(body.len() as u64) {
                break;
            }
            let outcome = self.frame(body, &mut run, turn);
            if matches!(outcome, Ok(Handled::MustWait)) {
                break;
            }
            handled += consumed;
            turn.frames -= 1;
            if !matches!(outcome, Ok(Handled::Taken)) {
                // What was asked before a bad request is done all the same, as Kafka does it.
                run.finish(&mut self.pending, self.outbox.encoded())?;
                outcome?;
                return Ok(handled);
            }
        }
        run.finish(&mut self.pending, self.outbox.encoded())?;
        self.mute(run.throttle(), turn.now);
        Ok(handled)
    }

    fn frame<'a>(
        &mut self,
        frame: &'a [u8],
        run: &mut ProduceRun<'a>,
        turn: &Turn,
    ) -> Result<Handled, Close> {
        let header = match request_header::parse(frame)? {
            Parsed::Served(header) => header,
            Parsed::ApiVersionsTooNew { correlation_id } => {
                return self.downgrade(frame, run, turn, correlation_id);
            }
            Parsed::Unsupported { api_key, version, .. } => {
                return Err(Close::Unsupported { api_key, version });
            }
        };
        let unserved = Close::Unsupported { api_key: header.api as i16, version: header.version };
        let row = dispatch::row(header.api).ok_or(unserved)?;
        let body = frame.get(header.body_at..).unwrap_or_default();
        self.charge(header.client_id, run, turn)?;
        match row.handler {
            Handler::Produce => {
                run.add(&header, row.operation, body, frame.len())?;
                Ok(Handled::Taken)
            }
            Handler::Fetch => {
                run.finish(&mut self.pending, self.outbox.encoded())?;
                let work = FetchWork::decode(&header, row.operation, body, turn.now)?;
                let asked = asked(&header, frame, turn);
                self.pending.push_deferred(asked, Work::Fetch(Box::new(work)));
                Ok(Handled::Taken)
            }
            Handler::Ordinary(start) => {
                if !self.pending.is_empty() || run.unanswered().requests != 0 {
                    return Ok(Handled::MustWait);
                }
                let quota =
                    self.charged.clone().map(|charged| Arc::new(RequestQuota::new(charged)));
                let running = start(Call {
                    context: RequestContext {
                        broker: Arc::clone(&self.shard.broker),
                        api: header.api,
                        version: header.version,
                        client_id: header.client_id.unwrap_or_default().into(),
                        client_host: self.peer.ip(),
                        client_port: self.peer.port(),
                        quota: quota.clone(),
                    },
                    session: Arc::clone(&self.session),
                    operation: row.operation,
                    correlation_id: header.correlation_id,
                    body: Bytes::copy_from_slice(body),
                })?;
                let work = OrdinaryWork::new(running, &header, quota);
                self.pending
                    .push_deferred(asked(&header, frame, turn), Work::Ordinary(Box::new(work)));
                Ok(Handled::RunsAlone)
            }
        }
    }

    /// Sees whose quotas the next request is under. What was asked under others is done first.
    fn charge(
        &mut self,
        client_id: Option<&str>,
        run: &mut ProduceRun<'_>,
        turn: &Turn,
    ) -> Result<(), Close> {
        let user = self.session.principal.name();
        let quotas = &self.shard.broker.quotas;
        if quotas.refresh(&mut self.charged, user, client_id, turn.now) {
            run.finish(&mut self.pending, self.outbox.encoded())?;
        }
        if let Some(charged) = &self.charged {
            run.charge(charged);
        }
        Ok(())
    }

    /// Answers an ApiVersions request of a version newer than ours (KIP-511).
    fn downgrade(
        &mut self,
        frame: &[u8],
        run: &mut ProduceRun<'_>,
        turn: &Turn,
        correlation_id: i32,
    ) -> Result<Handled, Close> {
        run.finish(&mut self.pending, self.outbox.encoded())?;
        let encoded = self.outbox.encoded();
        let before = encoded.len();
        api_versions::encode_downgrade(encoded, correlation_id)?;
        let length = encoded.len() - before;
        let asked = Asked {
            api: protocol_types::ApiKey::ApiVersions,
            since: turn.now,
            bytes: frame.len() as u64,
        };
        self.pending.push_finished(asked, length, None);
        Ok(Handled::Taken)
    }
}

fn asked(header: &RequestHeader<'_>, frame: &[u8], turn: &Turn) -> Asked {
    Asked { api: header.api, since: turn.now, bytes: frame.len() as u64 }
}

const _: () = assert!(size_of::<Inbox>() <= 96, "an idle connection costs little");
