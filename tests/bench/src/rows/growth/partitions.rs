//! Partitions that nobody uses, and what they cost those that are used.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use super::{Point, cost, resident_each};
use crate::admin::Admin;
use crate::bench::Bench;
use crate::cpu::Cpu;
use crate::extent::{PARTITIONS_KAFKA_POW, PARTITIONS_POW};
use crate::growth::{Drawn, judge};
use crate::hot::Hot;
use crate::meter::memory::Memory;
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce::warm;
use crate::side::{Server, Side};

pub(crate) const NAME: &str = "growth: cold partitions 1 to 100,000";

/// Most partitions of one request, and of a topic.
const SLICE: u32 = 10_000;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    let seconds = bench.options.seconds;
    let ours = {
        let (server, _) = Server::ringtide(&bench.options.ringtide, &bench.dir.join("growth"))?;
        let side = Side { name: "ringtide", server, is_kafka: false };
        grow(&mut row, &side, PARTITIONS_POW, seconds)?
    };
    let kafka = match &bench.options.kafka_libs {
        Some(libs) => kafka(&mut row, libs, bench.dir, seconds)?,
        None => Vec::new(),
    };
    let per_partition = resident_each(&ours);
    row.judge("bytes of RSS a cold partition ≤ 2048", per_partition, 2048.0, Comparison::AtMost);
    judge(&mut row, "CPU a request on 64 hot partitions", &cost(&ours));
    row.note(
        "One broker whose topics are created between the points, in requests of at most 10,000 partitions; \
         64 connections with one request of 1 KB in flight each, a hot partition each, without fsync. \
         Kafka stops at 1,000: it keeps open files for each partition.",
    );
    let memory = |points: &[Point]| {
        points.iter().map(|it| (it.count, it.resident / 1e6)).collect::<Vec<_>>()
    };
    let x_label = "partitions without data";
    Drawn {
        file: "partitions-cpu",
        title: "CPU of a produce request beside cold partitions",
        x_label,
        y_label: "µs",
    }
    .draw(bench, &mut row, &[("ringtide", &cost(&ours)), ("kafka", &cost(&kafka))])?;
    Drawn {
        file: "partitions-memory",
        title: "resident memory with cold partitions",
        x_label,
        y_label: "MB",
    }
    .draw(bench, &mut row, &[("ringtide", &memory(&ours)), ("kafka", &memory(&kafka))])?;
    Ok(row)
}

fn kafka(row: &mut Row, libs: &Path, dir: &Path, seconds: f64) -> Result<Vec<Point>> {
    let dir = dir.join("growth-kafka");
    std::fs::create_dir_all(&dir)?;
    let server = Server::kafka(libs, &dir)?;
    let side = Side { name: "kafka", server, is_kafka: true };
    grow(row, &side, *PARTITIONS_POW.start()..=PARTITIONS_KAFKA_POW, seconds)
}

fn grow(
    row: &mut Row,
    side: &Side,
    powers: RangeInclusive<u32>,
    seconds: f64,
) -> Result<Vec<Point>> {
    let Side { name, server, .. } = side;
    // Without it the ring's memory, touched for the first time, would count as growth.
    warm(side)?;
    let mut admin = Admin::connect(server.address)?;
    let mut hot = Hot::create(side)?;
    let (mut points, mut there, mut topics) = (Vec::new(), 0, 0);
    for power in powers {
        let count = 10_u32.pow(power);
        let (began, before) = (Instant::now(), Cpu::of(server.pid)?);
        while there < count {
            let slice = SLICE.min(count - there);
            admin.create_topic(&format!("cold-{topics}"), i32::try_from(slice)?, &[])?;
            (there, topics) = (there + slice, topics + 1);
        }
        let created =
            Figure::of_time(began.elapsed().as_secs_f64(), Cpu::of(server.pid)?.since(before));
        let cpu_us = hot.cpu_us(seconds)?;
        let resident = Memory::of(server.pid)?.resident as f64;
        let figure = Figure { cpu_us: Some(cpu_us), ..created }.with("RSS, MB", resident / 1e6);
        row.add(&format!("{name}, {count}"), figure);
        points.push(Point { count: f64::from(count), resident, cpu_us });
    }
    Ok(points)
}
