//! A shard: one thread, one runtime, the connections that live on it.
//!
//! Everything here stays on its thread; other threads reach it through the channel of new
//! connections and through `partitions::ShardSignals`. One wake-up of the shard looks at the
//! watermark once and at the partitions that moved, and wakes only the connections concerned.

pub(crate) mod acks;
pub(crate) mod buffers;
pub(crate) mod deadlines;
pub(crate) mod signal;
pub(crate) mod topics;
pub(crate) mod waiters;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use broker_env::net::Released;
use broker_partitions::{ShardId, ShardSignals};
use protocol_types::{Instant, LocalId, Lsn};
use tokio::sync::{Notify, mpsc};

use self::{
    acks::{AckList, Acks},
    buffers::{AnswerBuffers, Buffers},
    deadlines::{Deadline, Deadlines},
    signal::Signal,
    topics::TopicCache,
    waiters::FetchWaiters,
};
use crate::{broker::Broker, budget::Permit, fetch::spare::SpareFetches, quotas::IpPlace};

/// A connection on its way from the acceptor to its shard.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) socket: Released,
    pub(crate) peer: std::net::SocketAddr,
    pub(crate) listener: usize,
    /// Its place among `max.connections`.
    pub(crate) place: Permit,
    /// Its place among those of its address.
    pub(crate) ip_place: IpPlace,
}

/// Size of a shard's scratch buffer: the most one read takes from a socket.
pub(crate) const SCRATCH_BYTES: usize = 256 << 10;

/// Connections handed to a shard and not adopted yet.
pub(crate) const HANDOVER_MAX: usize = 256;

/// What the acceptor knows of a shard.
#[derive(Debug)]
pub(crate) struct ShardHandle {
    pub(crate) connections: mpsc::Sender<Accepted>,
    /// Connections it holds.
    pub(crate) load: Arc<AtomicUsize>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) id: ShardId,
    pub(crate) broker: Arc<Broker>,
    /// Where sockets are read to; borrowed only while one read is handled.
    pub(crate) scratch: RefCell<Box<[u8]>>,
    pub(crate) buffers: RefCell<Buffers>,
    pub(crate) answers: RefCell<AnswerBuffers>,
    pub(crate) spare_fetches: RefCell<SpareFetches>,
    pub(crate) topics: RefCell<TopicCache>,
    signals: Arc<ShardSignals>,
    acks: RefCell<AckList<Acks, Rc<Signal>>>,
    waiters: RefCell<FetchWaiters>,
    deadlines: RefCell<Deadlines<Rc<Signal>>>,
    /// The timer must look at the deadlines again.
    earlier: Notify,
    load: Arc<AtomicUsize>,
    draining: Cell<bool>,
    /// Woken when the last connection of a draining shard has closed.
    empty: Notify,
    /// All connections, so that a drain reaches them.
    connections: RefCell<Vec<Rc<Signal>>>,
}

impl Shard {
    pub(crate) fn new(id: ShardId, broker: Arc<Broker>, load: Arc<AtomicUsize>) -> Rc<Self> {
        Rc::new(Self {
            id,
            signals: Arc::clone(broker.partitions.signals()),
            broker,
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            buffers: RefCell::default(),
            answers: RefCell::default(),
            spare_fetches: RefCell::default(),
            topics: RefCell::default(),
            acks: RefCell::default(),
            waiters: RefCell::default(),
            deadlines: RefCell::default(),
            earlier: Notify::new(),
            load,
            draining: Cell::new(false),
            empty: Notify::new(),
            connections: RefCell::default(),
        })
    }

    /// A connection was opened.
    pub(crate) fn enter(&self, signal: &Rc<Signal>) {
        self.connections.borrow_mut().push(Rc::clone(signal));
    }

    /// A connection that was handed over could not be opened.
    pub(crate) fn not_opened(&self) {
        self.load.fetch_sub(1, Ordering::AcqRel);
    }

    /// A connection was closed: forgets it everywhere.
    pub(crate) fn leave(
        &self,
        signal: &Rc<Signal>,
        deadline: Option<Deadline>,
        awaited: impl Iterator<Item = LocalId>,
    ) {
        if let Some(deadline) = deadline {
            self.deadlines.borrow_mut().cancel(deadline);
        }
        self.forget_awaited(awaited, signal);
        let mut connections = self.connections.borrow_mut();
        if let Some(at) = connections.iter().position(|other| Rc::ptr_eq(other, signal)) {
            connections.swap_remove(at);
        }
        self.load.fetch_sub(1, Ordering::AcqRel);
        if connections.is_empty() {
            self.empty.notify_one();
        }
    }

    pub(crate) const fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Lets the connections finish; `limit` is the longest it takes.
    pub(crate) async fn drain(&self, limit: Duration) {
        self.draining.set(true);
        self.connections.borrow().iter().for_each(|signal| signal.wake());
        let emptied = async {
            while !self.connections.borrow().is_empty() {
                self.empty.notified().await;
            }
        };
        if tokio::time::timeout(limit, emptied).await.is_err() {
            let left = self.connections.borrow().len();
            tracing::warn!(
                shard = self.id.0,
                left,
                "connections cut off that did not drain in time"
            );
        }
    }

    /// Wakes `signal` once `acks` are reached. The caller looks at them again afterwards.
    pub(crate) fn await_ack(&self, acks: Acks, signal: &Rc<Signal>) {
        if signal.await_ack() {
            self.acks.borrow_mut().push(acks, Rc::clone(signal));
        }
        self.signals.await_watermark(self.id);
    }

    /// Tells `signal` when `partition` moves, once.
    pub(crate) fn await_partition(&self, partition: LocalId, signal: &Rc<Signal>) {
        self.waiters.borrow_mut().insert(partition, signal);
    }

    /// Takes back [`Shard::await_partition`].
    pub(crate) fn forget_awaited(
        &self,
        awaited: impl Iterator<Item = LocalId>,
        signal: &Rc<Signal>,
    ) {
        let mut waiters = self.waiters.borrow_mut();
        awaited.for_each(|partition| waiters.remove(partition, signal));
    }

    /// Wakes `signal` at `at`.
    pub(crate) fn await_deadline(&self, at: Instant, signal: &Rc<Signal>) -> Deadline {
        let mut deadlines = self.deadlines.borrow_mut();
        if deadlines.next().is_none_or(|next| at < next) {
            self.earlier.notify_one();
        }
        deadlines.insert(at, Rc::clone(signal))
    }

    pub(crate) fn cancel_deadline(&self, deadline: Deadline) {
        self.deadlines.borrow_mut().cancel(deadline);
    }

    /// Wakes connections for watermarks reached and partitions moved, for ever.
    pub(crate) async fn follow_signals(self: Rc<Self>) {
        let mut touched = Vec::new();
        loop {
            self.signals.changed(self.id).await;
            self.signals.take_touched(self.id, &mut touched);
            touched.drain(..).for_each(|partition| self.moved(partition));
            self.drain_acks();
        }
    }

    /// Tells the fetches that wait on `partition`, but for those that lack more than can have come in.
    fn moved(&self, local: LocalId) {
        let (partitions, mut waiters) = (&self.broker.partitions, self.waiters.borrow_mut());
        let Some(partition) = partitions.partition(local) else {
            // Deleted: everybody is to learn it.
            waiters.moved(local, Lsn(u64::MAX));
            return;
        };
        if waiters.moved(local, partitions.published()) {
            partition.await_move(self.id);
            // What came in between the look and this call tells nobody, so look again.
            waiters.moved(local, partitions.published());
        }
    }

    fn drain_acks(&self) {
        let partitions = &self.broker.partitions;
        loop {
            let mut acks = self.acks.borrow_mut();
            acks.drain(|acks| acks.reached(partitions), |signal| signal.acked());
            if acks.is_empty() {
                return;
            }
            // What is left waits for the next movement; one between the look above and this call
            // would wake nobody, so look again.
            self.signals.await_watermark(self.id);
            if !acks.any(|acks| acks.reached(partitions)) {
                return;
            }
        }
    }

    /// Wakes connections whose deadline has passed, for ever.
    pub(crate) async fn follow_deadlines(self: Rc<Self>) {
        loop {
            let now = self.broker.clock.now();
            while let Some(signal) = self.deadlines.borrow_mut().pop_passed(now) {
                signal.wake();
            }
            let next = self.deadlines.borrow().next();
            match next {
                None => self.earlier.notified().await,
                Some(next) => {
                    let span = Duration::from_nanos(next.nanos_since(now));
                    // Either way the deadlines are looked at again.
                    let _ = tokio::time::timeout(span, self.earlier.notified()).await;
                }
            }
        }
    }
}
