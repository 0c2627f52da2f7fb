use std::collections::BTreeMap;
use std::sync::Arc;

use broker_env::sim::Rng;
use broker_metadata::{Delta, Image};
use bytes::Bytes;
use protocol_types::Timestamp;
use rstest::rstest;
use tokio::sync::oneshot::{self, Receiver, error::TryRecvError};

use super::*;
use crate::machine::{Cursor, ReplayError};
use crate::testing::MemoryLog;

const SHARD: ShardIndex = ShardIndex(0);
const NOW: Now = Now { instant: Instant(0), wall: Timestamp(1) };

/// A map whose entries are records. A `Wait` is answered by the next `Set`.
#[derive(Debug, Default)]
pub(crate) struct Map {
    entries: BTreeMap<Bytes, Bytes>,
    waiting: Vec<Token>,
}

#[derive(Debug)]
pub(crate) enum Ask {
    Set(&'static str, Bytes),
    Remove(&'static str),
    Get(&'static str),
    Wait,
}

impl Machine for Map {
    type Request = Ask;
    type Reply = Option<Bytes>;

    fn handle(&mut self, _: Now, token: Token, request: Ask, out: &mut Outcome<Self::Reply>) {
        match request {
            Ask::Set(key, value) => {
                let key = Bytes::from_static(key.as_bytes());
                out.records.push(Record { key, value: Some(value) });
                for token in self.waiting.drain(..).chain([token]) {
                    out.reply(token, None);
                }
            }
            Ask::Remove(key) => {
                out.records.push(Record { key: Bytes::from_static(key.as_bytes()), value: None });
                out.reply(token, None);
            }
            Ask::Get(key) => out.reply(token, self.entries.get(key.as_bytes()).cloned()),
            Ask::Wait => self.waiting.push(token),
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn on_deadline(&mut self, _: Now, _: &mut Outcome<Self::Reply>) {}

    fn replay(&mut self, _: Origin, record: &Record, _: Timestamp) -> Result<(), ReplayError> {
        match record.value.clone() {
            Some(value) => self.entries.insert(record.key.clone(), value),
            None => self.entries.remove(&record.key),
        };
        Ok(())
    }

    fn loaded(&mut self, _: Now, _: &Arc<Image>, _: &mut Outcome<Self::Reply>) {}

    fn image_changed(&mut self, _: Now, _: &Arc<Image>, _: &Delta, _: &mut Outcome<Self::Reply>) {}

    fn live_records(
        &self,
        cursor: Option<Cursor>,
        limit: usize,
        visit: &mut dyn FnMut(Record),
    ) -> Option<Cursor> {
        let mut left = limit;
        for (key, value) in &self.entries {
            if cursor.as_ref().is_some_and(|cursor| *key <= cursor.0) {
                continue;
            }
            visit(Record { key: key.clone(), value: Some(value.clone()) });
            left = left.saturating_sub(key.len() + value.len());
            if left == 0 {
                return Some(Cursor(key.clone()));
            }
        }
        None
    }
}

/// A shard over a log, driven by hand.
struct Bench {
    log: MemoryLog,
    shard: Shard<Map>,
    ready: Vec<Ready<Option<Bytes>>>,
}

type Answer = Receiver<Result<Option<Bytes>, CoordinatorError>>;

impl Bench {
    fn new(log: MemoryLog) -> Self {
        let mut map = Map::default();
        let loaded = log.load(SHARD, &mut |record, at| map.replay(Origin::Load, record, at));
        let shard = Shard::new(SHARD, map, loaded.unwrap());
        Self { log, shard, ready: Vec::new() }
    }

    fn step<T>(
        &mut self,
        act: impl FnOnce(&mut Shard<Map>, &mut Step<'_, Option<Bytes>>) -> T,
    ) -> T {
        let mut step = Step { log: &self.log, now: NOW, ready: &mut self.ready };
        act(&mut self.shard, &mut step)
    }

    fn ask(&mut self, request: Ask) -> Answer {
        let (caller, answer) = oneshot::channel();
        self.step(|shard, step| shard.request(request, caller, step));
        answer
    }

    /// Gives what is durable, as the keeper does.
    fn give(&mut self) {
        let durable = self.log.durable();
        for ready in self.ready.extract_if(.., |ready| ready.after <= durable) {
            ready.caller.send(ready.reply).unwrap();
        }
    }

    /// Writes live records again for as long as that goes on.
    fn reappend(&mut self) {
        while self.shard.wants_reappend() && self.step(|shard, step| shard.reappend(step)) {}
    }

    fn entries(&self) -> BTreeMap<Bytes, Bytes> {
        self.shard.machine.entries.clone()
    }
}

fn value(size: usize) -> Bytes {
    Bytes::from(vec![7; size])
}

#[test]
fn coord_1_no_reply_leaves_before_what_was_decided_before_it_is_durable() {
    let mut bench = Bench::new(MemoryLog::new(1).syncing_when_told());
    let mut set = bench.ask(Ask::Set("a", value(3)));
    let mut read = bench.ask(Ask::Get("a"));
    bench.give();
    assert_eq!(set.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(read.try_recv(), Err(TryRecvError::Empty), "it saw what is not durable");

    bench.log.sync();
    bench.give();
    assert_eq!(set.try_recv().unwrap(), Ok(None));
    assert_eq!(read.try_recv().unwrap(), Ok(Some(value(3))));
}

#[test]
fn a_reply_that_comes_later_is_given_once() {
    let mut bench = Bench::new(MemoryLog::new(1));
    let mut waiting = bench.ask(Ask::Wait);
    bench.give();
    assert_eq!(waiting.try_recv(), Err(TryRecvError::Empty));
    drop(bench.ask(Ask::Wait));
    bench.ask(Ask::Set("a", value(1))).close();
    assert_eq!(bench.ready.len(), 3, "also those whose callers are gone");
    let durable = bench.log.durable();
    for ready in bench.ready.drain(..) {
        assert!(ready.after <= durable);
        let _ = ready.caller.send(ready.reply);
    }
    assert_eq!(waiting.try_recv().unwrap(), Ok(None));
}

#[test]
fn without_room_decisions_wait_in_order_and_then_requests_are_refused() {
    let mut bench = Bench::new(MemoryLog::new(1));
    bench.log.set_room(false);
    let mut answers: Vec<_> = (0..10).map(|_| bench.ask(Ask::Set("a", value(1 << 20)))).collect();
    let mut read = bench.ask(Ask::Get("a"));
    bench.give();
    let refused =
        |answer: &mut Answer| matches!(answer.try_recv(), Ok(Err(CoordinatorError::NotAvailable)));
    assert_eq!(answers.iter_mut().map(refused).filter(|refused| *refused).count(), 2);
    assert!(refused(&mut read), "nothing is read past what waits");

    bench.log.set_room(true);
    bench.step(|shard, step| shard.place(step));
    bench.give();
    assert!(!bench.shard.is_starved());
    let given = answers.iter_mut().map(|answer| matches!(answer.try_recv(), Ok(Ok(None))));
    assert_eq!(given.filter(|given| *given).count(), 8);
}

#[test]
fn a_record_that_can_never_be_stored_is_refused_and_not_taken_in() {
    let mut bench = Bench::new(MemoryLog::new(1));
    let mut answer = bench.ask(Ask::Set("a", value(3 << 20)));
    bench.give();
    assert_eq!(answer.try_recv().unwrap(), Err(CoordinatorError::TooLarge));
    assert!(bench.entries().is_empty());
    assert_eq!(bench.log.bytes(SHARD), 0);
}

#[test]
fn a_closed_shard_refuses_whoever_waits() {
    let mut bench = Bench::new(MemoryLog::new(1));
    let mut waiting = bench.ask(Ask::Wait);
    let Bench { shard, mut ready, .. } = bench;
    shard.close(&mut ready);
    for ready in ready {
        ready.caller.send(ready.reply).unwrap();
    }
    assert_eq!(waiting.try_recv().unwrap(), Err(CoordinatorError::NotCoordinator));
}

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Whatever a crash keeps, a load yields the state after the last decision it kept, also while
/// live records are written again.
#[rstest]
#[case::no_entry_lives_long(1, 0)]
#[case::most_entries_live(2, 6)]
#[case::chunks_of_one_record(3, 3)]
fn a_load_after_any_crash_yields_what_was_decided(#[case] seed: u64, #[case] kept: u64) {
    let mut rng = Rng::new(seed);
    let mut bench = Bench::new(MemoryLog::new(1));
    let mut states = vec![(Lsn(0), BTreeMap::new())];
    let mut largest = 0;
    for _ in 0..300 {
        let key = KEYS[usize::try_from(rng.below(6)).unwrap()];
        let size = usize::try_from(rng.below(60_000)).unwrap();
        let request = match rng.below(7) < kept + 1 {
            true => Ask::Set(key, value(size)),
            false => Ask::Remove(key),
        };
        drop(bench.ask(request));
        states.push((bench.log.head(), bench.entries()));
        // One chunk between two requests, as the keeper does; sometimes none.
        if rng.below(3) > 0 && bench.shard.wants_reappend() {
            bench.step(|shard, step| shard.reappend(step));
        }
        largest = largest.max(bench.log.bytes(SHARD));
    }
    // What lives, twice that, the floor, and what comes in while a walk is under way.
    assert!(largest < 4 << 20, "the log grew to {largest}");
    for point in bench.log.crash_points() {
        let loaded = Bench::new(bench.log.crashed(point));
        let (_, expected) = states.iter().rev().find(|(end, _)| *end <= point).unwrap();
        assert_eq!(loaded.entries(), *expected, "crash at {point:?}");
    }
}

#[test]
fn a_log_of_nothing_but_the_past_is_given_up_whole() {
    let mut bench = Bench::new(MemoryLog::new(1));
    for _ in 0..40 {
        drop(bench.ask(Ask::Set("a", value(50_000))));
    }
    drop(bench.ask(Ask::Remove("a")));
    assert!(bench.shard.wants_reappend());
    bench.reappend();
    assert!(!bench.shard.wants_reappend());
    assert_eq!(bench.log.bytes(SHARD), 0);

    // What comes then is found behind the raised log start.
    drop(bench.ask(Ask::Set("b", value(5))));
    let loaded = Bench::new(bench.log.crashed(bench.log.head()));
    assert_eq!(loaded.entries(), bench.entries());
}

/// A record that was stored in a larger ring: the walk ends, and requests go on.
#[test]
fn a_record_that_no_longer_fits_ends_the_walk() {
    let mut bench = Bench::new(MemoryLog::new(1));
    drop(bench.ask(Ask::Set("a", value(1 << 20))));
    let log = bench.log.crashed(bench.log.head()).taking_records_of(100 << 10);
    let mut bench = Bench::new(log);
    while !bench.shard.wants_reappend() {
        drop(bench.ask(Ask::Set("b", value(50_000))));
    }
    bench.reappend();
    assert!(!bench.shard.wants_reappend(), "it would be asked again at once");
    drop(bench.ask(Ask::Set("c", value(1))));
    let loaded = Bench::new(bench.log.crashed(bench.log.head()));
    assert_eq!(loaded.entries(), bench.entries());
}

#[test]
fn writing_again_waits_for_room_and_for_the_disk() {
    let mut bench = Bench::new(MemoryLog::new(1));
    for key in KEYS.iter().cycle().take(40) {
        drop(bench.ask(Ask::Set(key, value(50_000))));
    }
    let before = bench.log.bytes(SHARD);
    bench.log.set_room(false);
    bench.reappend();
    assert_eq!(bench.log.bytes(SHARD), before, "nothing is given up before it is written again");

    bench.log.set_room(true);
    bench.reappend();
    assert!(bench.log.bytes(SHARD) < before);
    let loaded = Bench::new(bench.log.crashed(bench.log.head()));
    assert_eq!(loaded.entries(), bench.entries());
    assert!(!loaded.shard.wants_reappend(), "a load does not count what lives as past");
}
