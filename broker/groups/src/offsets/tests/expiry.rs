//! Offsets that nobody needs any more, and groups that go with them.

use super::bench::{Bench, CHECK_MS, RETENTION_MS, codes, one};
use crate::offsets::Commit;

#[test]
fn offsets_of_a_simple_group_expire_one_by_one_and_the_group_with_the_last() {
    let mut bench = Bench::new();
    bench.set("g", "t", 0, 1);
    bench.pass(RETENTION_MS / 2);
    bench.set("g", "t", 1, 2);
    bench.pass(RETENTION_MS / 2 + CHECK_MS);
    assert_eq!(bench.get("g", "t", 0), None);
    assert_eq!(bench.get("g", "t", 1), Some(2));
    assert_eq!(bench.groups(), ["g"]);

    bench.pass(RETENTION_MS / 2 + CHECK_MS);
    assert_eq!(bench.get("g", "t", 1), None);
    assert!(bench.groups().is_empty());
    assert!(bench.machine.offsets().is_empty());
}

#[test]
fn a_commit_renews_an_offset() {
    let mut bench = Bench::new();
    bench.set("g", "t", 0, 1);
    for _ in 0..4 {
        bench.pass(RETENTION_MS - CHECK_MS);
        bench.set("g", "t", 0, 1);
    }
    assert_eq!(bench.get("g", "t", 0), Some(1));
}

#[test]
fn a_commit_with_a_retention_of_its_own_expires_by_it() {
    let mut bench = Bench::new();
    let commit = Commit { retention_ms: Some(RETENTION_MS / 10), ..one("g", "t", 0, 1) };
    drop(codes(bench.commit(commit)));
    let commit = Commit { retention_ms: Some(RETENTION_MS * 10), ..one("g", "t", 1, 1) };
    drop(codes(bench.commit(commit)));
    bench.pass(RETENTION_MS / 10 + CHECK_MS);
    assert_eq!(bench.get("g", "t", 0), None);
    bench.pass(RETENTION_MS * 2);
    assert_eq!(bench.get("g", "t", 1), Some(1));
}

#[test]
fn a_look_that_finds_too_much_goes_on_at_once() {
    let mut bench = Bench::new();
    let mut commit = one("", "t", 0, 1);
    let partition = commit.topics[0].1[0].clone();
    commit.topics[0].1 = (0..6000)
        .map(|index| {
            let mut partition = partition.clone();
            partition.0.0 = index;
            partition
        })
        .collect();
    for group in ["a", "b", "c", "d"] {
        drop(bench.commit(Commit { group: group.into(), ..commit.clone() }));
    }
    assert_eq!(bench.machine.offsets().len(), 24_000);
    bench.pass(RETENTION_MS + CHECK_MS);
    assert!(bench.machine.offsets().is_empty());
    assert!(bench.groups().is_empty());
}
