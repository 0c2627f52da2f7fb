//! Batches of an idempotent producer and compressed ones, against plain ones of the same length.

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use protocol_records::ProducerStamp;
use protocol_types::{Codec, ProducerEpoch, ProducerId, Sequence};
use protocol_wire::messages::init_producer_id_request::InitProducerIdRequest;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames::{self, Train};
use crate::load::Load;
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce::configs;
use crate::rows::scenario::Flush;
use crate::side::Side;
use crate::window::{self, Plan};

pub(crate) const NAME: &str = "16 KB, 16 partitions, async: idempotent, lz4, zstd";

const BATCH: usize = 16_384;
const PARTITIONS: i32 = 16;
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
    for repeat in 0..bench.options.repeats {
        let seconds = bench.options.seconds;
        let plan = Plan { batch: BATCH, seconds, traced: bench.traced(repeat) };
        for (number, (kind, name)) in KINDS.into_iter().enumerate() {
            row.add(name, once(side, kind, &format!("kind-{number}-{repeat}"), plan)?);
        }
    }
    for (_, name) in KINDS.into_iter().skip(1) {
        let cpu = row.ratio(name, "ringtide", |figure| figure.cpu_us);
        let (_, kind) = name.split_once(", ").unwrap_or(("", name));
        let target = format!("{kind}: ≤ 1.05× the CPU a batch of plain ones");
        row.judge(&target, cpu, 1.05, Comparison::AtMost);
    }
    Ok(row)
}

fn once(side: &Side, kind: Kind, topic: &str, plan: Plan) -> Result<Figure> {
    let server = &side.server;
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(topic, PARTITIONS, configs(Flush::Async, side))?;
    let trains = (0..PARTITIONS)
        .map(|partition| train(&mut admin, kind, topic, partition))
        .collect::<Result<Vec<Train>>>()?;
    let mut load = Load::connect(server.address, &trains, DEPTH)?;
    let figure = window::measure(&mut load, server, plan)?;
    admin.delete_topic(topic)?;
    Ok(figure)
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
