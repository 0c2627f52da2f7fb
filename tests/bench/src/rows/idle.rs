//! A broker with nothing to do: how fast it starts, and what it keeps in memory.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::bench::Bench;
use crate::kafka::Kafka;
use crate::meter::memory::{Mappings, Memory};
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce;
use crate::side::Server;

pub(crate) const NAME: &str = "start on empty data, idle memory";

/// Idle time before memory is read.
const REST: Duration = Duration::from_secs(2);

const BESIDE: &str = "beside the ring, MB";
const BESIDE_LATER: &str = "beside the ring after a lap, MB";
const RESIDENT: &str = "RSS idle, MB";
const RESIDENT_LATER: &str = "RSS idle after a lap, MB";

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    for _ in 0..bench.options.repeats {
        row.add("ringtide", ours(&bench.options.ringtide, &bench.dir.join("idle"))?);
        if let Some(libs) = &bench.options.kafka_libs {
            row.add("kafka", kafkas(libs, &bench.dir.join("idle-kafka"))?);
        }
    }
    let seconds = row.median("ringtide", |figure| figure.seconds);
    row.judge("seconds to start", seconds, 0.3, Comparison::AtMost);
    let beside = row.median("ringtide", |figure| figure.extra(BESIDE));
    row.judge("MB beside the ring, idle after the start", beside, 40.0, Comparison::AtMost);
    let later = row.median("ringtide", |figure| figure.extra(BESIDE_LATER));
    row.judge("MB beside the ring, idle after a lap", later, 40.0, Comparison::AtMost);
    row.note(
        "Started on storage that is there, the ring's file included, without any topic. A lap is 1 GiB \
         in batches of 1 MB; its topic is gone when memory is read.",
    );
    Ok(row)
}

fn ours(program: &Path, data: &Path) -> Result<Figure> {
    let (first, _) = Server::ringtide(program, data)?;
    first.kill()?;
    let (server, started) = Server::ringtide(program, data)?;
    thread::sleep(REST);
    let (fresh, fresh_rss) = (Mappings::of(server.pid)?, Memory::of(server.pid)?.resident);
    produce::lap(&server)?;
    thread::sleep(REST);
    let later = Mappings::of(server.pid)?;
    let later_rss = Memory::of(server.pid)?.resident;
    let ring = later.largest().unwrap_or_default();
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let figure = Figure { seconds: Some(started.as_secs_f64()), ..Figure::default() }
        .with(BESIDE, mb(fresh.resident_beside(ring)))
        .with(BESIDE_LATER, mb(later.resident_beside(ring)))
        .with(RESIDENT, mb(fresh_rss))
        .with(RESIDENT_LATER, mb(later_rss));
    server.discard()?;
    Ok(figure)
}

fn kafkas(libs: &Path, dir: &Path) -> Result<Figure> {
    let kafka = Kafka::prepare(libs, dir)?;
    // Its metadata log is written by the first start.
    Server::kafka_on(&kafka)?.0.kill()?;
    let (server, started) = Server::kafka_on(&kafka)?;
    thread::sleep(REST);
    let fresh = Memory::of(server.pid)?.resident;
    produce::lap(&server)?;
    thread::sleep(REST);
    let later = Memory::of(server.pid)?.resident;
    server.discard()?;
    Ok(Figure { seconds: Some(started.as_secs_f64()), ..Figure::default() }
        .with(RESIDENT, fresh as f64 / 1e6)
        .with(RESIDENT_LATER, later as f64 / 1e6))
}
