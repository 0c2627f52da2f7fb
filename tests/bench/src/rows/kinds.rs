//! Batches of an idempotent producer and compressed ones, against plain ones of the same length.
//!
//! The bound is narrower than what the machine moves from one window to the next. So the kinds take turns
//! in short windows, each round begins with another kind, and what counts of a repeat is each kind's cost
//! over all its windows, compared with that of plain batches in the same repeat.

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use protocol_records::ProducerStamp;
use protocol_types::{Codec, ProducerEpoch, ProducerId, Sequence};
use protocol_wire::messages::init_producer_id_request::InitProducerIdRequest;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames::{self, Train};
use crate::load::Load;
use crate::report::{Comparison, Figure, Row, table};
use crate::rows::produce::configs;
use crate::rows::scenario::Flush;
use crate::side::Side;
use crate::window::{self, Plan};

pub(crate) const NAME: &str = "16 KB, 16 partitions, async: idempotent, lz4, zstd";

const BATCH: usize = 16_384;
const PARTITIONS: i32 = 16;
/// The median of fewer ratios than this would be within the spread.
const REPEATS_MIN: usize = 5;
/// Rounds of a repeat; each measures every kind once, and each kind is the first of one.
const ROUNDS: usize = KINDS.len();
/// By so much a window is shorter than those of other rows.
const SHORTER: f64 = 4.0;
/// The most that a kind may cost, in plain batches.
const COST_MAX: f64 = 1.05;
/// What an idempotent producer may have in flight.
const DEPTH: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Idempotent,
    Lz4,
    Zstd,
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::Plain, "ringtide"),
    (Kind::Idempotent, "ringtide, idempotent"),
    (Kind::Lz4, "ringtide, lz4"),
    (Kind::Zstd, "ringtide, zstd"),
];

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    let Some(side) = bench.sides.iter().find(|side| !side.is_kafka) else { return Ok(row) };
    let repeats = bench.options.repeats.max(REPEATS_MIN);
    for repeat in 0..repeats {
        measure_repeat(&mut row, bench, side, (repeat, repeat + 1 == repeats))?;
    }
    judge(&mut row);
    Ok(row)
}

/// All kinds in turn, on topics and connections that stay. System calls are counted once, at the end.
fn measure_repeat(
    row: &mut Row,
    bench: &Bench<'_>,
    side: &Side,
    (repeat, last): (usize, bool),
) -> Result<()> {
    let mut admin = Admin::connect(side.server.address)?;
    let topic = |kind| format!("kind-{kind:?}-{repeat}");
    let mut loads = Vec::new();
    for (kind, name) in KINDS {
        loads.push((name, connect(&mut admin, side, kind, &topic(kind))?));
    }
    for round in 0..ROUNDS {
        let traced = bench.tracing && last && round + 1 == ROUNDS;
        let plan = Plan { batch: BATCH, seconds: bench.options.seconds / SHORTER, traced };
        for (name, load) in &mut loads {
            row.add(name, window::measure(load, &side.server, plan)?);
        }
        loads.rotate_left(1);
    }
    KINDS.iter().try_for_each(|(kind, _)| admin.delete_topic(&topic(*kind)))
}

fn judge(row: &mut Row) {
    let mut shown = Vec::new();
    let plain = costs(row.figures("ringtide"));
    for (_, name) in KINDS.into_iter().skip(1) {
        let ratios = ratios(&costs(row.figures(name)), &plain);
        let (_, kind) = name.split_once(", ").unwrap_or(("", name));
        let target = format!("{kind}: ≤ {COST_MAX}× the CPU a batch of plain ones");
        row.judge(&target, table::median(&ratios), COST_MAX, Comparison::AtMost);
        shown.push(format!("{kind} {}", table::spread(&ratios)));
    }
    row.note(format!(
        "Judged from pairs: in each of {} repeats the kinds take turns in {ROUNDS} short windows each; the CPU a batch \
         of a kind over all its windows is divided by that of plain batches in the same repeat, and the median of \
         these ratios is judged (lowest–highest): {}. The table's own medians move with the machine.",
        plain.len(),
        shown.join(", ")
    ));
}

/// CPU microseconds a batch in each repeat, over all its windows.
fn costs(figures: &[Figure]) -> Vec<f64> {
    let cost = |windows: &[Figure]| {
        let cpu_us = |figure: &Figure| figure.cpu.map_or(0.0, |cpu| cpu.total() * 1e6);
        let batches = |figure: &Figure| cpu_us(figure) / figure.cpu_us.unwrap_or(f64::NAN);
        windows.iter().map(cpu_us).sum::<f64>() / windows.iter().map(batches).sum::<f64>()
    };
    figures.chunks(ROUNDS).map(cost).collect()
}

/// Each cost over that of the same repeat, in rising order.
fn ratios(costs: &[f64], plain: &[f64]) -> Vec<f64> {
    let mut ratios: Vec<f64> = costs.iter().zip(plain).map(|(cost, plain)| cost / plain).collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

/// Connections that write batches of `kind` to a topic of their own.
fn connect(admin: &mut Admin, side: &Side, kind: Kind, topic: &str) -> Result<Load> {
    admin.create_topic(topic, PARTITIONS, configs(Flush::Async, side))?;
    let trains = (0..PARTITIONS)
        .map(|partition| train(admin, kind, topic, partition))
        .collect::<Result<Vec<Train>>>()?;
    Load::connect(side.server.address, &trains, DEPTH)
}

fn train(admin: &mut Admin, kind: Kind, topic: &str, partition: i32) -> Result<Train> {
    let batch: Bytes = match kind {
        Kind::Plain => frames::batch(BATCH, now())?,
        Kind::Idempotent => frames::batch::idempotent(BATCH, now(), producer(admin)?)?,
        Kind::Lz4 => frames::batch::packed(Codec::Lz4, BATCH, now())?,
        Kind::Zstd => frames::batch::packed(Codec::Zstd, BATCH, now())?,
    };
    let mut train = frames::train(topic, &[partition; DEPTH], &batch)?;
    train.sequenced = (kind == Kind::Idempotent).then_some(1);
    Ok(train)
}

/// A producer whose next number is 0.
fn producer(admin: &mut Admin) -> Result<ProducerStamp> {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_transaction_timeout_ms(60_000);
    let answer = admin.call(1, &request)?;
    ensure!(answer.error_code == 0, "no producer id: {}", answer.error_code);
    let id = ProducerId::from_wire(answer.producer_id.0).context("a producer id")?;
    let epoch = ProducerEpoch(answer.producer_epoch);
    Ok(ProducerStamp { id, epoch, base_sequence: Sequence(0) })
}

#[cfg(test)]
mod tests;
