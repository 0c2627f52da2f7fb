//! From a record's intended send time to the moment a waiting consumer has it.

use std::time::Duration;

use anyhow::Result;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::extent::END_TO_END_RATE;
use crate::flow::{Flow, Follow, Stream};
use crate::frames;
use crate::report::{Comparison, Figure, Row};
use crate::side::Side;

pub(crate) const NAME: &str = "end to end at 2,000 records/s of 1 KB: ours fsync, Kafka's default";

const PARTITIONS: i32 = 4;
const BATCH: usize = 1_024;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            row.add(side.name, once(side, &format!("e2e-{repeat}"), bench.options.seconds)?);
        }
    }
    let p99_ms = |side| row.median(side, |figure| figure.p99_us).map(|us| us / 1e3);
    let limit = p99_ms("kafka").map(|ms| ms + bench.probe.sync_p99_us / 1e3);
    let target = "p99 in ms ≤ Kafka's without fsync + the disk's own sync p99 at the start";
    row.judge(target, p99_ms("ringtide"), limit, Comparison::AtMost);
    row.note(
        "Open loop, one batch of one record each, 4 partitions, a connection a partition; one consumer \
         waits for all four (min.bytes 1). Times count from when a record was due to when the fetch answer \
         with it was there; producer and consumer are one event loop of the load generator.",
    );
    Ok(row)
}

fn once(side: &Side, topic: &str, seconds: f64) -> Result<Figure> {
    let address = side.server.address;
    let mut admin = Admin::connect(address)?;
    let flush = if side.is_kafka { None } else { Some(("flush.policy", "fsync")) };
    admin.create_topic(topic, PARTITIONS, flush.as_slice())?;
    let batch = frames::batch(BATCH, now())?;
    let stream = Stream { topic, partitions: PARTITIONS, batch: &batch, rate: END_TO_END_RATE };
    let mut flow = Flow::connect(address, stream)?;
    flow.follow(address, Follow { topic, count: 1, bytes_min: 1 })?;
    flow.run(Duration::from_secs_f64(seconds / 2.0))?;
    let before = Cpu::of(side.server.pid)?;
    let flowed = flow.run(Duration::from_secs_f64(seconds))?;
    let cpu = Cpu::of(side.server.pid)?.since(before);
    admin.delete_topic(topic)?;
    Ok(Figure {
        per_second: Some(flowed.acked as f64 / flowed.seconds),
        cpu: Some(cpu),
        cpu_us: Some(cpu.total() * 1e6 / flowed.acked as f64),
        p50_us: Some(flowed.deliver_p50_us),
        p99_us: Some(flowed.deliver_p99_us),
        p999_us: Some(flowed.deliver_p999_us),
        late_p99_us: Some(flowed.late_p99_us),
        refused: Some(flowed.refused),
        ..Figure::default()
    }
    .with("produce p99, ms", flowed.produce_p99_us / 1e3))
}
