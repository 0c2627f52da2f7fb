//! Many consumers at the end of one topic: what each byte that is delivered costs the broker.

use std::time::Duration;

use anyhow::Result;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::extent::{GROUPS, GROUPS_FEED};
use crate::flow::{Flow, Follow, Stream};
use crate::frames;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const NAME: &str = "50 groups tailing one topic of 20 MB/s";

const PARTITIONS: i32 = 4;
const BATCH: usize = 16_384;
/// `fetch.min.bytes` of consumers that had rather wait than ask often.
const PATIENT: i32 = 128 << 10;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            let seconds = bench.options.seconds;
            let figure = once(&side.server, &format!("fan-out-{repeat}"), 1, seconds)?;
            row.add(side.name, figure);
            let figure = once(&side.server, &format!("fan-in-{repeat}"), PATIENT, seconds)?;
            row.add(&format!("{}, min.bytes 128 KiB", side.name), figure);
        }
    }
    let measured = row.median("ringtide", |figure| figure.cpu_per_gb);
    row.judge("CPU-s/GB a group, min.bytes 1 ≤ 0.2", measured, 0.2, Comparison::AtMost);
    row.note(format!(
        "Batches of 16 KB into 4 partitions at 20 MB/s, both sides with their default flush; {GROUPS} consumers, \
         each a connection with one fetch of all partitions in flight, without a group's coordination; min.bytes is 1, clients' default, where the side does not say otherwise. CPU is what the broker used beyond the same feed without consumers, over the bytes \
         delivered; MB/s is what was delivered to all of them, p50 and p99 from when a batch was due to its delivery.",
    ));
    Ok(row)
}

fn once(server: &Server, topic: &str, bytes_min: i32, seconds: f64) -> Result<Figure> {
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(topic, PARTITIONS, &[])?;
    let batch = frames::batch(BATCH, now())?;
    let rate = GROUPS_FEED / BATCH as f64;
    let stream = Stream { topic, partitions: PARTITIONS, batch: &batch, rate };
    let mut flow = Flow::connect(server.address, stream)?;
    let span = Duration::from_secs_f64(seconds);
    let window = |flow: &mut Flow| -> Result<_> {
        flow.run(span / 4)?;
        let before = Cpu::of(server.pid)?;
        let flowed = flow.run(span)?;
        anyhow::Ok((flowed, Cpu::of(server.pid)?.since(before)))
    };
    let (alone, produce) = window(&mut flow)?;
    flow.follow(server.address, Follow { topic, count: GROUPS, bytes_min })?;
    let (flowed, cpu) = window(&mut flow)?;
    admin.delete_topic(topic)?;
    // The same feed, but for the few requests by which two spans may differ.
    let fed = flowed.acked as f64 / alone.acked as f64;
    let beyond = cpu.total() - produce.total() * fed;
    let delivered = flowed.delivered as f64;
    Ok(Figure {
        mb_per_second: Some(delivered / 1e6 / flowed.seconds),
        cpu: Some(cpu),
        cpu_per_gb: Some(beyond / (delivered / 1e9)),
        p50_us: Some(flowed.deliver_p50_us),
        p99_us: Some(flowed.deliver_p99_us),
        late_p99_us: Some(flowed.late_p99_us),
        refused: Some(flowed.refused + alone.refused),
        ..Figure::default()
    }
    .with("CPU-s of the feed alone", produce.total())
    .with("CPU µs a delivered batch", beyond * 1e6 / (delivered / BATCH as f64)))
}
