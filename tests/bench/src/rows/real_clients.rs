//! Clients as people use them, with their defaults, against brokers with theirs.

mod java;
mod librdkafka;

use std::process::Output;

use anyhow::{Result, bail};

use crate::admin::Admin;
use crate::bench::Bench;
use crate::cpu::Cpu;
use crate::extent::{CLIENT_PAIR_RECORDS, CLIENT_PAIRS, JAVA_RECORDS, LIBRDKAFKA_RECORDS};
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const LIBRDKAFKA: &str = "real client: librdkafka producer";
pub(crate) const JAVA: &str = "real client: Java producer";
pub(crate) const PAIRS: &str = "real clients: 3 Java producers and 3 consumers";

/// Bytes of a record.
const SIZE: u64 = 1_024;
const PARTITIONS: i32 = 4;

pub(crate) fn librdkafka(bench: &Bench<'_>) -> Result<Row> {
    let Some(python) = &bench.options.confluent_python else {
        return Ok(without(LIBRDKAFKA, "no Python with confluent-kafka was given"));
    };
    let mut row = measure(bench, LIBRDKAFKA, 1, LIBRDKAFKA_RECORDS, |server, topics| {
        librdkafka::produce(python, server.address, &topics[0], LIBRDKAFKA_RECORDS)
    })?;
    row.note(format!(
        "{LIBRDKAFKA_RECORDS} records of 1 KB through confluent-kafka for Python, librdkafka's defaults (acks all)."
    ));
    Ok(row)
}

pub(crate) fn java(bench: &Bench<'_>) -> Result<Row> {
    let Some(libs) = &bench.options.kafka_libs else {
        return Ok(without(JAVA, "no jars of Kafka were given"));
    };
    let mut row = measure(bench, JAVA, 1, JAVA_RECORDS, |server, topics| {
        java::produce(libs, server.address, topics, JAVA_RECORDS)
    })?;
    row.note(format!(
        "{JAVA_RECORDS} records of 1 KB with Kafka's own ProducerPerformance, its defaults (acks all, idempotent)."
    ));
    Ok(row)
}

pub(crate) fn pairs(bench: &Bench<'_>) -> Result<Row> {
    let Some(libs) = &bench.options.kafka_libs else {
        return Ok(without(PAIRS, "no jars of Kafka were given"));
    };
    let mut row = measure(bench, PAIRS, CLIENT_PAIRS, CLIENT_PAIR_RECORDS, |server, topics| {
        java::produce_and_consume(libs, server.address, topics, CLIENT_PAIR_RECORDS)
    })?;
    row.note(format!(
        "Three ProducerPerformance and three ConsumerPerformance at once, a topic and a group for each pair, \
         {CLIENT_PAIR_RECORDS} records of 1 KB a pair; six Java machines and the broker share the processors. MB/s is \
         what all producers sent, from the start of the machines to the last one's end.",
    ));
    Ok(row)
}

/// Why a row has nothing in it.
fn without(name: &str, reason: &str) -> Row {
    let mut row = Row::new(name);
    row.judge("MB/s ≥ Kafka's", None, None, Comparison::AtLeast);
    row.note(format!("Not measured: {reason}."));
    row
}

/// What clients came to: seconds and p99 where they tell it.
struct Ran {
    seconds: f64,
    p99_ms: Option<f64>,
}

/// Runs `clients` against each side with a topic for each of them; each sends `records`.
fn measure(
    bench: &Bench<'_>,
    name: &str,
    topics: u64,
    records: u64,
    clients: impl Fn(&Server, &[String]) -> Result<Ran>,
) -> Result<Row> {
    let mut row = Row::new(name);
    let bytes = (topics * records * SIZE) as f64;
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            let names: Vec<String> =
                (0..topics).map(|number| format!("real-{topics}-{repeat}-{number}")).collect();
            let mut admin = Admin::connect(side.server.address)?;
            for topic in &names {
                admin.create_topic(topic, PARTITIONS, &[])?;
            }
            let before = Cpu::of(side.server.pid)?;
            let ran = clients(&side.server, &names)?;
            let cpu = Cpu::of(side.server.pid)?.since(before);
            for topic in &names {
                admin.delete_topic(topic)?;
            }
            let p99_us = ran.p99_ms.map(|ms| ms * 1e3);
            row.add(side.name, Figure { p99_us, ..Figure::of_bytes(bytes, ran.seconds, cpu) });
        }
    }
    let rate = |side| row.median(side, |figure| figure.mb_per_second);
    row.judge("MB/s ≥ Kafka's", rate("ringtide"), rate("kafka"), Comparison::AtLeast);
    let cpu = row.ratio("ringtide", "kafka", |figure| figure.cpu_per_gb);
    row.judge("broker CPU ≤ a third of Kafka's", cpu, 1.0 / 3.0, Comparison::AtMost);
    Ok(row)
}

/// What a client that ended well has printed.
fn printed(output: &Output) -> Result<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}
