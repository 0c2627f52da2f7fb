//! Sealed files that pile up, and what they cost the start, memory and who writes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::extent::{SEALED_PARTITIONS, SEALED_POW};
use crate::frames;
use crate::growth::{Drawn, judge};
use crate::hot::Hot;
use crate::load::Load;
use crate::meter::memory::Memory;
use crate::report::{Comparison, Figure, Row};
use crate::side::{Server, Side};

pub(crate) const NAME: &str = "growth: sealed files 100 to 10,000 of 100 partitions each";

/// The smallest: an eighth of it is sealed at a time, so that is a file's length.
const RING: (&str, &str) = ("ring.size", "16MiB");
const TOPIC: &str = "sealed";
/// With 100 partitions every span has a few batches of each, too few for a file of its own.
const BATCH: usize = 8_192;
/// The longest that a point's files may take.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    let data = bench.dir.join("sealed");
    let points = grow(&mut row, &bench.options.ringtide, &data, bench.options.seconds)?;
    let of = |pick: fn(&Point) -> f64| {
        points.iter().map(|point| (point.files, pick(point))).collect::<Vec<_>>()
    };
    let (cost, start, memory) = (of(|it| it.cpu_us), of(|it| it.start), of(|it| it.resident / 1e6));
    judge(&mut row, "CPU a request on 64 hot partitions", &cost);
    let last = points.last().map(|point| point.start);
    row.judge("seconds to start with all files ≤ 2", last, 2.0, Comparison::AtMost);
    row.note(
        "Written by the broker itself with its smallest ring: a file is an eighth of it, 2 MiB, with segments of \
         100 partitions. 100,000 such files would be 200 GB, so the curve ends at 10,000. At each point the broker is \
         killed and started again: time is from the start of its process until it serves, RSS is after it, \
         before the load of 64 connections with one request of 1 KB each, without fsync.",
    );
    let x_label = "sealed files";
    let chart = |file, title, y_label| Drawn { file, title, x_label, y_label };
    chart("sealed-cpu", "CPU of a produce request", "µs").draw(
        bench,
        &mut row,
        &[("ringtide", &cost)],
    )?;
    chart("sealed-start", "start after a kill", "s").draw(
        bench,
        &mut row,
        &[("ringtide", &start)],
    )?;
    chart("sealed-memory", "resident memory after the start", "MB").draw(
        bench,
        &mut row,
        &[("ringtide", &memory)],
    )?;
    Ok(row)
}

struct Point {
    files: f64,
    /// Seconds.
    start: f64,
    /// Bytes.
    resident: f64,
    cpu_us: f64,
}

fn grow(row: &mut Row, program: &Path, data: &Path, seconds: f64) -> Result<Vec<Point>> {
    let (server, _) = Server::ringtide_with(program, data, &[RING])?;
    Admin::connect(server.address)?.create_topic(
        TOPIC,
        SEALED_PARTITIONS,
        &[("flush.policy", "async")],
    )?;
    let side = Side { name: "ringtide", server, is_kafka: false };
    Hot::create(&side)?;
    let (mut server, mut points) = (side.server, Vec::new());
    for power in SEALED_POW {
        let wanted = 10_usize.pow(power);
        seal(&server, data, wanted)?;
        server.kill()?;
        let (started, took) = Server::ringtide_with(program, data, &[RING])?;
        server = started;
        let resident = Memory::of(server.pid)?.resident as f64;
        let files = sealed_files(data)? as f64;
        let cpu_us = Hot::connect(&server)?.cpu_us(seconds)?;
        let start = took.as_secs_f64();
        let figure = Figure { seconds: Some(start), cpu_us: Some(cpu_us), ..Figure::default() };
        row.add(&format!("ringtide, {wanted}"), figure.with("RSS, MB", resident / 1e6));
        points.push(Point { files, start, resident, cpu_us });
    }
    Ok(points)
}

/// Writes until there are `wanted` files.
fn seal(server: &Server, data: &Path, wanted: usize) -> Result<()> {
    let batch = frames::batch(BATCH, now())?;
    let trains = (0..4).map(|first| {
        let own: Vec<i32> = (first..SEALED_PARTITIONS).step_by(4).collect();
        frames::train(TOPIC, &own, &batch)
    });
    let trains = trains.collect::<Result<Vec<_>>>()?;
    let mut load = Load::connect(server.address, &trains, 8)?;
    let began = Instant::now();
    while sealed_files(data)? < wanted {
        ensure!(began.elapsed() < PATIENCE, "{wanted} sealed files take too long");
        load.run(Duration::from_millis(200))?;
    }
    load.drain()
}

fn sealed_files(data: &Path) -> Result<usize> {
    Ok(std::fs::read_dir(data.join("segments"))?.count())
}
