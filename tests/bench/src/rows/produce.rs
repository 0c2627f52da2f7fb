//! Rows of produce load: every side in turn, several times over, and the limit beside them.

use anyhow::{Context as _, Result};
use bytes::Bytes;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames::{self, Train};
use crate::load::Load;
use crate::report::Row;
use crate::rows::scenario::{Flush, Scenario};
use crate::side::{Server, Side};
use crate::window::{self, Plan};

/// Every server writes this much before it is measured: one lap of its buffers.
const LAP_BYTES: u64 = 1 << 30;

pub(crate) fn measure(scenario: &Scenario, bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(scenario.name);
    let batch = frames::batch(scenario.batch, now())?;
    let limit_train = trains("limit", scenario, &batch)?;
    let fsync = scenario.flush != Flush::Async;
    let first = limit_train.first().context("a scenario has connections")?;
    let limit = Server::limit(bench.dir, first, fsync)?;
    warm_with(&limit, &limit_train, scenario)?;
    for repeat in 0..bench.options.repeats {
        let plan = Plan {
            batch: scenario.batch,
            seconds: bench.options.seconds,
            traced: bench.traced(repeat),
        };
        for side in &bench.sides {
            // Names of a row's own: a broker may still be deleting the topics of another.
            let topic = format!("{}-{repeat}", scenario.topic);
            let mut admin = Admin::connect(side.server.address)?;
            admin.create_topic(&topic, scenario.partitions, configs(scenario.flush, side))?;
            let trains = trains(&topic, scenario, &batch)?;
            let mut load = Load::connect(side.server.address, &trains, scenario.depth)?;
            row.add(side.name, window::measure(&mut load, &side.server, plan)?);
            admin.delete_topic(&topic)?;
        }
        let mut load = Load::connect(limit.address, &limit_train, scenario.depth)?;
        row.add("limit", window::measure(&mut load, &limit, plan)?);
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
            let own: Vec<i32> =
                (first..scenario.partitions).step_by(scenario.connections).collect();
            // Whole turns, so that all partitions get equally much, and more than are in flight.
            let turns = scenario.depth.max(4).div_ceil(own.len());
            frames::train(topic, &own.repeat(turns), batch)
        })
        .collect()
}

/// One lap of a side's buffers.
pub(crate) fn warm(side: &Side) -> Result<()> {
    lap(&side.server)
}

/// One lap of a broker's buffers, in a topic that is gone afterwards.
pub(crate) fn lap(server: &Server) -> Result<()> {
    let scenario = Scenario {
        name: "warm",
        topic: "warm",
        batch: 1_000_000,
        partitions: 4,
        connections: 4,
        depth: 2,
        flush: Flush::Async,
        judge: |_| {},
    };
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(scenario.topic, scenario.partitions, &[])?;
    let batch = frames::batch(scenario.batch, now())?;
    warm_with(server, &trains(scenario.topic, &scenario, &batch)?, &scenario)?;
    admin.delete_topic(scenario.topic)
}

/// One lap of a server's buffers with the batches of a scenario.
pub(crate) fn warm_with(server: &Server, trains: &[Train], scenario: &Scenario) -> Result<()> {
    let mut load = Load::connect(server.address, trains, scenario.depth.max(4))?;
    // Tiny batches would take minutes for a lap; a minute of them is enough.
    load.run_batches(LAP_BYTES / scenario.batch as u64)?;
    load.drain()
}
