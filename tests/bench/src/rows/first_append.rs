//! One batch to each of 1000 partitions that never had one.

use anyhow::Result;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::frames;
use crate::load::Load;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const NAME: &str = "first append to 1000 partitions";

const PARTITIONS: i32 = 1000;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            row.add(side.name, once(&side.server, &format!("first-{repeat}"))?);
        }
    }
    let measured = row.median("ringtide", |figure| figure.seconds);
    row.judge("seconds for all", measured, 0.5, Comparison::AtMost);
    Ok(row)
}

fn once(server: &Server, topic: &str) -> Result<Figure> {
    let batch = frames::batch(1024, now())?;
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(topic, PARTITIONS, &[])?;
    let all: Vec<i32> = (0..PARTITIONS).collect();
    let train = frames::train(topic, &all, &batch)?;
    let mut load = Load::connect(server.address, &[train], 16)?;
    let before = Cpu::of(server.pid)?;
    let window = load.run_batches(u64::try_from(PARTITIONS)?)?;
    let cpu = Cpu::of(server.pid)?.since(before);
    load.drain()?;
    admin.delete_topic(topic)?;
    Ok(Figure::of_time(window.seconds, cpu))
}
