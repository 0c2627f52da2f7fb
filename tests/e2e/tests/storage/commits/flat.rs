//! Many commits of few offsets: log, disk, memory and loading time stay in proportion to the
//! offsets that are there, not to the commits that were.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use super::{TOPIC, number_from};

const OFFSETS_TOPIC: &str = "__consumer_offsets";
const GROUPS: u64 = 4;
const CONNECTIONS_PER_GROUP: u64 = 4;
/// Offsets in one commit.
const PARTITIONS: i32 = 10;
const ROUNDS: u64 = 10;
/// What a shard appends before it writes again is 1 MiB of records that take more than 60 bytes
/// each; while it does, more comes in.
const RECORDS_PER_SHARD_MAX: i64 = 3 * (1 << 20) / 60;

/// What is seen of the broker between two rounds.
#[derive(Clone, Copy, Debug)]
struct Seen {
    records: i64,
    /// On disk beside the ring.
    disk_bytes: u64,
    resident_bytes: u64,
    load_millis: u64,
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
    let per_round = commits / ROUNDS;
    let mut last = 0;
    for round in 1..=ROUNDS {
        last = commit(&broker, per_round, last)?;
        let resident_bytes = broker.resident_bytes()?;
        broker = broker.kill()?.start()?;
        let load_millis = wait_loaded(&broker, last)?;
        let seen = Seen {
            records: records(&broker)?,
            disk_bytes: disk_bytes(&launch.data_dir())?,
            resident_bytes,
            load_millis,
        };
        println!("commits: {} offsets, {seen}", round * per_round);
        let limit = RECORDS_PER_SHARD_MAX * GROUPS.cast_signed();
        ensure!(seen.records <= limit, "the log holds {} records", seen.records);
    }
    Ok(())
}

/// Commits `count` offsets from many connections, each behind `last`; returns the last one.
fn commit(broker: &Broker, count: u64, last: i64) -> Result<i64> {
    let connections = GROUPS * CONNECTIONS_PER_GROUP;
    let each = count / connections / PARTITIONS.cast_unsigned() as u64;
    let run = |connection: u64| {
        let mut client = Client::connect(broker.kafka())?;
        let group = name(connection % GROUPS);
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
            (0..connections).map(|connection| scope.spawn(move || run(connection))).collect();
        let ended = running.into_iter().map(|running| running.join());
        ended.flat_map(|ended| ended.ok()).collect::<Result<Vec<()>>>()
    })
    .and_then(|ended| {
        ensure!(ended.len() as u64 == connections, "a connection panicked");
        Ok(())
    })?;
    Ok(last + each.max(1).cast_signed())
}

fn name(group: u64) -> String {
    format!("flat-{group}")
}

/// Asks every group until it answers with what was committed last.
fn wait_loaded(broker: &Broker, last: i64) -> Result<u64> {
    let began = OsClock.now();
    let mut client = Client::connect(broker.kafka())?;
    for group in (0..GROUPS).map(name) {
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
