//! Frames of one read, each on its way: to the run of produce requests, or to the answers owed.

use std::sync::Arc;

use bytes::Bytes;
use protocol_types::{ApiKey, Instant};
use protocol_wire::{
    api_versions,
    frame::{Frame, next_frame},
    guard,
    request_header::{self, Parsed, RequestHeader},
};

use super::{
    Close, Connection, Turn, Work,
    pending::{Asked, Unanswered},
};
use crate::{
    dispatch::{self, Handler},
    fetch::FetchWork,
    metrics::Limit,
    ordinary::{Call, OrdinaryWork},
    produce::ProduceRun,
    quotas::RequestQuota,
    request::RequestContext,
    request_memory::RequestMemory,
};

/// Once batches were unpacked to so many bytes, other connections have their turn.
const UNPACKED_PER_TURN: usize = 32 << 20;

/// What became of a frame.
enum Handled {
    Taken,
    /// Taken, and no other may start before it is answered.
    RunsAlone,
    /// It has to wait until others are answered.
    MustWait,
}

impl Connection {
    /// Handles the complete frames at the front of `bytes`; returns how many bytes they were.
    pub(super) fn handle(&mut self, bytes: &[u8], turn: &mut Turn) -> Result<usize, Close> {
        let length_max = self.shard.broker.config.socket_request_max_bytes;
        let mut run = ProduceRun::new(&self.shard, &self.session, turn.now);
        let mut handled = 0;
        let end = loop {
            if turn.frames == 0 {
                break Ok(());
            }
            let rest = bytes.get(handled..).unwrap_or_default();
            let (body, consumed) = match next_frame(rest, length_max) {
                Ok(Frame::Complete { body, consumed }) => (body, consumed),
                Ok(Frame::Incomplete { .. } | Frame::NoLength) => break Ok(()),
                Err(error) => break Err(error.into()),
            };
            let unanswered = self.pending.unanswered();
            let unanswered = Unanswered {
                requests: unanswered.requests + run.unanswered().requests,
                bytes: unanswered.bytes + run.unanswered().bytes,
            };
            if !unanswered.admits(body.len() as u64) {
                break Ok(());
            }
            let outcome = self.frame(body, &mut run, turn);
            if matches!(outcome, Ok(Handled::MustWait)) {
                break Ok(());
            }
            handled += consumed;
            turn.frames -= 1;
            if run.unpacked() > UNPACKED_PER_TURN {
                turn.frames = 0;
            }
            if !matches!(outcome, Ok(Handled::Taken)) {
                break outcome.map(drop);
            }
        };
        // What was asked before a bad request is done all the same, as Kafka does it.
        run.finish(&mut self.pending, self.outbox.encoded())?;
        self.outbox.count(&self.shard.broker.budgets.responses);
        self.mute(run.throttle(), turn.now);
        end.map(|()| handled)
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
                let bytes = FetchWork::memory(header.version, body);
                let Some(memory) = RequestMemory::of_large(&self.shard.broker.budgets, bytes)
                else {
                    return Ok(self.short_of_memory(turn.now));
                };
                run.finish(&mut self.pending, self.outbox.encoded())?;
                let mut work = self.shard.spare_fetches.borrow_mut().take();
                let (broker, mut topics) = (&self.shard.broker, self.shard.topics.borrow_mut());
                topics.refresh(broker);
                let name = |name: &str| topics.name(&broker.partitions, name);
                work.decode(&header, row.operation, body, turn.now, name)?;
                work.hold(memory);
                self.pending.push_deferred(asked(&header, frame, turn), Work::Fetch(work));
                Ok(Handled::Taken)
            }
            Handler::Ordinary(start) => {
                if !self.pending.is_empty() || run.unanswered().requests != 0 {
                    return Ok(Handled::MustWait);
                }
                let Some(memory) = self.ordinary_memory(&header, body)? else {
                    return Ok(self.short_of_memory(turn.now));
                };
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
                let work = OrdinaryWork::new(running, &header, quota, memory);
                self.pending
                    .push_deferred(asked(&header, frame, turn), Work::Ordinary(Box::new(work)));
                Ok(Handled::RunsAlone)
            }
        }
    }

    /// Memory for an ordinary request beside its frame: the copy of its body, and what decoding
    /// takes. `None` if it has to wait for some.
    fn ordinary_memory(
        &self,
        header: &RequestHeader<'_>,
        body: &[u8],
    ) -> Result<Option<RequestMemory>, Close> {
        let budgets = &self.shard.broker.budgets;
        // A look before the walk: whoever waits asks often.
        let length = body.len() as u64;
        if !RequestMemory::may_be_had(budgets, length) {
            return Ok(None);
        }
        let walked = guard::check(header.api, header.version, body)?;
        Ok(RequestMemory::take(budgets, length.saturating_add(walked.memory)))
    }

    fn short_of_memory(&mut self, now: Instant) -> Handled {
        self.shard.broker.metrics.limit_reached(Limit::RequestMemory);
        self.retry_later(now);
        Handled::MustWait
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
        let asked = Asked { api: ApiKey::ApiVersions, since: turn.now, bytes: frame.len() as u64 };
        self.pending.push_finished(asked, length, None);
        Ok(Handled::Taken)
    }
}

fn asked(header: &RequestHeader<'_>, frame: &[u8], turn: &Turn) -> Asked {
    Asked { api: header.api, since: turn.now, bytes: frame.len() as u64 }
}
