//! Ten laps of the ring in front of a disk that is slower than those who write.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::blkio::Pace;
use crate::cpu::Cpu;
use crate::extent::{SLOW_DISK, SLOW_LAPS, SLOW_RING};
use crate::flow::{Flow, Stream};
use crate::frames;
use crate::load::Load;
use crate::meter::memory::Memory;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const NAME: &str = "sustained: 10 laps of the ring on a paced disk";

const TOPIC: &str = "slow";
const CONNECTIONS: i32 = 16;
const BATCH: usize = 16_384;
/// What "unloaded" is: this share of what the disk sustains, half of its pace.
const UNLOADED: f64 = 0.2;
/// How often ours writes a byte: to the ring and to a sealed file.
const TIMES_WRITTEN: f64 = 2.0;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    let data = bench.dir.join("slow");
    let ring = SLOW_RING.to_string();
    let settings = [("ring.size", ring.as_str())];
    let (server, _) = Server::ringtide_with(&bench.options.ringtide, &data, &settings)?;
    match Pace::writes(server.pid, &data, SLOW_DISK) {
        Err(error) => row.note(format!("Not measured: {error:#}.")),
        Ok(pace) => {
            let figures = figures(&server, &data, bench.options.seconds);
            // The group has to be empty to go.
            server.kill()?;
            drop(pace);
            let (unloaded, loaded) = figures?;
            row.add("ringtide, unloaded", unloaded);
            row.add("ringtide", loaded);
            row.add("limit", limit(bench.dir)?);
        }
    }
    let errors =
        row.median("ringtide", |figure| Some(figure.refused? as f64 + figure.extra(LOGGED)?));
    row.judge("errors: none", errors, 0.0, Comparison::AtMost);
    let p99 = row.ratio("ringtide", "ringtide, unloaded", |figure| figure.p99_us);
    row.judge("p99 ≤ 3 times unloaded", p99, 3.0, Comparison::AtMost);
    let swing = row.median("ringtide", |figure| figure.extra(SWING));
    row.judge("RSS from its middle ± % ≤ 5", swing, 5.0, Comparison::AtMost);
    row.note(format!(
        "Ringtide alone, ring of {} MiB, fsync; its direct writes are paced to {} MiB/s by a control group. All \
         data is written twice, ring and sealed file, so about half of that is left to clients. Loaded: {CONNECTIONS} \
         connections with one batch of 16 KB in flight each, {} laps of the ring after a first one that is not \
         counted. Unloaded: the same connections and disk, open loop at a tenth of the pace. The kernel hands the \
         pace out in slices: who has used a slice up waits for the next one, a tenth of a second at most, whatever the \
         server. {} That is why the limit, closed loop over as many connections under the same pace, is shown \
         beside it. It seals nothing, but its ring is new; the column of bytes tells what each wrote. Kafka is left out: its \
         writes go through the page cache, which such a group does not pace.",
        SLOW_RING >> 20,
        SLOW_DISK >> 20,
        SLOW_LAPS - 1,
        slices(&row).unwrap_or_default(),
    ));
    Ok(row)
}

/// How much of p99 the pace alone makes, in words.
fn slices(row: &Row) -> Option<String> {
    let ms = |side| row.median(side, |figure| Some(figure.p99_us? / 1e3));
    let (limit, ours, unloaded) = (ms("limit")?, ms("ringtide")?, ms("ringtide, unloaded")?);
    Some(format!(
        "In this run the limit alone has a p99 of {limit:.0} ms, {:.0} times that of the unloaded broker, which uses \
         no slice up; the loaded broker has {ours:.0} ms.",
        limit / unloaded
    ))
}

const SWING: &str = "RSS ± %";
const LOGGED: &str = "errors in the log";
const WRITTEN: &str = "bytes to the disk a byte";

fn figures(server: &Server, data: &Path, seconds: f64) -> Result<(Figure, Figure)> {
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(TOPIC, CONNECTIONS, &[("flush.policy", "fsync")])?;
    let batch = frames::batch(BATCH, now())?;
    let unloaded = unloaded(server, &batch, seconds)?;
    let loaded = loaded(server, &batch)?;
    // What errors there were inside stands in the broker's own words.
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
    let errors = log.lines().filter(|line| line.contains("ERROR")).count();
    Ok((unloaded, loaded.with(LOGGED, errors as f64)))
}

/// The bare server over the same ring, which seals nothing, under the same load and pace.
fn limit(dir: &Path) -> Result<Figure> {
    let batch = frames::batch(BATCH, now())?;
    let server = Server::limit(dir, &frames::train(TOPIC, &[0], &batch)?, true)?;
    let pace = Pace::writes(server.pid, dir, SLOW_DISK)?;
    let figure = loaded(&server, &batch);
    server.kill()?;
    drop(pace);
    // Its ring has the usual length and is touched for the first time: its memory says nothing.
    let mut figure = figure?;
    figure.extra.retain(|(name, _)| *name == WRITTEN);
    Ok(figure)
}

fn unloaded(server: &Server, batch: &Bytes, seconds: f64) -> Result<Figure> {
    let rate = SLOW_DISK as f64 / TIMES_WRITTEN * UNLOADED / BATCH as f64;
    let stream = Stream { topic: TOPIC, partitions: CONNECTIONS, batch, rate };
    let mut flow = Flow::connect(server.address, stream)?;
    let before = Cpu::of(server.pid)?;
    let flowed = flow.run(Duration::from_secs_f64(seconds * 2.0))?;
    let cpu = Cpu::of(server.pid)?.since(before);
    let bytes = (flowed.acked * BATCH as u64) as f64;
    Ok(Figure {
        p50_us: Some(flowed.produce_p50_us),
        p99_us: Some(flowed.produce_p99_us),
        late_p99_us: Some(flowed.late_p99_us),
        refused: Some(flowed.refused),
        ..Figure::of_bytes(bytes, flowed.seconds, cpu)
    })
}

fn loaded(server: &Server, batch: &Bytes) -> Result<Figure> {
    let trains = (0..CONNECTIONS).map(|own| frames::train(TOPIC, &[own; 4], batch));
    let trains = trains.collect::<Result<Vec<_>>>()?;
    let mut load = Load::connect(server.address, &trains, 1)?;
    // The first touch of the ring's memory is not growth.
    let first = load.run_batches(SLOW_RING / BATCH as u64)?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sampler = scope.spawn(|| -> Result<Vec<u64>> {
            let mut samples = Vec::new();
            while !done.load(Ordering::Relaxed) {
                samples.push(Memory::of(server.pid)?.resident);
                std::thread::sleep(Duration::from_millis(200));
            }
            Ok(samples)
        });
        let (before, from) = (Cpu::of(server.pid)?, written(server.pid)?);
        let window = load.run_batches((SLOW_LAPS - 1) * SLOW_RING / BATCH as u64);
        let (cpu, written) = (Cpu::of(server.pid)?.since(before), written(server.pid)? - from);
        done.store(true, Ordering::Relaxed);
        let samples = sampler.join().map_err(|_| anyhow::anyhow!("the sampler ended early"))??;
        load.drain()?;
        let mut window = window?;
        window.refused += first.refused;
        let (middle, swing) = swing(&samples);
        let bytes = (window.batches * BATCH as u64) as f64;
        Ok(Figure::of_window(&window, BATCH, cpu)
            .with(WRITTEN, written as f64 / bytes)
            .with("RSS, MB", middle / 1e6)
            .with(SWING, swing))
    })
}

/// Bytes that a process has sent to disks so far.
fn written(pid: u32) -> Result<u64> {
    let io = std::fs::read_to_string(format!("/proc/{pid}/io"))?;
    let bytes = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    Ok(bytes.context("a process's io has written bytes")?.parse()?)
}

/// The middle between the least and the most, and how far they are from it in percent.
fn swing(samples: &[u64]) -> (f64, f64) {
    let least = samples.iter().min().copied().unwrap_or_default() as f64;
    let most = samples.iter().max().copied().unwrap_or_default() as f64;
    let middle = f64::midpoint(least, most);
    (middle, (most - least) / 2.0 / middle * 100.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_swing_is_half_of_the_range() {
        let (middle, swing) = super::swing(&[90, 110, 100]);
        assert!((middle - 100.0).abs() < 1e-9);
        assert!((swing - 10.0).abs() < 1e-9);
    }
}
