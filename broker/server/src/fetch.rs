//! Fetch: from waiting for data to writing it, on the connection that asked.
//!
//! A fetch starts when its answer is next to leave and nothing is on its way to the socket. It
//! plans its reads; if that is not enough, it waits for a partition to move or for its time to run
//! out. What lies in ring memory goes to the socket from there, pinned for one non-blocking write;
//! the rest is loaded by reading threads. Knows the connection's socket and outbox by loan only.

mod answer;
mod answer_size;
mod decode;
mod load;
mod look;
mod partition_set;
mod pieces;
mod plan;
mod quota;
pub(crate) mod session;
pub(crate) mod spare;

use std::{rc::Rc, task::Context};

use broker_env::{HashMap, HashSet, net::TcpStream};
use protocol_types::{ApiKey, ErrorCode, Instant, IsolationLevel, LocalId, Lsn};
use protocol_wire::error::EncodeError;

use self::{
    answer_size::{AnswerSize, Memory},
    decode::Decoded,
    load::Loading,
    look::Look,
    plan::Entry,
    session::{FetchSession, Kind, PartitionSet},
};
use crate::{
    budget::Permit,
    connection::{Close, Outbox},
    metrics::Limit,
    quotas::{Charged, Throttle},
    request_memory::RequestMemory,
    security::{Operation, Session},
    shard::{Shard, signal::Signal},
};

/// Partitions a connection stays registered for between its fetches, beside its session's.
const AWAITED_MAX: usize = 256;

/// How often a fetch plans again because the data was sealed or dropped while it was read.
const MOVED_MAX: u32 = 4;

/// What a connection keeps between its fetches.
#[derive(Debug)]
pub(crate) struct Fetches {
    session: Option<FetchSession<Entry>>,
    /// Covers the session's partitions.
    session_permit: Option<Permit>,
    /// Partitions whose shard will tell this connection that they moved.
    awaited: HashSet<LocalId>,
    /// Where in the session its quiet partitions are.
    quiet: HashMap<LocalId, u64>,
    /// When the session looked at all its partitions last.
    looked_at_all: Instant,
    answer_size: AnswerSize,
    /// When the waiting fetch must be answered.
    due: Option<Instant>,
}

impl Default for Fetches {
    fn default() -> Self {
        Self {
            session: None,
            session_permit: None,
            awaited: HashSet::default(),
            quiet: HashMap::default(),
            looked_at_all: Instant(0),
            answer_size: AnswerSize::default(),
            due: None,
        }
    }
}

/// One fetch.
#[derive(Debug)]
pub(crate) struct FetchWork {
    version: i16,
    correlation_id: i32,
    operation: Option<Operation>,
    isolation: IsolationLevel,
    bytes_min: u64,
    bytes_max: u64,
    due: Instant,
    /// What it lacks cannot be there before the ring has reached this.
    patience: Lsn,
    stage: Stage,
    scope: Scope,
    /// What it says; empty but for its memory once work has begun.
    decoded: Decoded,
    /// The partitions of a fetch outside a session.
    own: PartitionSet<Entry>,
    /// What the last look found.
    look: Look,
    /// Plans made in vain because data moved.
    moved: u32,
    quota: quota::Account,
    /// Covers the partitions it names until it is answered.
    memory: RequestMemory,
}

#[derive(Debug)]
enum Stage {
    New,
    Planning,
    Waiting,
    Loading(Loading),
}

/// Which partitions a fetch is about, and which of them its answer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Own,
    /// The session's; only what is new to the client if `news_only`.
    Session {
        id: i32,
        news_only: bool,
    },
}

/// Where an answer goes.
pub(crate) struct Sink<'c> {
    pub(crate) socket: &'c mut TcpStream,
    pub(crate) outbox: &'c mut Outbox,
}

/// What a fetch is worked on with.
pub(crate) struct FetchContext<'c> {
    pub(crate) shard: &'c Rc<Shard>,
    pub(crate) signal: &'c Rc<Signal>,
    pub(crate) session: &'c Session,
    /// The quotas of its client.
    pub(crate) charged: Option<&'c Charged>,
    pub(crate) now: Instant,
}

/// What working on a fetch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchPoll {
    /// Its answer is written or in the outbox.
    Answered,
    /// It goes on when the connection is woken.
    Waiting,
    /// `memory.response.bytes` has no room for its answer.
    MemoryShort,
}

impl Fetches {
    /// When the waiting fetch, if there is one, must be answered.
    pub(crate) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Partitions to take back from the shard's waiters when the connection ends.
    pub(crate) fn take_awaited(&mut self) -> HashSet<LocalId> {
        std::mem::take(&mut self.awaited)
    }

    /// Works on `work` as far as it goes.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
        sink: Sink<'_>,
    ) -> Result<FetchPoll, Close> {
        let touched = self.note_touched(context.signal);
        let began = work.quota.begin(context);
        let polled = self.step(cx, work, context, sink, touched)?;
        work.quota.pause(context, began);
        let waits = matches!(work.stage, Stage::Waiting) && polled == FetchPoll::Waiting;
        self.due = waits.then_some(work.due);
        context.signal.poll(waits.then_some(work.patience));
        if polled == FetchPoll::Answered {
            self.forget_awaited(context);
        }
        Ok(polled)
    }

    /// The next fetch will likely wait for the same partitions: a few stay registered, but a client
    /// that names many outside a session does not fill the shard's memory with them.
    fn forget_awaited(&mut self, context: &FetchContext<'_>) {
        let session = self.session.as_ref().map_or(0, |session| session.partitions.len());
        if self.awaited.len() > AWAITED_MAX + session {
            context.shard.forget_awaited(self.awaited.drain(), context.signal);
            self.quiet.clear();
            if let Some(session) = &mut self.session {
                session.partitions.iter_mut().for_each(|(_, _, entry)| entry.moved());
            }
        }
    }

    fn step(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
        mut sink: Sink<'_>,
        touched: bool,
    ) -> Result<FetchPoll, Close> {
        if work.is_new() {
            work.stage = Stage::Planning;
            work.bytes_max = quota::bytes_max(context, work.bytes_max);
            work.bytes_min = work.bytes_min.min(work.bytes_max);
            if let Err(code) = self.begin(work, context) {
                context.shard.broker.metrics.request_error(ApiKey::Fetch, code);
                answer::refuse(work, code, sink.outbox)?;
                return Ok(FetchPoll::Answered);
            }
        }
        let over = work.due <= context.now || context.shard.is_draining();
        if matches!(work.stage, Stage::Waiting) {
            if !touched && !over {
                return Ok(FetchPoll::Waiting);
            }
            work.stage = Stage::Planning;
        }
        loop {
            if let Stage::Loading(loading) = &mut work.stage {
                if loading.poll(cx).is_pending() {
                    return Ok(FetchPoll::Waiting);
                }
                if !loading.moved() || work.moved == MOVED_MAX {
                    self.answer_loaded(work, context, sink.outbox)?;
                    return Ok(FetchPoll::Answered);
                }
                work.moved += 1;
            }
            work.stage = Stage::Planning;
            if !self.look(work, context, over) {
                work.stage = Stage::Waiting;
                return Ok(FetchPoll::Waiting);
            }
            let bytes = work.look.bytes;
            if !Memory::of(context).admits(bytes) {
                context.shard.broker.metrics.limit_reached(Limit::ResponseMemory);
                return Ok(self.do_without(work, over, sink.outbox)?);
            }
            if work.quota.exceeded(context, bytes) {
                self.hold_back(work, sink.outbox)?;
                return Ok(FetchPoll::Answered);
            }
            if self.answer_from_ring(cx, work, context, &mut sink)? {
                return Ok(FetchPoll::Answered);
            }
            let Some(loading) = Loading::start(std::mem::take(&mut work.look), context) else {
                return Ok(self.do_without(work, over, sink.outbox)?);
            };
            work.stage = Stage::Loading(loading);
        }
    }

    /// There is no memory for its answer: it waits for some, and at last is answered without records.
    fn do_without(
        &mut self,
        work: &FetchWork,
        over: bool,
        outbox: &mut Outbox,
    ) -> Result<FetchPoll, EncodeError> {
        if !over {
            return Ok(FetchPoll::MemoryShort);
        }
        self.hold_back(work, outbox)?;
        Ok(FetchPoll::Answered)
    }

    /// Settles what kind of fetch it is and which partitions it is about.
    fn begin(&mut self, work: &mut FetchWork, context: &FetchContext<'_>) -> Result<(), ErrorCode> {
        let decoded = std::mem::take(&mut work.decoded);
        let by_id = decode::names_topics_by_id(work.version);
        let kind = if decode::has_sessions(work.version) {
            FetchSession::begin(&mut self.session, decoded.session, decoded.epoch, by_id)?
        } else {
            Kind::Sessionless
        };
        if self.session.is_none() {
            self.session_permit = None;
        }
        let fits = decoded.fits_a_session();
        match (kind, self.session.as_mut()) {
            (Kind::Incremental { .. }, Some(_)) if !fits => return Err(self.end_session()),
            (Kind::Incremental { session: id }, Some(session)) => {
                work.decoded = decoded.apply(&mut session.partitions);
                work.scope = Scope::Session { id, news_only: true };
                return self.cover_session(work, context);
            }
            _ => work.decoded = decoded.apply(&mut work.own),
        }
        let budget = &context.shard.broker.budgets.session_partitions;
        if kind == Kind::Full
            && fits
            && let Some(permit) = budget.take(work.own.len() as u64)
        {
            let id = context.shard.broker.next_fetch_session();
            let partitions = std::mem::take(&mut work.own);
            self.session = Some(FetchSession::new(id, by_id, partitions));
            self.session_permit = Some(permit);
            self.quiet.clear();
            work.scope = Scope::Session { id, news_only: false };
        }
        Ok(())
    }

    /// Ends a session that there is no room for; its client is told as if it had been evicted.
    fn end_session(&mut self) -> ErrorCode {
        (self.session, self.session_permit) = (None, None);
        ErrorCode::FetchSessionIdNotFound
    }

    /// After a change of the session's partitions: ends one that has none left, as Kafka does, and
    /// one for which there is no room, as if it had been evicted.
    fn cover_session(
        &mut self,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
    ) -> Result<(), ErrorCode> {
        let length = self.session.as_ref().map_or(0, |session| session.partitions.len() as u64);
        if length == 0 {
            (self.session, self.session_permit) = (None, None);
            work.scope = Scope::Own;
            return Ok(());
        }
        let covered = self.session_permit.as_ref().map_or(0, Permit::amount);
        let more =
            context.shard.broker.budgets.session_partitions.take(length.saturating_sub(covered));
        let Some(more) = more else { return Err(self.end_session()) };
        let mut permit = match self.session_permit.take() {
            Some(permit) => permit.join(more),
            None => more,
        };
        permit.shrink(length);
        self.session_permit = Some(permit);
        Ok(())
    }

    /// Takes note of partitions that moved; whether any did.
    fn note_touched(&mut self, signal: &Signal) -> bool {
        let mut any = false;
        signal.take_touched(|partition| {
            any = true;
            self.awaited.remove(&partition);
            let place = self.quiet.remove(&partition);
            let set = self.session.as_mut().map(|session| &mut session.partitions);
            if let Some(entry) = place.zip(set).and_then(|(place, set)| set.get_mut(place)) {
                entry.moved();
            }
        });
        any
    }
}

impl FetchWork {
    /// Whether nothing was done for it yet.
    pub(crate) const fn is_new(&self) -> bool {
        matches!(self.stage, Stage::New)
    }

    /// How long its client has to wait after the answer.
    pub(crate) const fn throttle(&self) -> Throttle {
        self.quota.throttle()
    }
}

/// The partitions a fetch of `scope` is about: the session's or its own.
const fn partitions<'s>(
    session: &'s mut Option<FetchSession<Entry>>,
    scope: Scope,
    own: &'s mut PartitionSet<Entry>,
) -> &'s mut PartitionSet<Entry> {
    match (scope, session) {
        (Scope::Session { .. }, Some(session)) => &mut session.partitions,
        _ => own,
    }
}
