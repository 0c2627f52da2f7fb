//! How long a killed broker takes until it acknowledges again, with little and with much retained.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::frames;
use crate::kafka::Kafka;
use crate::load::Load;
use crate::meter::memory::Memory;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const SOME: &str = "kill -9 with 4 GB over 1200 partitions → first ack";
pub(crate) const MUCH: &str = "kill -9 with 19 GB over 1200 partitions → first ack";

const TOPIC: &str = "retained";
const PARTITIONS: i32 = 1200;
const BATCH: usize = 262_144;
const GB: u64 = 1_000_000_000;

/// Beside Kafka, which takes too long to fill for more.
pub(crate) fn measure_some(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(SOME);
    row.add("ringtide", ours(bench, 4 * GB)?);
    if let Some(libs) = &bench.options.kafka_libs {
        row.add("kafka", kafkas(libs, &bench.dir.join("restart-kafka"), 4 * GB)?);
    }
    judge(&mut row);
    Ok(row)
}

pub(crate) fn measure_much(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(MUCH);
    row.add("ringtide", ours(bench, 19 * GB)?);
    row.add("ringtide, 2 GB", ours(bench, 2 * GB)?);
    judge(&mut row);
    Ok(row)
}

fn judge(row: &mut Row) {
    let seconds = row.median("ringtide", |figure| figure.seconds);
    row.judge("seconds", seconds, 2.0, Comparison::AtMost);
    row.note("Time from the start of the process to the first acknowledgement.");
}

fn ours(bench: &Bench<'_>, bytes: u64) -> Result<Figure> {
    let (program, data) = (&bench.options.ringtide, bench.dir.join("restart"));
    let (server, _) = Server::ringtide(program, &data)?;
    fill(&server, bytes)?;
    server.kill()?;
    let began = Instant::now();
    let (server, _) = Server::ringtide(program, &data)?;
    recovered(server, began)
}

fn kafkas(libs: &Path, dir: &Path, bytes: u64) -> Result<Figure> {
    let kafka = Kafka::prepare(libs, dir)?;
    let (server, _) = Server::kafka_on(&kafka)?;
    fill(&server, bytes)?;
    server.kill()?;
    let began = Instant::now();
    let (server, _) = Server::kafka_on(&kafka)?;
    recovered(server, began)
}

/// Writes `bytes` over all partitions.
fn fill(server: &Server, bytes: u64) -> Result<()> {
    Admin::connect(server.address)?.create_topic(TOPIC, PARTITIONS, &[])?;
    let batch = frames::batch(BATCH, now())?;
    let step = |first: i32| (first..PARTITIONS).step_by(8).collect::<Vec<i32>>();
    let trains = (0..8).map(|first| frames::train(TOPIC, &step(first), &batch));
    let trains = trains.collect::<Result<Vec<_>>>()?;
    let mut load = Load::connect(server.address, &trains, 4)?;
    let batches = bytes / BATCH as u64;
    let filled = load.run_until(Duration::from_secs(180), batches)?;
    ensure!(filled.batches >= batches, "{bytes} bytes could not be written in three minutes");
    Ok(())
}

/// Waits for the first acknowledgement and removes the data.
fn recovered(server: Server, began: Instant) -> Result<Figure> {
    let train = frames::train(TOPIC, &[0], &frames::batch(1024, now())?)?;
    let mut load = Load::connect(server.address, &[train], 1)?;
    // Asked now and then: a broker that is not ready has better to do than to refuse.
    while load.run_until(Duration::from_millis(1), 1)?.batches == 0 {
        ensure!(began.elapsed() < Duration::from_secs(120), "no acknowledgement in two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = began.elapsed().as_secs_f64();
    let (cpu, memory) = (Cpu::of(server.pid)?, Memory::of(server.pid)?);
    let retained = server.data_bytes() as f64 / 1e9;
    server.discard()?;
    Ok(Figure::of_time(seconds, cpu)
        .with("RSS after, MB", memory.resident as f64 / 1e6)
        .with("on disk, GB", retained))
}
