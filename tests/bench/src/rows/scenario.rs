//! The rows of produce load and their targets.

use crate::report::{Comparison, Figure, Row};

/// How appended data is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Ringtide: `flush.policy=async`. Kafka: its default.
    Async,
    /// Ringtide: `flush.policy=fsync`. Kafka: `flush.messages=1`.
    Fsync,
    /// Ringtide with fsync against Kafka's default, which does not sync.
    Mixed,
}

/// One row of produce load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub name: &'static str,
    /// Its topics begin with this.
    pub topic: &'static str,
    /// Bytes of a batch.
    pub batch: usize,
    pub partitions: i32,
    pub connections: usize,
    /// Requests a connection has in flight.
    pub depth: usize,
    pub flush: Flush,
    /// Adds the targets to the measured row.
    pub judge: fn(&mut Row),
}

pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "1 MB, 4 partitions, async",
        topic: "mb1",
        batch: 1_000_000,
        partitions: 4,
        connections: 4,
        depth: 5,
        flush: Flush::Async,
        judge: |row| {
            faster(row, "≥ 5× Kafka's MB/s", 5.0);
            leaner(row, "≤ 1.5× the limit's CPU", 1.5);
        },
    },
    Scenario {
        name: "16 KB, 16 partitions, async",
        topic: "kb16",
        batch: 16_384,
        partitions: 16,
        connections: 16,
        depth: 5,
        flush: Flush::Async,
        judge: |row| {
            faster(row, "≥ 10× Kafka's MB/s", 10.0);
            leaner(row, "≤ 2× the limit's CPU", 2.0);
        },
    },
    Scenario {
        name: "1 KB pipelined, 64 partitions, async",
        topic: "kb1",
        batch: 1_024,
        partitions: 64,
        connections: 64,
        depth: 16,
        flush: Flush::Async,
        judge: |row| {
            faster(row, "≥ 30× Kafka's batches/s", 30.0);
            let cpu = row.median(OURS, |figure| figure.cpu_us);
            row.judge("CPU µs a batch", cpu, 1.5, Comparison::AtMost);
        },
    },
    Scenario {
        name: "1 KB, 64 connections one at a time, async",
        topic: "single",
        batch: 1_024,
        partitions: 64,
        connections: 64,
        depth: 1,
        flush: Flush::Async,
        judge: |row| {
            faster(row, "≥ 1.25× Kafka's batches/s", 1.25);
            leaner(row, "≤ 1.25× the limit's CPU", 1.25);
        },
    },
    Scenario {
        name: "16 KB, 16 partitions, fsync",
        topic: "kb16-fsync",
        batch: 16_384,
        partitions: 16,
        connections: 16,
        depth: 5,
        flush: Flush::Fsync,
        judge: |row| {
            faster(row, "≥ 10× Kafka's MB/s with flush.messages=1", 10.0);
            leaner(row, "≤ 1.5× the limit's CPU", 1.5);
        },
    },
    Scenario {
        name: "1 KB, 64 connections one at a time, fsync",
        topic: "single-fsync",
        batch: 1_024,
        partitions: 64,
        connections: 64,
        depth: 1,
        flush: Flush::Fsync,
        judge: |row| {
            faster(row, "≥ 10× Kafka's batches/s with flush.messages=1", 10.0);
            leaner(row, "≤ 1.3× the limit's CPU", 1.3);
        },
    },
    Scenario {
        name: "16 KB, 16 connections, depth 16: ours fsync, Kafka's default",
        topic: "mixed",
        batch: 16_384,
        partitions: 16,
        connections: 16,
        depth: 16,
        flush: Flush::Mixed,
        judge: |row| faster(row, "≥ 3.5× Kafka's MB/s, which does not sync", 3.5),
    },
];

pub(crate) const THOUSAND_CONNECTIONS: Scenario = Scenario {
    name: "1 KB, 1000 connections one at a time, async",
    topic: "thousand",
    batch: 1_024,
    partitions: 64,
    connections: 1000,
    depth: 1,
    flush: Flush::Async,
    judge: |row| {
        faster(row, "≥ 1.3× Kafka's batches/s", 1.3);
        leaner(row, "≤ 1.3× the limit's CPU", 1.3);
    },
};

const OURS: &str = "ringtide";

/// At least `times` the batches a second that Kafka takes.
fn faster(row: &mut Row, target: &str, times: f64) {
    let ratio = row.ratio(OURS, "kafka", |figure: &Figure| figure.per_second);
    row.judge(target, ratio, times, Comparison::AtLeast);
}

/// At most `times` the CPU a batch that the limit takes.
fn leaner(row: &mut Row, target: &str, times: f64) {
    let ratio = row.ratio(OURS, "limit", |figure: &Figure| figure.cpu_us);
    row.judge(target, ratio, times, Comparison::AtMost);
}
