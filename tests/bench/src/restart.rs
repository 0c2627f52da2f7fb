//! How long a killed broker takes until it acknowledges again.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::admin::Admin;
use crate::cpu::Cpu;
use crate::frames;
use crate::load::Load;
use crate::report::Figure;
use crate::side::Server;
use crate::suite::now;

const TOPIC: &str = "retained";
const PARTITIONS: i32 = 1000;
const BYTES: u64 = 4 << 30;
const BATCH: usize = 262_144;

/// Writes 4 GiB over 1000 partitions, kills the broker, starts it again and appends.
pub(crate) fn measure(program: &Path, data: &Path) -> Result<Figure> {
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
    println!("  resident after the restart: {} MB", crate::cpu::resident(server.pid)? >> 20);
    server.kill()?;
    Ok(Figure::of_time(seconds, cpu))
}
