//! Reading what has long left the ring, and what that does to somebody who writes meanwhile.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::fs::Advice;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::extent::{CATCH_UP_BEHIND, CATCH_UP_BESIDE, CATCH_UP_BYTES};
use crate::flow::{Flow, Flowed, Stream};
use crate::frames;
use crate::gulp::Gulp;
use crate::load::Load;
use crate::report::{Comparison, Figure, Row};
use crate::side::Side;

pub(crate) const ONE: &str = "catch-up from local files, 1 partition";
pub(crate) const EIGHT: &str = "catch-up from local files, 8 partitions";

const BATCH: usize = 65_536;
const TOPIC: &str = "catch-up";
const BESIDE: &str = "catch-up-beside";
const WITHOUT_CACHE: &str = "kafka, page cache emptied";

pub(crate) fn one(bench: &Bench<'_>) -> Result<Row> {
    measure(bench, ONE, 1)
}

pub(crate) fn eight(bench: &Bench<'_>) -> Result<Row> {
    measure(bench, EIGHT, 8)
}

fn measure(bench: &Bench<'_>, name: &str, partitions: i32) -> Result<Row> {
    let mut row = Row::new(name);
    let mut filled = Vec::new();
    for side in &bench.sides {
        filled.push(Filled::write(side, partitions)?);
    }
    for _ in 0..bench.options.repeats {
        for one in &mut filled {
            row.add(one.side.name, one.read(bench.options.seconds, Cache::AsItIs)?);
            if one.side.is_kafka && !one.side.server.data.as_os_str().is_empty() {
                row.add(WITHOUT_CACHE, one.read(bench.options.seconds, Cache::Emptied)?);
            }
        }
    }
    for one in filled {
        one.delete()?;
    }
    let rate = row.median("ringtide", |figure| figure.mb_per_second);
    row.judge("read MB/s ≥ 1500", rate, 1500.0, Comparison::AtLeast);
    let change = row.median("ringtide", |figure| figure.extra(CHANGE));
    row.judge("produce p99 ≤ 1.2 times that without the reader", change, 1.2, Comparison::AtMost);
    row.note(
        "2 GiB of 64 KB batches, read from the start over and over; 1 GiB and more was written behind them, so all \
         of it is in sealed files. A connection a partition, eight fetches of 1 MiB in flight. Ringtide reads \
         sealed files past the page cache and checks every batch, so each byte comes from the disk; Kafka is \
         read once from the page cache that its writes filled, and once with its cache emptied before each round. \
         p50 and p99 are those of a producer of 1 KB records at 1,000/s, with fsync at our side, while the reader runs.",
    );
    Ok(row)
}

const CHANGE: &str = "its p99 with / without the reader";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cache {
    AsItIs,
    /// Before every round.
    Emptied,
}

/// A side with the topic to read.
struct Filled<'a> {
    side: &'a Side,
    readers: Vec<Gulp>,
    /// Batches to read of each partition.
    end: i64,
}

impl<'a> Filled<'a> {
    fn write(side: &'a Side, partitions: i32) -> Result<Self> {
        let address = side.server.address;
        let mut admin = Admin::connect(address)?;
        admin.create_topic(TOPIC, partitions, &[])?;
        admin.create_topic(BESIDE, 1, &[])?;
        let batch = frames::batch(BATCH, now())?;
        let trains = (0..partitions).map(|own| frames::train(TOPIC, &[own; 8], &batch));
        let trains = trains.collect::<Result<Vec<_>>>()?;
        let mut load = Load::connect(address, &trains, 8)?;
        // Refused while the topic is new: such batches do not count.
        load.run_batches((CATCH_UP_BYTES + CATCH_UP_BEHIND) / BATCH as u64)?;
        load.drain()?;
        let readers = (0..partitions)
            .map(|partition| Gulp::connect(address, TOPIC, partition, BATCH))
            .collect::<Result<Vec<_>>>()?;
        let end = i64::try_from(CATCH_UP_BYTES / BATCH as u64)? / i64::from(partitions);
        Ok(Self { side, readers, end })
    }

    /// The light producer alone, then beside the reader.
    fn read(&mut self, seconds: f64, cache: Cache) -> Result<Figure> {
        let span = Duration::from_secs_f64(seconds);
        let address = self.side.server.address;
        let batch = frames::batch(1_024, now())?;
        let stream = Stream { topic: BESIDE, partitions: 1, batch: &batch, rate: CATCH_UP_BESIDE };
        let mut flow = Flow::connect(address, stream)?;
        flow.run(span / 4)?;
        let alone = flow.run(span)?;
        std::thread::scope(|scope| {
            let beside = scope.spawn(move || flow.run(span));
            let read = self.rounds(span, cache)?;
            let beside = beside.join().ok().context("the light producer ended early")??;
            Ok(read.figure(&alone, &beside))
        })
    }

    fn rounds(&mut self, span: Duration, cache: Cache) -> Result<Read> {
        let server = &self.side.server;
        let began = Instant::now();
        let mut read = Read { bytes: 0, seconds: 0.0, cpu: Cpu::default() };
        while began.elapsed() < span {
            if cache == Cache::Emptied {
                empty_cache(&server.data)?;
            }
            let (before, from) = (Cpu::of(server.pid)?, Instant::now());
            read.bytes += self.round(began + span)?;
            read.seconds += from.elapsed().as_secs_f64();
            let cpu = Cpu::of(server.pid)?.since(before);
            read.cpu = Cpu { user: read.cpu.user + cpu.user, system: read.cpu.system + cpu.system };
        }
        Ok(read)
    }

    /// Reads everything once, or until `deadline`; yields the bytes.
    fn round(&mut self, deadline: Instant) -> Result<u64> {
        self.readers.iter_mut().for_each(Gulp::rewind);
        let (mut bytes, mut end) = (0, self.end);
        loop {
            if Instant::now() > deadline {
                // What is asked for is still taken.
                end = 0;
            }
            let mut more = 0;
            for reader in &mut self.readers {
                more += reader.turn(end)?;
            }
            if more == 0 {
                return Ok(bytes);
            }
            bytes += more;
        }
    }

    fn delete(self) -> Result<()> {
        let mut admin = Admin::connect(self.side.server.address)?;
        admin.delete_topic(TOPIC)?;
        admin.delete_topic(BESIDE)
    }
}

struct Read {
    bytes: u64,
    seconds: f64,
    /// Of the broker, in the rounds; the light producer's share is in it.
    cpu: Cpu,
}

impl Read {
    fn figure(&self, alone: &Flowed, beside: &Flowed) -> Figure {
        Figure {
            p50_us: Some(beside.produce_p50_us),
            p99_us: Some(beside.produce_p99_us),
            late_p99_us: Some(beside.late_p99_us),
            refused: Some(alone.refused + beside.refused),
            ..Figure::of_bytes(self.bytes as f64, self.seconds, self.cpu)
        }
        .with("p99 without the reader, ms", alone.produce_p99_us / 1e3)
        .with(CHANGE, beside.produce_p99_us / alone.produce_p99_us)
    }
}

/// Writes back and drops the cached pages of all files in `dir`.
fn empty_cache(dir: &Path) -> Result<()> {
    for entry in std::fs::read_dir(dir).context("list the data")? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            empty_cache(&entry.path())?;
        } else if let Ok(file) = std::fs::File::open(entry.path()) {
            // A file may be gone by now; pages that wait to be written cannot be dropped.
            rustix::fs::fdatasync(&file)?;
            rustix::fs::fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
