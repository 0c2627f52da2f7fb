//! Many commits of few offsets: log, disk and memory stay in proportion to the offsets that are there, not to the
//! commits that were. What a load reads is the log, so its bound is the load's; the time is printed alone.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;
use tests_e2e::length::number_from;

use super::TOPIC;

const OFFSETS_TOPIC: &str = "__consumer_offsets";
/// Each in a shard of its own, as far as its name allows.
const GROUPS_MAX: u64 = 4;
/// A group that gets fewer commits than this would not have to be written again: then there are fewer groups.
const COMMITS_PER_GROUP: u64 = 60_000;
const CONNECTIONS: u64 = 16;
/// Offsets in one commit.
const PARTITIONS: i32 = 10;
const ROUNDS: u64 = 10;
/// What a shard appends before it writes again is 1 MiB of records that take more than 60 bytes each; while it does, as
/// much may come in. Less than `COMMITS_PER_GROUP`, or nothing would be shown.
const RECORDS_PER_SHARD_MAX: i64 = 2 * (1 << 20) / 60;
/// Between the first round and the last: files come and go whole, and a ring of 16 MiB is touched as it is used.
const GROWTH_BYTES_MAX: u64 = 48 << 20;

/// What is seen of the broker between two rounds.
#[derive(Clone, Copy, Debug)]
struct Seen {
    records: i64,
    /// On disk beside the ring.
    disk_bytes: u64,
    resident_bytes: u64,
    load_millis: u64,
}

impl Seen {
    fn check(&self, first: &Self, groups: u64) -> Result<()> {
        let live = i64::from(PARTITIONS) * groups.cast_signed();
        let limit = live + RECORDS_PER_SHARD_MAX * groups.cast_signed();
        ensure!(self.records <= limit, "the log holds {} records for {live} offsets", self.records);
        let has_grown = |now: u64, before: u64| now > before + GROWTH_BYTES_MAX;
        ensure!(!has_grown(self.disk_bytes, first.disk_bytes), "disk: {first}, then {self}");
        ensure!(
            !has_grown(self.resident_bytes, first.resident_bytes),
            "memory: {first}, then {self}"
        );
        Ok(())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, disk_bytes, resident_bytes, load_millis } = self;
        let (disk, resident) = (disk_bytes >> 10, resident_bytes >> 20);
        write!(f, "{records} records, {disk} KiB on disk, {resident} MiB of memory, ")?;
        write!(f, "loaded in {load_millis} ms")
    }
}

#[test]
fn ten_times_the_commits_take_no_more_room() -> Result<()> {
    let commits = number_from("RINGTIDE_COMMITS", 60_000)?;
    let launch = Launch::new()?;
    let mut broker = launch.start()?;
    Client::connect(broker.kafka())?.create_topic(TOPIC, PARTITIONS, &[])?;
    let groups = (commits / COMMITS_PER_GROUP).clamp(1, GROUPS_MAX);
    let per_round = commits / ROUNDS;
    let mut last = 0;
    let mut first: Option<Seen> = None;
    for round in 1..=ROUNDS {
        last = commit(&broker, groups, per_round, last)?;
        let resident_bytes = broker.resident_bytes()?;
        broker = broker.kill()?.start()?;
        let load_millis = wait_loaded(&broker, groups, last)?;
        let seen = Seen {
            records: records(&broker)?,
            disk_bytes: disk_bytes(&launch.data_dir())?,
            resident_bytes,
            load_millis,
        };
        println!("commits: {} offsets, {seen}", round * per_round);
        seen.check(first.get_or_insert(seen), groups)?;
    }
    Ok(())
}

/// Commits `count` offsets from many connections, each behind `last`; returns the last one.
fn commit(broker: &Broker, groups: u64, count: u64, last: i64) -> Result<i64> {
    let each = count / CONNECTIONS / PARTITIONS.cast_unsigned() as u64;
    let run = |connection: u64| {
        let mut client = Client::connect(broker.kafka())?;
        let group = name(connection % groups);
        ensure!(client.find_coordinator(&group)?.0 == 0);
        for number in 1..=each.max(1) {
            let offset = last + number.cast_signed();
            let offsets = (0..PARTITIONS).map(|partition| (partition, offset));
            while client.commit_offsets(&group, TOPIC, offsets.clone())? != 0 {}
        }
        Ok(())
    };
    thread::scope(|scope| {
        let running: Vec<_> =
            (0..CONNECTIONS).map(|connection| scope.spawn(move || run(connection))).collect();
        let ended = running.into_iter().map(|running| running.join());
        ended.flat_map(|ended| ended.ok()).collect::<Result<Vec<()>>>()
    })
    .and_then(|ended| {
        ensure!(ended.len() as u64 == CONNECTIONS, "a connection panicked");
        Ok(())
    })?;
    Ok(last + each.max(1).cast_signed())
}

fn name(group: u64) -> String {
    format!("flat-{group}")
}

/// Asks every group until it answers with what was committed last.
fn wait_loaded(broker: &Broker, groups: u64, last: i64) -> Result<u64> {
    let began = OsClock.now();
    let mut client = Client::connect(broker.kafka())?;
    for group in (0..groups).map(name) {
        let partitions: Vec<i32> = (0..PARTITIONS).collect();
        let found = loop {
            let (error, found) = client.committed_offsets(&group, TOPIC, partitions.clone())?;
            if error == 0 {
                break found;
            }
            ensure!(error == 14, "{group}: error {error}");
        };
        ensure!(found.iter().all(|offset| *offset == last), "{group}: {found:?}, not {last}");
    }
    Ok(OsClock.now().nanos_since(began) / 1_000_000)
}

fn records(broker: &Broker) -> Result<i64> {
    let mut client = Client::connect(broker.kafka())?;
    let mut records = 0;
    for partition in 0..50 {
        records +=
            client.latest(OFFSETS_TOPIC, partition)? - client.earliest(OFFSETS_TOPIC, partition)?;
    }
    Ok(records)
}

/// Blocks in use by everything but the ring.
fn disk_bytes(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let meta = entry.metadata()?;
        if entry.file_name() == "ring" {
            continue;
        }
        bytes += if meta.is_dir() { disk_bytes(&entry.path())? } else { meta.blocks() * 512 };
    }
    Ok(bytes)
}
