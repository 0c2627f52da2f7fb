//! Retention frees disk: what `du` shows falls to what is kept, also where kept and expired
//! partitions share sealed files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use broker_env::{Clock, OsClock, Timestamp};
use tests_e2e::broker::Launch;
use tests_e2e::client::Client;

use super::fill::{Filler, now};

const RING: u64 = 16 << 20;
const EXPIRING: u32 = 50;
const ROUNDS: usize = 20;
const RECORD: usize = 64 << 10;
const BLOCK: u64 = 4096;
const DAY_MS: i64 = 86_400_000;
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn expired_records_give_their_disk_space_back() -> Result<()> {
    let launch = Launch::new()?
        .set("ring.size", RING)
        .set("segments.spare.ms", 0)
        .set("log.retention.check.interval.ms", 50);
    let broker = launch.start()?;
    let mut client = Client::connect(broker.kafka())?;
    let names: Vec<String> = (0..EXPIRING).map(|n| format!("expiring-{n}")).collect();
    for name in &names {
        client.create_topic(name, 1, &[("retention.ms", "-1")])?;
    }
    client.create_topic("infinite", 1, &[("retention.ms", "-1")])?;

    let old = Timestamp(now().0 - DAY_MS);
    let mut expiring = (0..)
        .zip(&names)
        .map(|(writer, name)| Filler::new(&mut client, name, writer, 1, RECORD))
        .collect::<Result<Vec<_>>>()?;
    let mut infinite = Filler::new(&mut client, "infinite", EXPIRING, 1, RECORD)?;
    for round in 1..=ROUNDS {
        while append_to_all(&mut client, &mut expiring, round, old)? {}
        infinite.append(&mut client, 2, old)?;
    }
    let written = u64::from(EXPIRING) * bytes(ROUNDS);
    let kept = bytes(2 * ROUNDS);

    // What is still in the ring alone takes no space beside it.
    let full = disk_usage(&launch.data_dir())?;
    ensure!(full > written, "{full} bytes on disk for {written} written and a ring of {RING}");

    for name in &names {
        client.alter_topic(name, "retention.ms", "3600000")?;
    }
    let (freed, goal) = wait_usage(&launch.data_dir(), RING + kept)?;
    ensure!(freed <= goal, "{freed} bytes stay on disk, {goal} would do; before: {full}");
    ensure!(goal < full / 2, "{goal} bytes would do, and {full} were there before");

    infinite.check(&mut client, 0)?;
    ensure!(client.earliest("infinite", 0)? == 0, "infinite topic lost its start");
    for filler in &expiring {
        let start = client.earliest(filler.topic, 0)?;
        ensure!(start > 0, "{} keeps its start", filler.topic);
        filler.check(&mut client, start)?;
    }
    Ok(())
}

/// One batch for each partition that has fewer than `goal`; `false` if none has.
fn append_to_all(
    client: &mut Client,
    fillers: &mut [Filler<'_>],
    goal: usize,
    timestamp: Timestamp,
) -> Result<bool> {
    let mut sent = Vec::new();
    for filler in fillers.iter_mut().filter(|filler| filler.next < goal as u64) {
        sent.push((filler.send(client, timestamp)?, filler));
    }
    let any = !sent.is_empty();
    for (sent, filler) in sent {
        filler.settle(client, &sent)?;
    }
    Ok(any)
}

fn bytes(batches: usize) -> u64 {
    (batches * RECORD) as u64
}

/// Waits until not more is in use than `kept` and what goes with it; returns what is, and what may be.
///
/// A dead segment shares its last block with what follows it, and keeps that one; into how many files a load is
/// sealed depends on its speed. A mebibyte is for the checkpoint and the metadata.
fn wait_usage(dir: &Path, kept: u64) -> Result<(u64, u64)> {
    let start = OsClock.now();
    loop {
        let files = fs::read_dir(dir.join("segments"))?.count() as u64;
        let goal = kept + files * u64::from(EXPIRING + 1) * BLOCK + (1 << 20);
        let usage = disk_usage(dir)?;
        if usage <= goal || u128::from(OsClock.now().nanos_since(start)) > LIMIT.as_nanos() {
            return Ok((usage, goal));
        }
        OsClock.sleep(Duration::from_millis(20));
    }
}

/// Bytes of disk below `dir` as `du` counts them: blocks in use, not lengths.
fn disk_usage(dir: &Path) -> Result<u64> {
    let mut usage = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        // A file may go while we look.
        let Ok(meta) = entry.metadata() else { continue };
        usage += meta.blocks() * 512;
        if meta.is_dir() {
            usage += disk_usage(&entry.path()).unwrap_or(0);
        }
    }
    Ok(usage)
}
