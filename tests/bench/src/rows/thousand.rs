//! Many partitions, each of which has data already: an append must not cost more for their number.

use anyhow::Result;
use bytes::Bytes;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames;
use crate::load::Load;
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce::{configs, trains};
use crate::rows::scenario::{Flush, Scenario};
use crate::side::Side;
use crate::window::{self, Plan};

pub(crate) const NAME: &str = "1 KB pipelined, 1000 partitions, async";

const MANY: i32 = 1000;
const FEW: i32 = 64;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    let batch = frames::batch(1024, now())?;
    for repeat in 0..bench.options.repeats {
        let plan = Plan {
            batch: batch.len(),
            seconds: bench.options.seconds,
            traced: bench.traced(repeat),
        };
        for side in &bench.sides {
            row.add(side.name, once(side, MANY, &batch, &format!("many-{repeat}"), plan)?);
            let few = format!("{}, {FEW} partitions", side.name);
            row.add(&few, once(side, FEW, &batch, &format!("few-{repeat}"), plan)?);
        }
    }
    let cpu = row.ratio("ringtide", "ringtide, 64 partitions", |figure| figure.cpu_us);
    row.judge("≤ 1.25× the CPU a batch with 64 partitions", cpu, 1.25, Comparison::AtMost);
    Ok(row)
}

fn once(side: &Side, partitions: i32, batch: &Bytes, topic: &str, plan: Plan) -> Result<Figure> {
    let scenario = Scenario {
        name: NAME,
        topic: "",
        batch: batch.len(),
        partitions,
        connections: 64,
        depth: 16,
        flush: Flush::Async,
        judge: |_| {},
    };
    let mut admin = Admin::connect(side.server.address)?;
    admin.create_topic(topic, partitions, configs(scenario.flush, side))?;
    let trains = trains(topic, &scenario, batch)?;
    let mut load = Load::connect(side.server.address, &trains, scenario.depth)?;
    // The first append to a partition has a row of its own.
    load.run_batches(u64::try_from(partitions)? * 4)?;
    let figure = window::measure(&mut load, &side.server, plan)?;
    admin.delete_topic(topic)?;
    Ok(figure)
}
