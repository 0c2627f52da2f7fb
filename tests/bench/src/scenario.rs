//! The rows that are measured.

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
    /// Bytes of a batch.
    pub batch: usize,
    pub partitions: i32,
    pub connections: usize,
    /// Requests a connection has in flight.
    pub depth: usize,
    pub flush: Flush,
    /// What the row must reach, in words.
    pub target: &'static str,
}

pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "1 MB, 4 partitions, async",
        batch: 1_000_000,
        partitions: 4,
        connections: 4,
        depth: 5,
        flush: Flush::Async,
        target: "reported",
    },
    Scenario {
        name: "16 KB, 16 partitions, async",
        batch: 16_384,
        partitions: 16,
        connections: 16,
        depth: 5,
        flush: Flush::Async,
        target: "≥ 5× Kafka's MB/s, ≤ 4× limit CPU",
    },
    Scenario {
        name: "1 KB pipelined, 64 partitions, async",
        batch: 1_024,
        partitions: 64,
        connections: 64,
        depth: 16,
        flush: Flush::Async,
        target: "≥ 10× Kafka",
    },
    Scenario {
        name: "1 KB, 64 connections one at a time, async",
        batch: 1_024,
        partitions: 64,
        connections: 64,
        depth: 1,
        flush: Flush::Async,
        target: "reported",
    },
    Scenario {
        name: "16 KB, 16 partitions, fsync",
        batch: 16_384,
        partitions: 16,
        connections: 16,
        depth: 5,
        flush: Flush::Fsync,
        target: "≥ 5× Kafka with flush.messages=1",
    },
    Scenario {
        name: "1 KB, 64 connections one at a time, fsync",
        batch: 1_024,
        partitions: 64,
        connections: 64,
        depth: 1,
        flush: Flush::Fsync,
        target: "reported",
    },
    Scenario {
        name: "16 KB, 16 connections, depth 16: ours fsync, Kafka's default",
        batch: 16_384,
        partitions: 16,
        connections: 16,
        depth: 16,
        flush: Flush::Mixed,
        target: "≥ 2× Kafka's default",
    },
];
