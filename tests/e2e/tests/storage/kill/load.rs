//! Idempotent producers that go on over any number of restarts.
//!
//! A producer keeps at most five batches unacknowledged. When its connection breaks, or the broker
//! refuses for a while, it connects again and sends all of them once more, in their order and with
//! their sequences: the broker has to tell which of them it knows.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Error, Result, bail, ensure};
use broker_env::sim::Rng;
use broker_env::{Clock, OsClock};
use bytes::Bytes;
use protocol_records::ProducerStamp;
use protocol_types::{ErrorCode, ProducerEpoch, ProducerId};
use tests_e2e::client::{Client, Produced};
use tests_e2e::payload::{Stamp, batch, sequence};

use super::checker::Acknowledged;
use super::{PARTITIONS, TOPIC};

/// Batches a producer has on the wire at a time: what Kafka's producers do, and as many as a
/// broker remembers.
const WINDOW: usize = 5;
/// No acknowledgement for so long means that the broker hangs.
const PROGRESS_LIMIT: Duration = Duration::from_secs(60);
const RECONNECT: Duration = Duration::from_millis(5);

/// What producers and the killer share.
pub(super) struct Load {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    broker: SocketAddr,
    acknowledged: u64,
    /// The end of the highest acknowledged batch, by partition.
    ends: Vec<i64>,
    is_stopping: bool,
    has_failed: bool,
}

impl Load {
    pub(super) fn new(broker: SocketAddr) -> Self {
        let ends = (0..PARTITIONS).map(|_| 0).collect();
        let state = State { broker, acknowledged: 0, ends, is_stopping: false, has_failed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for `more` acknowledged batches.
    pub(super) fn wait_acknowledged(&self, more: u64) -> Result<()> {
        let mut state = self.lock();
        let goal = state.acknowledged + more;
        while state.acknowledged < goal {
            ensure!(!state.has_failed, "a producer has failed");
            let before = state.acknowledged;
            let waited = self.changed.wait_timeout(state, PROGRESS_LIMIT);
            let (locked, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = locked;
            let hangs = timeout.timed_out() && state.acknowledged == before;
            ensure!(!hangs, "nothing acknowledged for {PROGRESS_LIMIT:?}");
        }
        Ok(())
    }

    /// What must be readable, by partition: acknowledged before this call.
    pub(super) fn ends(&self) -> Vec<i64> {
        self.lock().ends.clone()
    }

    pub(super) fn restarted(&self, broker: SocketAddr) {
        self.lock().broker = broker;
    }

    /// Ends the load: producers finish what is unacknowledged, or drop it if `has_failed`.
    pub(super) fn stop(&self, has_failed: bool) {
        let mut state = self.lock();
        state.is_stopping = true;
        state.has_failed |= has_failed;
    }

    /// Lets the others know of a producer's failure.
    pub(super) fn fail_with<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.lock().has_failed = true;
            self.changed.notify_all();
        }
        result
    }

    fn acknowledged(&self, partition: i32, end: i64) {
        let mut state = self.lock();
        state.acknowledged += 1;
        if let Some(highest) = usize::try_from(partition).ok().and_then(|i| state.ends.get_mut(i)) {
            *highest = end.max(*highest);
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch that is not acknowledged yet.
struct Unacknowledged {
    partition: i32,
    first: Stamp,
    count: u32,
    batch: Bytes,
}

/// One idempotent producer.
pub(super) struct Producer {
    number: u32,
    rng: Rng,
    identity: Option<(ProducerId, ProducerEpoch)>,
    /// Number of the next record, by partition.
    next: Vec<u64>,
    /// In the order of their first sending.
    unacknowledged: VecDeque<Unacknowledged>,
    acknowledged: Vec<Acknowledged>,
}

impl Producer {
    pub(super) fn new(number: u32, seed: u64) -> Self {
        Self {
            number,
            rng: Rng::new(seed ^ (u64::from(number) << 32)),
            identity: None,
            next: (0..PARTITIONS).map(|_| 0).collect(),
            unacknowledged: VecDeque::new(),
            acknowledged: Vec::new(),
        }
    }

    /// Produces until the load stops; returns what was acknowledged.
    pub(super) fn run(mut self, load: &Load) -> Result<Vec<Acknowledged>> {
        loop {
            let (broker, failed) = {
                let state = load.lock();
                (state.broker, state.has_failed)
            };
            ensure!(!failed, "given up");
            match self.session(broker, load) {
                Ok(()) => return Ok(self.acknowledged),
                Err(error) if is_disconnect(&error) => OsClock.sleep(RECONNECT),
                Err(error) => return Err(error),
            }
        }
    }

    /// One connection: sends again what was not acknowledged, then goes on.
    fn session(&mut self, broker: SocketAddr, load: &Load) -> Result<()> {
        let mut client = Client::connect(broker)?;
        let (id, epoch) = match self.identity {
            Some(identity) => identity,
            None => *self.identity.insert(client.init_producer_id()?),
        };
        let mut on_wire = VecDeque::new();
        loop {
            while self.unacknowledged.len() < WINDOW && !load.lock().is_stopping {
                let next = self.next_batch(id, epoch)?;
                self.unacknowledged.push_back(next);
            }
            for unsent in self.unacknowledged.iter().skip(on_wire.len()) {
                let batch = unsent.batch.clone();
                on_wire.push_back(client.send_produce(TOPIC, unsent.partition, batch)?);
            }
            let Some(correlation_id) = on_wire.pop_front() else { return Ok(()) };
            let produced = client.receive_produced(correlation_id)?;
            self.acknowledge(&produced, load)?;
        }
    }

    fn acknowledge(&mut self, produced: &Produced, load: &Load) -> Result<()> {
        let Some(batch) = self.unacknowledged.front() else { bail!("unasked answer") };
        let base_offset = match produced.error {
            0 => Some(produced.base_offset),
            error if error == ErrorCode::DuplicateSequenceNumber.to_wire() => None,
            error if is_retriable(error) => {
                return Err(io::Error::new(io::ErrorKind::ConnectionReset, "try again").into());
            }
            _ => bail!("{:?} of {} records refused: {produced:?}", batch.first, batch.count),
        };
        let (partition, first, count) = (batch.partition, batch.first, batch.count);
        self.unacknowledged.pop_front();
        self.acknowledged.push(Acknowledged { partition, first, count, base_offset });
        load.acknowledged(partition, base_offset.map_or(0, |base| base + i64::from(count)));
        Ok(())
    }

    /// Mostly small batches of a few records; sometimes one that the ring copies outside its lock.
    fn next_batch(&mut self, id: ProducerId, epoch: ProducerEpoch) -> Result<Unacknowledged> {
        let place = usize::try_from(self.rng.below(self.next.len() as u64))?;
        let partition = i32::try_from(place)?;
        let Some(next) = self.next.get_mut(place) else { bail!("no partition {place}") };
        let (count, len) = if self.rng.below(50) == 0 {
            (1, 300_000 + self.rng.below(300_000))
        } else {
            (1 + self.rng.below(20), 12 + self.rng.below(1500))
        };
        let (count, len) = (u32::try_from(count)?, usize::try_from(len)?);
        let first = Stamp { writer: self.number * 1000 + u32::try_from(place)?, number: *next };
        let stamp = ProducerStamp { id, epoch, base_sequence: sequence(*next) };
        *next += u64::from(count);
        let batch = batch(first, count, len, OsClock.wall(), Some(stamp))?;
        Ok(Unacknowledged { partition, first, count, batch })
    }
}

/// A broken connection, against an answer that must not be or none at all.
fn is_disconnect(error: &Error) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    error.downcast_ref::<io::Error>().is_some_and(|e| !matches!(e.kind(), TimedOut | WouldBlock))
}

/// What a producer answers by sending again.
fn is_retriable(error: i16) -> bool {
    [
        ErrorCode::UnknownTopicOrPartition,
        ErrorCode::LeaderNotAvailable,
        ErrorCode::NotLeaderOrFollower,
        ErrorCode::RequestTimedOut,
        ErrorCode::NotEnoughReplicas,
        ErrorCode::KafkaStorageError,
        ErrorCode::ThrottlingQuotaExceeded,
    ]
    .iter()
    .any(|code| code.to_wire() == error)
}
