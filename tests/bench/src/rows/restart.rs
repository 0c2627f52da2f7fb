//! How long a killed broker takes until it acknowledges again.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::frames;
use crate::load::Load;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const NAME: &str = "kill -9 with 4 GiB and 1000 partitions → first ack";

const TOPIC: &str = "retained";
const PARTITIONS: i32 = 1000;
const BYTES: u64 = 4 << 30;
const BATCH: usize = 262_144;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    row.add("ringtide", once(&bench.options.ringtide, &bench.dir.join("restart"))?);
    let seconds = row.median("ringtide", |figure| figure.seconds);
    row.judge("seconds", seconds, 2.0, Comparison::AtMost);
    Ok(row)
}

/// Writes 4 GiB over 1000 partitions, kills the broker, starts it again and appends.
fn once(program: &Path, data: &Path) -> Result<Figure> {
    let (server, _) = Server::ringtide(program, data)?;
    Admin::connect(server.address)?.create_topic(TOPIC, PARTITIONS, &[])?;
    let batch = frames::batch(BATCH, now())?;
    let step = |first: i32| (first..PARTITIONS).step_by(8).collect::<Vec<i32>>();
    let trains = (0..8).map(|first| frames::train(TOPIC, &step(first), &batch));
    let trains = trains.collect::<Result<Vec<_>>>()?;
    let mut load = Load::connect(server.address, &trains, 4)?;
    load.run_batches(BYTES / BATCH as u64)?;
    drop(load);
    server.kill()?;

    let began = Instant::now();
    let (server, _) = Server::ringtide(program, data)?;
    let small = frames::batch(1024, now())?;
    let train = frames::train(TOPIC, &[0], &small)?;
    Load::connect(server.address, &[train], 1)?.run_batches(1)?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = Cpu::of(server.pid)?;
    let resident = crate::cpu::resident(server.pid)? as f64 / 1e6;
    let retained = server.data_bytes() as f64 / 1e9;
    server.kill()?;
    Ok(Figure::of_time(seconds, cpu).with("RSS after, MB", resident).with("on disk, GB", retained))
}
