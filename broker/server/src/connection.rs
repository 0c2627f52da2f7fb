//! One client connection, from its first byte to its last, on one shard.
//!
//! One task, one loop: give the answers that are due, write them, take in requests. At most one
//! read or 64 frames are handled in a turn, then others of the shard go on. Requests are taken in
//! while earlier ones are unanswered, up to a limit; answers leave in order. Nothing here waits:
//! the task sleeps when the socket, the shard's signals and the work at the front have nothing new.

mod answer;
mod close;
mod handle;
pub(crate) mod inbox;
pub(crate) mod outbox;
mod pace;
pub(crate) mod pending;
mod receive;

use std::{
    io,
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use broker_env::net::{self, TcpStream};
use protocol_types::Instant;

use self::pace::Pace;
pub(crate) use self::{close::Close, inbox::Inbox, outbox::Outbox, pending::Pending};
use crate::{
    budget::Permit,
    fetch::{FetchWork, Fetches},
    ordinary::OrdinaryWork,
    quotas::{Charged, IpPlace, Throttle},
    security::{Principal, Session},
    shard::{Accepted, Shard, acks::Acks, deadlines::Deadline, signal::Signal},
};

/// How long a connection that found `memory.request.bytes` or `memory.response.bytes` used up waits
/// before it looks again.
const MEMORY_RETRY_NANOS: u64 = 5_000_000;

/// How often a client that takes its answers slowly is looked at while memory is not short.
const TAKING_CHECK_NANOS: u64 = 1_000_000_000;

/// Frames a connection handles before it lets others of its shard go on.
const FRAMES_PER_TURN_MAX: usize = 64;

/// Answers of one turn are written together up to so many bytes.
const COALESCED_MAX: usize = 64 << 10;

/// An answer that is worked on once it is at the front.
pub(crate) enum Work {
    Fetch(Box<FetchWork>),
    Ordinary(Box<OrdinaryWork>),
}

/// See the module's documentation.
pub(crate) struct Connection {
    shard: Rc<Shard>,
    signal: Rc<Signal>,
    socket: TcpStream,
    peer: SocketAddr,
    session: Arc<Session>,
    inbox: Inbox,
    pending: Pending<Acks, Work>,
    outbox: Outbox,
    /// The socket took less than it was given: its client does not read as fast as it asks.
    blocked: bool,
    fetches: Fetches,
    armed: Option<(Instant, Deadline)>,
    /// When bytes were last received or answers given.
    active: Instant,
    /// How the client sends the frame being received.
    sending: Pace,
    /// How the client takes what may leave.
    taking: Pace,
    /// Its place among those whose frame grows beyond `memory.request.bytes`.
    finishing: Option<Permit>,
    /// Memory was short: look again then.
    retry: Option<Instant>,
    /// It fills the ring faster than that drains, or is beyond a quota: nothing is taken in until
    /// then.
    muted: Option<Instant>,
    /// The quotas its client is under.
    charged: Option<Arc<Charged>>,
    /// Its places among `max.connections` and those of its address.
    _places: (Permit, IpPlace),
}

/// What one turn may still take in.
#[derive(Debug)]
struct Turn {
    now: Instant,
    frames: usize,
    /// The socket gave as much as was asked for: it may have more.
    read_full: bool,
}

impl Connection {
    /// Puts an accepted socket on this shard.
    pub(crate) fn open(shard: Rc<Shard>, accepted: Accepted) -> io::Result<Self> {
        let Accepted { socket, peer, listener, place, ip_place } = accepted;
        let socket = net::adopt(socket)?;
        let signal = Rc::new(Signal::default());
        let session = Session {
            principal: Principal::anonymous(),
            authorizer: Arc::clone(&shard.broker.authorizer),
            listener,
            software: OnceLock::new(),
        };
        let active = shard.broker.clock.now();
        shard.broker.metrics.connections.increment(1);
        shard.enter(&signal);
        Ok(Self {
            shard,
            signal,
            socket,
            peer,
            session: Arc::new(session),
            inbox: Inbox::default(),
            pending: Pending::default(),
            outbox: Outbox::default(),
            blocked: false,
            fetches: Fetches::default(),
            armed: None,
            active,
            sending: Pace::default(),
            taking: Pace::default(),
            finishing: None,
            retry: None,
            muted: None,
            charged: None,
            _places: (place, ip_place),
        })
    }

    /// Serves the connection until it is closed.
    pub(crate) async fn run(mut self) {
        let close = std::future::poll_fn(|cx| self.poll(cx)).await;
        close.log(self.peer, &self.shard.broker.metrics);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Close> {
        self.signal.watch(cx.waker());
        match self.turn(cx) {
            Ok(()) => Poll::Pending,
            Err(close) => {
                self.flush_last(cx);
                Poll::Ready(close)
            }
        }
    }

    /// Does what can be done now. Afterwards the task is woken by whatever it waits for.
    fn turn(&mut self, cx: &mut Context<'_>) -> Result<(), Close> {
        let now = self.shard.broker.clock.now();
        self.check_deadlines(now)?;
        let mut turn = Turn { now, frames: FRAMES_PER_TURN_MAX, read_full: false };
        self.flush(cx, now)?;
        loop {
            self.answer(cx, now)?;
            // The answers of a turn leave together.
            let received = self.receive(cx, &mut turn)?;
            if received == Received::Something && self.outbox.len() < COALESCED_MAX {
                continue;
            }
            self.flush(cx, now)?;
            match received {
                Received::Something => {}
                Received::Nothing => break,
                Received::TurnSpent => {
                    cx.waker().wake_by_ref();
                    break;
                }
            }
        }
        if self.shard.is_draining() && self.pending.is_empty() && self.outbox.is_empty() {
            return Err(Close::Draining);
        }
        self.check_left(cx)?;
        self.arm(now);
        Ok(())
    }

    /// Closes what has been idle or incomplete for too long.
    fn check_deadlines(&mut self, now: Instant) -> Result<(), Close> {
        if self.armed.is_some_and(|(at, _)| at <= now) {
            self.armed = None;
        }
        self.retry = self.retry.filter(|&at| now < at);
        if self.muted.is_some_and(|until| until <= now) {
            // Time spent muted does not count as idle.
            (self.muted, self.active) = (None, now);
        }
        if self.sending.is_over(now) {
            return Err(Close::SlowRequest);
        }
        if (self.pending.is_empty() || !self.outbox.is_empty()) && self.idle_at() <= now {
            self.shard.broker.metrics.connections_closed_idle.increment(1);
            return Err(Close::Idle);
        }
        if self.taking.is_over(now) && self.shard.broker.budgets.responses.is_short() {
            return Err(Close::SlowReader);
        }
        Ok(())
    }

    fn idle_at(&self) -> Instant {
        let idle_max = self.shard.broker.config.connections_max_idle_ms;
        let active = self.muted.map_or(self.active, |until| until.max(self.active));
        Instant(active.0.saturating_add(idle_max.saturating_mul(1_000_000)))
    }

    /// Makes sure of being woken at the earliest deadline. An alarm that is set already and rings
    /// earlier is good enough: it rings, and the next one is set.
    fn arm(&mut self, now: Instant) {
        let fetch_due = self.fetches.due();
        let idle_at = Instant(self.idle_at().0.max(now.0 + 1_000_000_000));
        // A client that is too slow is looked at again for as long as memory is not short.
        let taken_at = self.taking.due().map(|due| due.max(Instant(now.0 + TAKING_CHECK_NANOS)));
        let causes =
            [Some(idle_at), self.sending.due(), taken_at, self.retry, self.muted, fetch_due];
        let Some(due) = causes.into_iter().flatten().min() else { return };
        if let Some((at, deadline)) = self.armed {
            if at <= due {
                return;
            }
            self.shard.cancel_deadline(deadline);
        }
        self.armed = Some((due, self.shard.await_deadline(due, &self.signal)));
    }

    /// Takes nothing in for as long as the client was told.
    fn mute(&mut self, throttle: Throttle, now: Instant) {
        if throttle.ms == 0 {
            return;
        }
        if let Some(limit) = throttle.cause {
            self.shard.broker.metrics.throttled(limit, throttle.ms);
        }
        let until = Instant(now.0.saturating_add(throttle.ms.saturating_mul(1_000_000)));
        self.muted = Some(self.muted.map_or(until, |muted| muted.max(until)));
    }

    /// Memory of a budget is used up: look again soon.
    fn retry_later(&mut self, now: Instant) {
        self.retry = Some(Instant(now.0 + MEMORY_RETRY_NANOS));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shard.broker.metrics.connections.decrement(1);
        let deadline = self.armed.map(|(_, deadline)| deadline);
        let awaited = self.fetches.take_awaited();
        self.shard.leave(&self.signal, deadline, awaited.into_iter());
    }
}

/// What an attempt to take in requests came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Received {
    Something,
    /// Nothing now; whatever brings more wakes the task.
    Nothing,
    /// There may be more, but it is others' turn.
    TurnSpent,
}
