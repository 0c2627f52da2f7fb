//! Giving answers: finished ones whose turn has come, and the work at the front of the queue.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use protocol_types::{ApiKey, Instant};
use tokio::io::AsyncWrite;

use super::{Close, Connection, Work, outbox::SLICES_MAX, pending::Asked};
use crate::fetch::{FetchContext, FetchPoll, Sink};

/// Answers of one kind that were asked for at one time, counted together.
#[derive(Debug, Default)]
struct Tally {
    run: Option<(ApiKey, Instant, usize)>,
}

impl Connection {
    /// Moves what may leave to the outbox, in order, and works on the answer at the front.
    pub(super) fn answer(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Close> {
        let mut tally = Tally::default();
        loop {
            let partitions = &self.shard.broker.partitions;
            while let Some((asked, length)) =
                self.pending.pop_finished(|acks| acks.reached(partitions))
            {
                self.outbox.release(length);
                self.count(&mut tally, asked, now);
            }
            if let Some(&acks) = self.pending.front_ack() {
                self.shard.await_ack(acks, &self.signal);
                // It may have been reached before the shard was told to watch it.
                if acks.reached(&self.shard.broker.partitions) {
                    continue;
                }
                break;
            }
            if self.work(cx, now)?.is_pending() {
                break;
            }
            let Some((asked, work)) = self.pending.pop() else { break };
            if let Some(Work::Fetch(work)) = work {
                self.shard.spare_fetches.borrow_mut().give_back(work);
            }
            self.count(&mut tally, asked, now);
        }
        self.count_run(&mut tally, now);
        Ok(())
    }

    /// Works on the front; ready when its answer is in the outbox, or when there is none.
    fn work(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Poll<()>, Close> {
        match self.pending.front_deferred() {
            None => Ok(Poll::Ready(())),
            Some(Work::Ordinary(work)) => match work.poll(cx, &*self.shard.broker.clock) {
                Poll::Pending => Ok(Poll::Pending),
                Poll::Ready(answer) => {
                    let (answer, throttle) = answer?;
                    let responses = &self.shard.broker.budgets.responses;
                    self.outbox.cover(responses.force(answer.len() as u64));
                    self.outbox.push(answer.freeze());
                    self.active = now;
                    self.mute(throttle, now);
                    Ok(Poll::Ready(()))
                }
            },
            // Who is held back is not served what it asked for before it knew.
            Some(Work::Fetch(work)) if self.muted.is_some() && work.is_new() => Ok(Poll::Pending),
            Some(Work::Fetch(_)) => {
                self.flush(cx, now)?;
                if !self.outbox.is_empty() {
                    return Ok(Poll::Pending);
                }
                self.fetch(cx, now)
            }
        }
    }

    /// The fetch at the front; nothing is on its way to the socket.
    fn fetch(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Poll<()>, Close> {
        let Some(Work::Fetch(work)) = self.pending.front_deferred() else {
            return Ok(Poll::Ready(()));
        };
        let sink = Sink { socket: &mut self.socket, outbox: &mut self.outbox };
        let context = FetchContext {
            shard: &self.shard,
            signal: &self.signal,
            session: &self.session,
            charged: self.charged.as_deref(),
            now,
        };
        match self.fetches.poll(cx, work, &context, sink)? {
            FetchPoll::Answered => {
                let throttle = work.throttle();
                self.active = now;
                self.mute(throttle, now);
                Ok(Poll::Ready(()))
            }
            FetchPoll::Waiting => Ok(Poll::Pending),
            FetchPoll::MemoryShort => {
                self.retry_later(now);
                Ok(Poll::Pending)
            }
        }
    }

    /// Writes what may leave, as far as the socket takes it.
    pub(super) fn flush(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Close> {
        while !self.outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let used = self.outbox.gather(&mut slices);
            let slices = slices.get(..used).unwrap_or_default();
            match Pin::new(&mut self.socket).poll_write_vectored(cx, slices) {
                Poll::Pending => {
                    self.blocked = true;
                    self.taking.run(now);
                    return Ok(());
                }
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Ready(Ok(0)) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Poll::Ready(Ok(written)) => {
                    self.outbox.advance(written);
                    self.taking.moved(written, now);
                    self.active = now;
                    self.shard.broker.metrics.bytes_out.increment(written as u64);
                }
            }
        }
        self.blocked = false;
        self.taking.end();
        Ok(())
    }

    /// The connection ends: what its client is owed and may know leaves, as far as the socket takes
    /// it at once.
    pub(super) fn flush_last(&mut self, cx: &mut Context<'_>) {
        let partitions = &self.shard.broker.partitions;
        while let Some((_, length)) = self.pending.pop_finished(|acks| acks.reached(partitions)) {
            self.outbox.release(length);
        }
        let now = self.shard.broker.clock.now();
        // The connection ends for another reason.
        let _ = self.flush(cx, now);
    }

    fn count(&self, tally: &mut Tally, asked: Asked, now: Instant) {
        match &mut tally.run {
            Some((api, since, count)) if (*api, *since) == (asked.api, asked.since) => *count += 1,
            _ => {
                self.count_run(tally, now);
                tally.run = Some((asked.api, asked.since, 1));
            }
        }
    }

    fn count_run(&self, tally: &mut Tally, now: Instant) {
        if let Some((api, since, count)) = tally.run.take() {
            self.shard.broker.metrics.answered(api, since, now, count);
            if let Some(software) = self.session.software.get() {
                software.answered(count);
            }
        }
    }
}
