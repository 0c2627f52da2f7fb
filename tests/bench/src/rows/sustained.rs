//! Load for many laps of the ring: what is sealed keeps up with what arrives, or the ring fills and
//! producers wait. Kafka gets the same load for as long.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames;
use crate::load::Load;
use crate::meter::Meter;
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce::{configs, trains};
use crate::rows::scenario::{Flush, Scenario};
use crate::side::Side;
use crate::window;

pub(crate) const LARGE: Scenario = Scenario {
    name: "sustained, 10 laps of the ring, 1 MB, async",
    topic: "sustained-mb1",
    batch: 1_000_000,
    partitions: 4,
    connections: 4,
    depth: 5,
    flush: Flush::Async,
    judge: |_| {},
};

pub(crate) const SMALL: Scenario = Scenario {
    name: "sustained, 10 laps of the ring, 16 KB, async",
    topic: "sustained-kb16",
    batch: 16_384,
    partitions: 16,
    connections: 16,
    depth: 5,
    flush: Flush::Async,
    judge: |row| {
        let ratio = row.ratio("ringtide", "kafka", |figure| figure.mb_per_second);
        row.judge("≥ 6× Kafka's MB/s", ratio, 6.0, Comparison::AtLeast);
        let cpu = row.median("ringtide", |figure| figure.cpu_per_gb);
        row.judge("CPU-s/GB", cpu, 0.3, Comparison::AtMost);
    },
};

/// Of the default configuration.
const RING_BYTES: u64 = 1 << 30;
const LONGEST: Duration = Duration::from_secs(120);

pub(crate) fn measure(scenario: &Scenario, bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(scenario.name);
    for repeat in 0..bench.options.repeats {
        let batches = bench.options.laps * RING_BYTES / scenario.batch as u64;
        let mut limits = (LONGEST, batches);
        for side in &bench.sides {
            let topic = format!("{}-{repeat}", scenario.topic);
            let figure = once(side, scenario, &topic, limits, bench.options.seconds)?;
            if !side.is_kafka {
                limits = (Duration::from_secs_f64(figure.seconds.unwrap_or(1.0)), u64::MAX);
            }
            row.add(side.name, figure);
        }
    }
    let Bench { options, probe, .. } = bench;
    row.note(format!(
        "Ours writes {} laps of its ring of 1 GiB, every byte twice: to the ring and to a sealed file. \
         Others get the same load for as long as that took. Nobody syncs before the acknowledgement. \
         The topic of the repeat before is deleted by then, and sealed files take over the space of its dead ones, as \
         they do wherever retention lets as much die as comes in; only the first repeat writes into fresh blocks.",
        options.laps
    ));
    if scenario.name == LARGE.name {
        let half = 0.8 * probe.mixed_mb_per_second / 2.0;
        let kafka = row.median("kafka", |figure| figure.mb_per_second);
        let limit = kafka.map_or(half, |kafka| half.min(4.0 * kafka));
        let measured = row.median("ringtide", |figure| figure.mb_per_second);
        let target = "MB/s ≥ the smaller of 4× Kafka's and 80 % of half the disk's two streams";
        row.judge(target, measured, limit, Comparison::AtLeast);
    }
    (scenario.judge)(&mut row);
    Ok(row)
}

/// `limits` are the time and the number of batches, whichever ends first; half of `seconds` to settle.
fn once(
    side: &Side,
    scenario: &Scenario,
    topic: &str,
    limits: (Duration, u64),
    seconds: f64,
) -> Result<Figure> {
    let server = &side.server;
    let mut settings = configs(scenario.flush, side).to_vec();
    if side.is_kafka {
        // Its files would stay for a minute after the topic is gone.
        settings.push(("file.delete.delay.ms", "1000"));
    }
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(topic, scenario.partitions, &settings)?;
    let batch = frames::batch(scenario.batch, now())?;
    let trains = trains(topic, scenario, &batch)?;
    let mut load = Load::connect(server.address, &trains, scenario.depth)?;
    // Longer than elsewhere: this is about what lasts.
    window::settle(2.0 * seconds, |span| load.run(span))?;
    let meter = Meter::start(server)?;
    let window = load.run_until(limits.0, limits.1)?;
    let usage = meter.stop()?;
    load.drain()?;
    let written = server.data_bytes();
    admin.delete_topic(topic)?;
    wait_for_space(side, written);
    let figure = Figure::of_window(&window, scenario.batch, usage.cpu);
    let figure = figure.used(&usage, window.batches, scenario.batch);
    Ok(Figure { seconds: Some(window.seconds), ..figure })
}

/// Until most of what was `written` is gone from the disk; for a minute at the most.
fn wait_for_space(side: &Side, written: u64) {
    let began = Instant::now();
    let aim = (written / 4).max(2 * RING_BYTES);
    while side.server.data_bytes() > aim && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(200));
    }
}
