//! Taking in requests: reading the socket, and keeping what is not complete or must wait.
//!
//! Complete frames are handled where they were read; only what is left over is copied. Nothing is
//! read that could not be kept: the budget is asked before the socket. A frame gets memory for what
//! has arrived of it rather than for what it announces, and none while nothing is read.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use protocol_types::Instant;
use protocol_wire::frame::{Frame, next_frame};
use tokio::io::{AsyncRead, ReadBuf};

use super::{
    Close, Connection, Received, Turn, Work,
    inbox::{Inbox, SMALL_REQUEST_BYTES, room_for},
};
use crate::{budget::Permit, metrics::Limit, shard::SCRATCH_BYTES};

/// Length of a frame's length field.
const LENGTH_BYTES: usize = 4;

impl Connection {
    /// Handles frames that are here, or reads more.
    pub(super) fn receive(
        &mut self,
        cx: &mut Context<'_>,
        turn: &mut Turn,
    ) -> Result<Received, Close> {
        if self.muted.is_some() || self.shard.is_draining() || self.runs_alone() {
            self.stop_reading(turn.now);
            return Ok(Received::Nothing);
        }
        if self.blocked {
            return Ok(Received::Nothing);
        }
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        match next_frame(self.inbox.held(), length_max)? {
            Frame::Complete { .. } if turn.frames == 0 => Ok(Received::TurnSpent),
            Frame::Complete { .. } => self.handle_held(turn),
            _ if turn.read_full => Ok(Received::TurnSpent),
            _ if !self.pending.unanswered().admits(0) => {
                self.shard.broker.metrics.limit_reached(Limit::Unanswered);
                self.stop_reading(turn.now);
                Ok(Received::Nothing)
            }
            Frame::Incomplete { total } => self.read_rest(cx, turn, total),
            Frame::NoLength if self.inbox.is_empty() => self.read_fresh(cx, turn),
            Frame::NoLength => self.read_rest(cx, turn, LENGTH_BYTES),
        }
    }

    /// Nothing is read now, by no fault of the client: a frame it has begun may wait, and others
    /// grow meanwhile.
    fn stop_reading(&mut self, now: Instant) {
        self.sending.pause(now);
        self.finishing = None;
    }

    /// Whoever leaves while it is muted gives its places back. What it has asked before is done first,
    /// as Kafka does it: it may have ended only its own direction.
    pub(super) fn check_left(&mut self, cx: &mut Context<'_>) -> Result<(), Close> {
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        let asked = matches!(next_frame(self.inbox.held(), length_max), Ok(Frame::Complete { .. }));
        if self.muted.is_none() || asked || !self.pending.is_empty() || !self.outbox.is_empty() {
            return Ok(());
        }
        let mut byte = [0];
        match self.socket.poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0)) => Err(Close::ByClient),
            Poll::Ready(Err(error)) => Err(error.into()),
            Poll::Ready(Ok(_)) | Poll::Pending => Ok(()),
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
        self.sending.end();
        self.finishing = None;
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
        self.keep(bytes.get(handled..).unwrap_or_default(), turn.now);
        Ok(Received::Something)
    }

    /// Reads the rest of a frame of `total` bytes into the inbox.
    fn read_rest(
        &mut self,
        cx: &mut Context<'_>,
        turn: &mut Turn,
        total: usize,
    ) -> Result<Received, Close> {
        if self.inbox.room().is_empty() && !self.make_room(self.inbox.held().len(), total) {
            self.shard.broker.metrics.limit_reached(Limit::RequestMemory);
            self.stop_reading(turn.now);
            self.retry_later(turn.now);
            return Ok(Received::Nothing);
        }
        self.sending.run(turn.now);
        let mut inbox = std::mem::take(&mut self.inbox);
        let wanted = inbox.room().len();
        let read = self.read_into(cx, inbox.room());
        if let Ok(Poll::Ready(count)) = read {
            inbox.filled(count);
        }
        self.inbox = inbox;
        let Poll::Ready(count) = read? else { return Ok(Received::Nothing) };
        self.active = turn.now;
        self.sending.moved(count, turn.now);
        // A read of a large frame is a turn's work; the end of a small one is not.
        turn.read_full = count == wanted && wanted > SCRATCH_BYTES;
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
    fn keep(&mut self, left_over: &[u8], now: Instant) {
        if left_over.is_empty() {
            return;
        }
        assert!(self.inbox.is_empty(), "a fresh read follows an empty inbox");
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        let total = match next_frame(left_over, length_max) {
            Ok(Frame::Incomplete { total }) if self.muted.is_none() => Some(total),
            // A bad length closes the connection when it is looked at in its turn.
            _ => None,
        };
        if !total.is_some_and(|total| self.make_room(left_over.len(), total)) {
            let permit = self.shard.broker.budgets.requests.force(left_over.len() as u64);
            self.grow(left_over.len(), permit);
        }
        self.inbox.fill_from(left_over);
        self.sending.run(now);
    }

    /// Room for more of a frame of `total` bytes of which `arrived` are here, if there is memory.
    fn make_room(&mut self, arrived: usize, total: usize) -> bool {
        let budgets = &self.shard.broker.budgets;
        let requests = &budgets.requests;
        let plenty = requests.used() + self.inbox.lacks(total) <= requests.capacity() / 2;
        let goal = room_for(arrived, total, plenty);
        let lacks = self.inbox.lacks(goal);
        let permit = if goal <= SMALL_REQUEST_BYTES {
            requests.force(lacks)
        } else if let Some(permit) = requests.take(lacks) {
            permit
        } else {
            // Frames that together hold everything would wait for each other.
            self.finishing = self.finishing.take().or_else(|| budgets.finishing.take(1));
            if self.finishing.is_none() {
                return false;
            }
            requests.force(lacks)
        };
        self.grow(goal, permit);
        true
    }

    fn grow(&mut self, goal: usize, permit: Permit) {
        let buffers = &self.shard.buffers;
        let old = self.inbox.grow(goal, Some(permit), |length| buffers.borrow_mut().take(length));
        buffers.borrow_mut().give_back(old.unwrap_or_default());
    }
}

const _: () = assert!(size_of::<Inbox>() <= 96, "an idle connection costs little");
