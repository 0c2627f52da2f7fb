//! Rows of produce load: every side in turn, several times over, and the limit beside them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::frames::{self, Train};
use crate::load::Load;
use crate::report::{Figure, Row};
use crate::rows::scenario::{Flush, Scenario};
use crate::side::{Server, Side};

/// Every server writes this much before it is measured: one lap of its buffers.
const LAP_BYTES: u64 = 1 << 30;

/// Quarters of a span that a side may take to settle.
const SETTLE_MAX: u32 = 40;

pub(crate) fn measure(scenario: &Scenario, bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(scenario.name);
    let seconds = bench.options.seconds;
    let batch = frames::batch(scenario.batch, now())?;
    let limit_train = trains("limit", scenario, &batch)?;
    let fsync = scenario.flush != Flush::Async;
    let first = limit_train.first().context("a scenario has connections")?;
    let limit = Server::limit(bench.dir, first, fsync)?;
    warm_with(&limit, &limit_train, scenario)?;
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            // Names of a row's own: a broker may still be deleting the topics of another.
            let topic = format!("{}-{repeat}", scenario.topic);
            let mut admin = Admin::connect(side.server.address)?;
            admin.create_topic(&topic, scenario.partitions, configs(scenario.flush, side))?;
            let trains = trains(&topic, scenario, &batch)?;
            row.add(side.name, window(&side.server, &trains, scenario, seconds)?);
            admin.delete_topic(&topic)?;
        }
        row.add("limit", window(&limit, &limit_train, scenario, seconds)?);
    }
    if fsync {
        let (p50, p99) = (bench.probe.sync_p50_us / 1e3, bench.probe.sync_p99_us / 1e3);
        row.note(format!("A durable write of the disk itself: p50 {p50:.2} ms, p99 {p99:.2} ms."));
    }
    (scenario.judge)(&mut row);
    Ok(row)
}

/// Settings of a topic that is to be acknowledged as `flush` says.
pub(crate) fn configs(flush: Flush, side: &Side) -> &'static [(&'static str, &'static str)] {
    match (flush, side.is_kafka) {
        (Flush::Async, false) => &[("flush.policy", "async")],
        (Flush::Fsync | Flush::Mixed, false) => &[("flush.policy", "fsync")],
        (Flush::Fsync, true) => &[("flush.messages", "1")],
        (Flush::Async | Flush::Mixed, true) => &[],
    }
}

/// Connection `n` writes to partition `n` and every `connections`-th after it.
pub(crate) fn trains(topic: &str, scenario: &Scenario, batch: &Bytes) -> Result<Vec<Train>> {
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

/// A quarter of the span to settle, again while anything is refused, then the span itself: Kafka
/// refuses for a while what is sent to a topic it just created.
pub(crate) fn window(
    server: &Server,
    trains: &[Train],
    scenario: &Scenario,
    seconds: f64,
) -> Result<Figure> {
    let mut load = Load::connect(server.address, trains, scenario.depth)?;
    for _ in 0..SETTLE_MAX {
        if load.run(Duration::from_secs_f64(seconds / 4.0))?.refused == 0 {
            break;
        }
    }
    let before = Cpu::of(server.pid)?;
    let window = load.run(Duration::from_secs_f64(seconds))?;
    let cpu = Cpu::of(server.pid)?.since(before);
    load.drain()?;
    Ok(Figure::of_window(&window, scenario.batch, cpu))
}

/// One lap of a broker's buffers.
pub(crate) fn warm(side: &Side) -> Result<()> {
    let row = Scenario {
        name: "warm",
        topic: "warm",
        batch: 1_000_000,
        partitions: 4,
        connections: 4,
        depth: 2,
        flush: Flush::Async,
        judge: |_| {},
    };
    let mut admin = Admin::connect(side.server.address)?;
    admin.create_topic("warm", row.partitions, &[])?;
    let batch = frames::batch(row.batch, now())?;
    warm_with(&side.server, &trains("warm", &row, &batch)?, &row)?;
    admin.delete_topic("warm")
}

fn warm_with(server: &Server, trains: &[Train], scenario: &Scenario) -> Result<()> {
    let mut load = Load::connect(server.address, trains, scenario.depth.max(4))?;
    // Tiny batches would take minutes for a lap; a minute of them is enough.
    load.run_batches(LAP_BYTES / scenario.batch as u64)?;
    load.drain()
}
