//! One shard at work: the machine, what it decided and could not place yet, and who waits for it.
//!
//! Decisions leave in their order: each is replayed at once, appended as soon as the log has room,
//! and its replies are handed out with the position that must be durable before they are given.
//! Appends are its only side effect; they do not block. Invariant COORD-1: a reply never leaves
//! with a position below the end of any record that was decided before it.

use std::collections::VecDeque;

use broker_env::HashMap;
use protocol_types::{Instant, Lsn, Offset};
use tokio::sync::oneshot;

use crate::error::CoordinatorError;
use crate::log::{AppendRefusal, CoordinatorLog, Loaded};
use crate::machine::{Machine, Now, Origin, Outcome, Record, Token};
use crate::reappend::Reappend;
use crate::routing::ShardIndex;

/// Bytes of decisions that may wait for room before requests are refused.
const PENDING_BYTES_MAX: u64 = 8 << 20;
/// Batches are cut at this size where a decision is larger: consumers read the topic, too.
const BATCH_BYTES_MAX: u64 = 1 << 20;

/// Where a reply goes. The caller may be gone; then nobody wants it.
pub(crate) type Caller<R> = oneshot::Sender<Result<R, CoordinatorError>>;

/// A reply, and what must be durable before it is given.
#[derive(Debug)]
pub(crate) struct Ready<R> {
    pub(crate) caller: Caller<R>,
    pub(crate) reply: Result<R, CoordinatorError>,
    pub(crate) after: Lsn,
}

/// A decision that waits for room.
#[derive(Debug)]
struct Decided<R> {
    records: VecDeque<Record>,
    replies: Vec<(Token, R)>,
}

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Shard<M: Machine> {
    index: ShardIndex,
    machine: M,
    callers: HashMap<Token, Caller<M::Reply>>,
    next_token: u64,
    pending: VecDeque<Decided<M::Reply>>,
    pending_bytes: u64,
    /// End of the last batch that was placed.
    end: Lsn,
    /// Offset of the next record.
    next_offset: Offset,
    reappend: Reappend,
}

/// What the outside needs for one step.
#[derive(Debug)]
pub(crate) struct Step<'a, R> {
    pub(crate) log: &'a dyn CoordinatorLog,
    pub(crate) now: Now,
    pub(crate) ready: &'a mut Vec<Ready<R>>,
}

impl<M: Machine> Shard<M> {
    /// A shard whose machine took in what `loaded` describes.
    pub(crate) fn new(index: ShardIndex, machine: M, loaded: Loaded) -> Self {
        let live = live_bytes(&machine);
        Self {
            index,
            machine,
            callers: HashMap::default(),
            next_token: 0,
            pending: VecDeque::new(),
            pending_bytes: 0,
            end: Lsn(0),
            next_offset: loaded.end,
            reappend: Reappend::after_load(loaded.bytes, live),
        }
    }

    pub(crate) const fn machine(&self) -> &M {
        &self.machine
    }

    /// Has the machine decide a request.
    pub(crate) fn request(
        &mut self,
        request: M::Request,
        caller: Caller<M::Reply>,
        step: &mut Step<'_, M::Reply>,
    ) {
        if self.pending_bytes >= PENDING_BYTES_MAX {
            let reply = Err(CoordinatorError::NotAvailable);
            step.ready.push(Ready { caller, reply, after: Lsn(0) });
            return;
        }
        let token = Token(self.next_token);
        self.next_token += 1;
        self.callers.insert(token, caller);
        let now = step.now;
        self.decide(step, |machine, out| machine.handle(now, token, request, out));
    }

    /// Has the machine decide something, and carries it out as far as there is room.
    pub(crate) fn decide(
        &mut self,
        step: &mut Step<'_, M::Reply>,
        decide: impl FnOnce(&mut M, &mut Outcome<M::Reply>),
    ) {
        let mut out = Outcome::default();
        decide(&mut self.machine, &mut out);
        let Outcome { records, replies } = out;
        let limit = step.log.record_bytes_max();
        if let Some(large) = records.iter().find(|record| record.size() > limit) {
            let bytes = large.size();
            tracing::error!(shard = self.index.0, bytes, limit, "a record is too large to store");
            self.refuse(replies, CoordinatorError::TooLarge, step);
            return;
        }
        for record in &records {
            let replayed = self.machine.replay(Origin::Own, record, step.now.wall);
            if let Err(error) = replayed {
                panic!("a coordinator does not understand its own record: {error}");
            }
        }
        self.pending_bytes += records.iter().map(Record::size).sum::<u64>();
        self.pending.push_back(Decided { records: records.into(), replies });
        self.place(step);
    }

    /// Appends what waits, in order, as far as there is room.
    pub(crate) fn place(&mut self, step: &mut Step<'_, M::Reply>) {
        while let Some(mut decided) = self.pending.pop_front() {
            match self.append(&mut decided.records, step) {
                Ok(()) => self.answer(decided.replies, step),
                Err(AppendRefusal::NoRoom) => {
                    self.pending.push_front(decided);
                    return;
                }
                Err(AppendRefusal::Gone | AppendRefusal::TooLarge) => {
                    self.pending_bytes -= decided.records.iter().map(Record::size).sum::<u64>();
                    self.refuse(decided.replies, CoordinatorError::NotCoordinator, step);
                }
            }
        }
    }

    /// Whether decisions wait for room.
    pub(crate) fn is_starved(&self) -> bool {
        !self.pending.is_empty()
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.machine.next_deadline()
    }

    /// Refuses everybody who waits: the shard ends.
    pub(crate) fn close(self, ready: &mut Vec<Ready<M::Reply>>) {
        for (_, caller) in self.callers {
            let reply = Err(CoordinatorError::NotCoordinator);
            ready.push(Ready { caller, reply, after: Lsn(0) });
        }
    }

    /// Whether the log holds so much that is no longer true that its live part is written again, or
    /// that is under way.
    pub(crate) fn wants_reappend(&self) -> bool {
        self.reappend.is_due() || self.reappend.is_running()
    }

    /// Goes on with writing the live records again, by one chunk. Answers whether it could: it waits
    /// for room, and for the last chunk to be durable.
    pub(crate) fn reappend(&mut self, step: &mut Step<'_, M::Reply>) -> bool {
        if let Some((from, end)) = self.reappend.written() {
            if step.log.durable() < end {
                return false;
            }
            step.log.raise_log_start(self.index, from);
            self.reappend.finish();
            return true;
        }
        // What was decided before must lie in front of what is written again.
        if self.is_starved() {
            return false;
        }
        let from = self.next_offset;
        let Some(cursor) = self.reappend.begin_or_continue(from) else { return true };
        let mut records = VecDeque::new();
        let next = self.machine.live_records(cursor, Reappend::CHUNK, &mut |record| {
            records.push_back(record);
        });
        let bytes = records.iter().map(Record::size).sum();
        match self.append_all(&mut records, step) {
            Ok(()) => {
                self.reappend.advance(bytes, next, self.end);
                true
            }
            // Written in part or not at all: the chunk is written again, which harms nobody.
            Err(AppendRefusal::NoRoom | AppendRefusal::Gone) => false,
            // It never fits. What was written stays true, and so does the log in front of it.
            Err(AppendRefusal::TooLarge) => {
                tracing::error!(shard = self.index.0, "a live record is too large to write again");
                self.reappend.abandon();
                false
            }
        }
    }

    fn append(
        &mut self,
        records: &mut VecDeque<Record>,
        step: &Step<'_, M::Reply>,
    ) -> Result<(), AppendRefusal> {
        let before: u64 = records.iter().map(Record::size).sum();
        let appended = self.append_all(records, step);
        let placed = before - records.iter().map(Record::size).sum::<u64>();
        self.pending_bytes -= placed;
        self.reappend.appended(placed);
        appended
    }

    /// Appends all records, in batches, and leaves those there was no room for.
    fn append_all(
        &mut self,
        records: &mut VecDeque<Record>,
        step: &Step<'_, M::Reply>,
    ) -> Result<(), AppendRefusal> {
        while !records.is_empty() {
            let mut bytes = 0;
            let fitting = records.iter().take_while(|record| {
                bytes += record.size();
                bytes <= BATCH_BYTES_MAX
            });
            let count = fitting.count().max(1);
            let batch = records.make_contiguous().get(..count).unwrap_or_default();
            let placed = step.log.append(self.index, step.now.wall, batch)?;
            records.drain(..count);
            self.end = placed.end;
            self.next_offset = Offset(placed.base.0 + count as u64);
        }
        Ok(())
    }

    fn answer(&mut self, replies: Vec<(Token, M::Reply)>, step: &mut Step<'_, M::Reply>) {
        for (token, reply) in replies {
            let caller = self.callers.remove(&token);
            assert!(caller.is_some(), "{token:?} is answered twice");
            let Some(caller) = caller else { continue };
            step.ready.push(Ready { caller, reply: Ok(reply), after: self.end });
        }
    }

    fn refuse(
        &mut self,
        replies: Vec<(Token, M::Reply)>,
        error: CoordinatorError,
        step: &mut Step<'_, M::Reply>,
    ) {
        for (token, _) in replies {
            if let Some(caller) = self.callers.remove(&token) {
                step.ready.push(Ready { caller, reply: Err(error), after: Lsn(0) });
            }
        }
    }
}

/// What a whole walk over the live records would write.
fn live_bytes(machine: &impl Machine) -> u64 {
    let mut bytes = 0;
    let mut cursor = None;
    loop {
        cursor =
            machine.live_records(cursor, Reappend::CHUNK, &mut |record| bytes += record.size());
        if cursor.is_none() {
            return bytes;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
