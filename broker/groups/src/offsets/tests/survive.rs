//! What a crash leaves: state after a load is state before, at every point of the log.

use broker_coordinator::{Cursor, Machine, Record};
use broker_env::sim::Rng;
use rstest::rstest;

use super::bench::{Bench, CHECK_MS, RETENTION_MS, T, load, one};
use crate::GroupMachine;
use crate::offsets::Commit;

/// Offsets and groups as they compare.
fn state(machine: &GroupMachine) -> (Vec<String>, Vec<String>) {
    let offsets = machine.offsets().iter().map(|entry| format!("{entry:?}")).collect();
    let groups = machine.groups().map(|(id, group)| format!("{id} {}", group.is_empty())).collect();
    (offsets, groups)
}

/// A whole walk over the live records, in chunks of `limit` bytes.
fn walk(machine: &GroupMachine, limit: usize) -> Vec<Record> {
    let mut records = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        cursor = machine.live_records(cursor, limit, &mut |record| records.push(record));
        if cursor.is_none() {
            return records;
        }
    }
}

fn act(bench: &mut Bench, rng: &mut Rng) {
    let number = |below: u64, rng: &mut Rng| u32::try_from(rng.below(below)).unwrap();
    let group = ["a", "b", "c"][number(3, rng) as usize];
    let topic = ["t", "u"][number(2, rng) as usize];
    let partition = number(4, rng);
    match rng.below(20) {
        0 => drop(bench.delete(group, topic, partition)),
        1 => bench.pass(rng.below(RETENTION_MS)),
        2 => {
            let retention_ms = Some(rng.below(RETENTION_MS));
            drop(bench.commit(Commit { retention_ms, ..one(group, topic, partition, 1) }));
        }
        3 if bench.image.topic("t").is_some() => bench.delete_topic(T),
        4 if bench.image.topic("t").is_none() => bench.create_topic("t", T),
        _ if topic == "t" && bench.image.topic("t").is_none() => {}
        _ => bench.set(group, topic, partition, rng.below(1000).cast_signed()),
    }
}

#[rstest]
fn a_load_yields_the_state_of_every_moment(#[values(1, 2, 3, 4, 5)] seed: u64) {
    let mut bench = Bench::new();
    let mut rng = Rng::new(seed);
    for _ in 0..150 {
        act(&mut bench, &mut rng);
        let before = state(&bench.machine);
        assert_eq!(state(&load(&bench.log, &bench.image)), before);
        // Live records alone, written in pieces, yield the same.
        let limit = usize::try_from(rng.below(500)).unwrap();
        let live = walk(&bench.machine, limit);
        let (offsets, _) = state(&load(&live, &bench.image));
        assert_eq!(offsets, before.0, "pieces of {limit} bytes");
    }
    bench.pass(2 * RETENTION_MS + CHECK_MS);
}

/// Records are written again between requests: what a walk that began long ago yields is older than
/// what was committed meanwhile, and must not win.
#[rstest]
fn commits_amid_a_walk_win(#[values(11, 12, 13, 14, 15)] seed: u64) {
    let mut bench = Bench::new();
    let mut rng = Rng::new(seed);
    for _ in 0..60 {
        act(&mut bench, &mut rng);
    }
    let from = bench.log.len();
    let mut cursor = None;
    loop {
        let mut chunk = Vec::new();
        cursor = bench.machine.live_records(cursor, 100, &mut |record| chunk.push(record));
        bench.log.extend(chunk);
        if cursor.is_none() {
            break;
        }
        act(&mut bench, &mut rng);
    }
    for _ in 0..20 {
        act(&mut bench, &mut rng);
    }
    let (offsets, _) = state(&load(&bench.log[from..], &bench.image));
    assert_eq!(offsets, state(&bench.machine).0);
}

#[test]
fn offsets_of_topics_that_went_while_nobody_looked_are_forgotten_at_the_load() {
    let mut bench = Bench::new();
    bench.set("g", "t", 0, 1);
    bench.set("g", "u", 0, 2);
    let log = bench.log.clone();
    bench.delete_topic(T);
    let mut loaded = load(&log, &bench.image);
    let mut out = broker_coordinator::Outcome::default();
    loaded.loaded(bench.now(), &bench.image, &mut out);
    assert_eq!(out.records, bench.log[log.len()..], "the same tombstones as if it had looked");
}
