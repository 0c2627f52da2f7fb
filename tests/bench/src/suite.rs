//! Runs the rows: for each, every side in turn, several times over.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use protocol_types::Timestamp;

use crate::admin::Admin;
use crate::cpu::Cpu;
use crate::frames::{self, Train};
use crate::load::Load;
use crate::report::{Figure, Report, Row};
use crate::scenario::{Flush, SCENARIOS, Scenario};
use crate::side::Server;
use crate::{Options, fetch, restart};

/// Every server writes this much before it is measured: one lap of its buffers.
const LAP_BYTES: u64 = 1 << 30;

/// Quarters of a span that a side may take to settle.
const SETTLE_MAX: u32 = 40;

/// A side of the comparison.
struct Side {
    name: &'static str,
    server: Server,
    is_kafka: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let scratch = match &options.data {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let dir = scratch.path();
    let mut report = Report::new(options, &load_average()?);
    let (ours, _) = Server::ringtide(&options.ringtide, &dir.join("ringtide"))?;
    let mut sides = vec![Side { name: "ringtide", server: ours, is_kafka: false }];
    if let Some(libs) = &options.kafka_libs {
        let server = Server::kafka(libs, dir)?;
        sides.push(Side { name: "kafka", server, is_kafka: true });
    }
    if let (Some(peer), Some(pid)) = (options.peer, options.peer_pid) {
        sides.push(Side { name: "peer", server: Server::existing(peer, pid), is_kafka: true });
    }
    for side in &sides {
        warm(side)?;
    }
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        if scenario.name.contains(&options.only) {
            report.add(measure(number, scenario, &sides, dir, options)?);
        }
    }
    if "first append to 1000 partitions".contains(&options.only) {
        report.add(first_append(&sides, options)?);
    }
    if "fetch from memory, 16 KB batches".contains(&options.only) {
        let mut row = Row::new("fetch from memory, 16 KB batches", "≤ 0.15 CPU-s/GB later");
        for _ in 0..options.repeats {
            for side in &sides {
                row.add(side.name, fetch::measure(&side.server, options.seconds)?);
            }
        }
        report.add(row);
    }
    drop(sides);
    if "kill -9 with 4 GiB and 1000 partitions".contains(&options.only) {
        let mut row = Row::new("kill -9 with 4 GiB and 1000 partitions → first ack", "≤ 2 s");
        row.add("ringtide", restart::measure(&options.ringtide, &dir.join("restart"))?);
        report.add(row);
    }
    report.finish(options.report.as_deref())
}

fn measure(
    number: usize,
    scenario: &Scenario,
    sides: &[Side],
    dir: &Path,
    options: &Options,
) -> Result<Row> {
    println!("{}", scenario.name);
    let batch = frames::batch(scenario.batch, now())?;
    let mut row = Row::new(scenario.name, scenario.target);
    let limit_train = trains("limit", scenario, &batch)?;
    let fsync = scenario.flush != Flush::Async;
    let first = limit_train.first().context("a scenario has connections")?;
    let limit = Server::limit(dir, first, fsync)?;
    warm_with(&limit, &limit_train, scenario)?;
    for repeat in 0..options.repeats {
        for side in sides {
            // Names of a row's own: a broker may still be deleting the topics of another.
            let topic = format!("bench-{number}-{repeat}");
            let mut admin = Admin::connect(side.server.address)?;
            admin.create_topic(&topic, scenario.partitions, configs(scenario.flush, side))?;
            let trains = trains(&topic, scenario, &batch)?;
            row.add(side.name, window(&side.server, &trains, scenario, options.seconds)?);
            admin.delete_topic(&topic)?;
        }
        row.add("limit", window(&limit, &limit_train, scenario, options.seconds)?);
    }
    Ok(row)
}

fn configs(flush: Flush, side: &Side) -> &'static [(&'static str, &'static str)] {
    match (flush, side.is_kafka) {
        (Flush::Async, false) => &[("flush.policy", "async")],
        (Flush::Fsync | Flush::Mixed, false) => &[("flush.policy", "fsync")],
        (Flush::Fsync, true) => &[("flush.messages", "1")],
        (Flush::Async | Flush::Mixed, true) => &[],
    }
}

/// Connection `n` writes to partition `n` and every `connections`-th after it.
fn trains(topic: &str, scenario: &Scenario, batch: &Bytes) -> Result<Vec<Train>> {
    (0..scenario.connections)
        .map(|number| {
            let first = i32::try_from(number)? % scenario.partitions;
            let step = i32::try_from(scenario.connections)?;
            let own: Vec<i32> = (first..scenario.partitions)
                .step_by(usize::try_from(step)?)
                .cycle()
                .take(scenario.depth.max(4))
                .collect();
            frames::train(topic, &own, batch)
        })
        .collect()
}

/// A quarter of the span to settle, again while anything is refused, then the span itself: Kafka refuses for
/// a while what is sent to a topic it just created.
fn window(server: &Server, trains: &[Train], row: &Scenario, seconds: f64) -> Result<Figure> {
    let mut load = Load::connect(server.address, trains, row.depth)?;
    for _ in 0..SETTLE_MAX {
        if load.run(Duration::from_secs_f64(seconds / 4.0))?.refused == 0 {
            break;
        }
    }
    let before = Cpu::of(server.pid)?;
    let window = load.run(Duration::from_secs_f64(seconds))?;
    let cpu = Cpu::of(server.pid)?.since(before);
    load.drain()?;
    Ok(Figure::of_window(&window, row.batch, cpu))
}

fn warm(side: &Side) -> Result<()> {
    let row = Scenario {
        name: "warm",
        batch: 1_000_000,
        partitions: 4,
        connections: 4,
        depth: 2,
        flush: Flush::Async,
        target: "",
    };
    let mut admin = Admin::connect(side.server.address)?;
    admin.create_topic("warm", row.partitions, &[])?;
    let batch = frames::batch(row.batch, now())?;
    warm_with(&side.server, &trains("warm", &row, &batch)?, &row)?;
    admin.delete_topic("warm")
}

fn warm_with(server: &Server, trains: &[Train], row: &Scenario) -> Result<()> {
    let mut load = Load::connect(server.address, trains, row.depth.max(4))?;
    // Tiny batches would take minutes for a lap; a minute of them is enough.
    load.run_batches(LAP_BYTES / row.batch as u64)?;
    load.drain()
}

/// One batch to each of 1000 partitions that never had one.
fn first_append(sides: &[Side], options: &Options) -> Result<Row> {
    const PARTITIONS: i32 = 1000;
    let mut row = Row::new("first append to 1000 partitions", "≤ 1 s");
    let batch = frames::batch(1024, now())?;
    for repeat in 0..options.repeats {
        for side in sides {
            let topic = format!("first-{repeat}");
            let mut admin = Admin::connect(side.server.address)?;
            admin.create_topic(&topic, PARTITIONS, &[])?;
            let all: Vec<i32> = (0..PARTITIONS).collect();
            let train = frames::train(&topic, &all, &batch)?;
            let mut load = Load::connect(side.server.address, &[train], 16)?;
            let before = Cpu::of(side.server.pid)?;
            let window = load.run_batches(u64::try_from(PARTITIONS)?)?;
            let cpu = Cpu::of(side.server.pid)?.since(before);
            load.drain()?;
            row.add(side.name, Figure::of_time(window.seconds, cpu));
            admin.delete_topic(&topic)?;
        }
    }
    Ok(row)
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn load_average() -> Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}
