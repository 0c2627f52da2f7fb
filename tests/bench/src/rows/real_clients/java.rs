//! Kafka's own performance tools.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{Ran, SIZE, printed};

/// The producer's own measurement, of one producer.
pub(super) fn produce(
    libs: &Path,
    address: SocketAddr,
    topics: &[String],
    records: u64,
) -> Result<Ran> {
    let producer = producer(libs, address, &topics[0], records)?;
    let text = printed(&producer.wait_with_output()?)?;
    let told = Told::parse(&text).with_context(|| format!("not understood: {text}"))?;
    ensure!(told.records == records, "{} of {records} records were sent", told.records);
    Ok(Ran { seconds: records as f64 / told.per_second, p99_ms: Some(told.p99_ms) })
}

/// A producer and a consumer for each topic, together; the time includes the start of the machines.
pub(super) fn produce_and_consume(
    libs: &Path,
    address: SocketAddr,
    topics: &[String],
    records: u64,
) -> Result<Ran> {
    let began = Instant::now();
    let start = |topic: &String| {
        let consumer = consumer(libs, address, topic, records)?;
        anyhow::Ok((producer(libs, address, topic, records)?, consumer))
    };
    let pairs = topics.iter().map(start).collect::<Result<Vec<_>>>()?;
    let mut slowest = 0.0_f64;
    for (producer, consumer) in pairs {
        let text = printed(&producer.wait_with_output()?)?;
        let told = Told::parse(&text).with_context(|| format!("not understood: {text}"))?;
        ensure!(told.records == records, "{} of {records} records were sent", told.records);
        slowest = slowest.max(told.p99_ms);
        let text = printed(&consumer.wait_with_output()?)?;
        let got = consumed(&text).with_context(|| format!("not understood: {text}"))?;
        ensure!(got >= records, "{got} of {records} records were consumed");
    }
    Ok(Ran { seconds: began.elapsed().as_secs_f64(), p99_ms: Some(slowest) })
}

fn producer(libs: &Path, address: SocketAddr, topic: &str, records: u64) -> Result<Child> {
    let mut command = tool(libs, "ProducerPerformance");
    command.args(["--topic", topic, "--throughput", "-1"]);
    command.args(["--num-records", &records.to_string(), "--record-size", &SIZE.to_string()]);
    command.args(["--bootstrap-server", &address.to_string()]);
    command.spawn().context("run Java")
}

fn consumer(libs: &Path, address: SocketAddr, topic: &str, records: u64) -> Result<Child> {
    let mut command = tool(libs, "ConsumerPerformance");
    command.args(["--topic", topic, "--group", topic, "--hide-header", "--timeout", "30000"]);
    command.args(["--num-records", &records.to_string()]);
    command.args(["--bootstrap-server", &address.to_string()]);
    command.spawn().context("run Java")
}

fn tool(libs: &Path, name: &str) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx512M", "-cp", &format!("{}/*", libs.display())]);
    command.arg(format!("org.apache.kafka.tools.{name}"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The last line of the producer's tool.
#[derive(Debug, PartialEq)]
struct Told {
    records: u64,
    per_second: f64,
    p99_ms: f64,
}

impl Told {
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().rev().find(|line| line.contains(" ms 99th"))?;
        let before = |mark: &str| line.split(mark).next()?.rsplit(' ').next();
        Some(Self {
            records: before(" records sent")?.parse().ok()?,
            per_second: before(" records/sec")?.parse().ok()?,
            p99_ms: before(" ms 99th")?.parse().ok()?,
        })
    }
}

/// Records that the consumer's tool tells of, in its fifth column.
fn consumed(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| line.split(", ").nth(4)?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
