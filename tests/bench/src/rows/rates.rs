//! Fixed rates of 1 KB records, far below what a broker can take: what an acknowledgement takes then.
//!
//! Ours syncs before it acknowledges, Kafka does not. Times count from when a request was due.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames::{self, Train};
use crate::load::Load;
use crate::meter::Meter;
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce::{configs, trains, warm_with};
use crate::rows::scenario::{Flush, Scenario};
use crate::side::Server;
use crate::window;

/// One rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub name: &'static str,
    topic: &'static str,
    /// Batches a second.
    per_second: f64,
    /// Records of 1000 bytes in a batch.
    records: usize,
    /// The most that the 99th percentile may be, whatever Kafka's is.
    p99_ms_max: Option<f64>,
}

pub(crate) const RATES: [Rate; 3] = [
    Rate {
        name: "2,000 records/s of 1 KB: ours fsync, Kafka's default",
        topic: "rate2",
        per_second: 2_000.0,
        records: 1,
        p99_ms_max: None,
    },
    Rate {
        name: "10,000 records/s of 1 KB: ours fsync, Kafka's default",
        topic: "rate10",
        per_second: 10_000.0,
        records: 1,
        p99_ms_max: None,
    },
    Rate {
        name: "100,000 records/s of 1 KB: ours fsync, Kafka's default",
        topic: "rate100",
        per_second: 10_000.0,
        records: 10,
        p99_ms_max: Some(4.0),
    },
];

const CORE: &str = "CPU, % of a core";
const CONNECTIONS: usize = 16;

pub(crate) fn measure(rate: &Rate, bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(rate.name);
    let batch = frames::batch::of_records(rate.records, 1000, now())?;
    let scenario = Scenario {
        name: rate.name,
        topic: rate.topic,
        batch: batch.len(),
        partitions: i32::try_from(CONNECTIONS)?,
        connections: CONNECTIONS,
        depth: 16,
        flush: Flush::Mixed,
        judge: |_| {},
    };
    let limit_trains = trains("limit", &scenario, &batch)?;
    let limit = Server::limit(bench.dir, limit_trains.first().context("connections")?, true)?;
    warm_with(&limit, &limit_trains, &scenario)?;
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            let topic = format!("{}-{repeat}", rate.topic);
            let mut admin = Admin::connect(side.server.address)?;
            admin.create_topic(&topic, scenario.partitions, configs(scenario.flush, side))?;
            let trains = trains(&topic, &scenario, &batch)?;
            let figure = once(&side.server, &trains, rate, batch.len(), bench.options.seconds)?;
            row.add(side.name, figure);
            admin.delete_topic(&topic)?;
        }
        row.add("limit", once(&limit, &limit_trains, rate, batch.len(), bench.options.seconds)?);
    }
    let (records, per_second) = (rate.records, rate.per_second);
    row.note(format!(
        "{per_second:.0} requests a second over {CONNECTIONS} connections, {records} records of 1000 \
         bytes in the one batch of each. The limit syncs, too."
    ));
    judge(&mut row, rate, bench);
    Ok(row)
}

fn judge(row: &mut Row, rate: &Rate, bench: &Bench<'_>) {
    let cpu = row.ratio("ringtide", "kafka", |figure| figure.extra(CORE));
    row.judge("≤ Kafka's CPU", cpu, 1.0, Comparison::AtMost);
    let p99 = |side| row.median(side, |figure| figure.p99_us.map(|us| us / 1e3));
    let (ours, kafka) = (p99("ringtide"), p99("kafka"));
    let limit = kafka.map(|kafka| kafka + bench.probe.sync_p99_us / 1e3);
    row.judge("p99 ms ≤ Kafka's + p99 of the disk's own sync", ours, limit, Comparison::AtMost);
    if let Some(most) = rate.p99_ms_max {
        row.judge("p99 ms", ours, most, Comparison::AtMost);
    }
}

fn once(
    server: &Server,
    trains: &[Train],
    rate: &Rate,
    batch: usize,
    seconds: f64,
) -> Result<Figure> {
    let mut load = Load::connect(server.address, trains, 0)?;
    window::settle(seconds, |span| load.run_paced(rate.per_second, span))?;
    let (meter, began) = (Meter::start(server)?, Instant::now());
    let window = load.run_paced(rate.per_second, Duration::from_secs_f64(seconds))?;
    let usage = meter.stop()?;
    // Late answers are waited for, so the meter ran longer than the window.
    let core = usage.cpu.total() / began.elapsed().as_secs_f64() * 100.0;
    let figure = Figure::of_window(&window, batch, usage.cpu);
    Ok(figure.used(&usage, window.batches, batch).with(CORE, core))
}
