//! Replicas, their fetches, and the throttles between brokers.

use crate::broker::key::{BrokerKey, boolean, int, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "delete.records.purgatory.purge.interval.requests",
        "Finished deletions that may stay among the waiting ones before they are \
            swept out.",
    )
    .or("1"),
    boolean(
        "follower.fetch.last.tiered.offset.enable",
        "Whether a new follower of a tiered partition begins at the last tiered \
            offset.",
    )
    .or("false")
    .cluster_wide(),
    long(
        "follower.replication.throttled.rate",
        "Most bytes a second a follower replicates of throttled replicas.",
    )
    .at_least(0)
    .cluster_wide()
    .only_when_set(),
    string("inter.broker.listener.name", "Listener that brokers use among each other."),
    long(
        "leader.replication.throttled.rate",
        "Most bytes a second a leader hands out of throttled replicas.",
    )
    .at_least(0)
    .cluster_wide()
    .only_when_set(),
    int("num.replica.alter.log.dirs.threads", "Threads that move replicas between directories."),
    int("num.replica.fetchers", "Threads that fetch from each leader.")
        .or("1")
        .at_least(1)
        .cluster_wide(),
    long(
        "replica.alter.log.dirs.io.max.bytes.per.second",
        "Most bytes a second of moves between directories.",
    )
    .at_least(0)
    .cluster_wide()
    .only_when_set(),
    int("replica.fetch.backoff.ms", "Pause of a follower after a failed fetch.")
        .or("1000")
        .at_least(0),
    int("replica.fetch.max.bytes", "Bytes of one partition a follower asks for.")
        .or("1048576")
        .at_least(0),
    int("replica.fetch.min.bytes", "Bytes a follower's fetch waits for.").or("1"),
    int("replica.fetch.response.max.bytes", "Bytes of one answer a follower asks for.")
        .or("10485760")
        .at_least(0),
    int("replica.fetch.wait.max.ms", "How long a follower's fetch waits for data.").or("500"),
    long(
        "replica.high.watermark.checkpoint.interval.ms",
        "How often high watermarks are written to disk.",
    )
    .or("5000"),
    long(
        "replica.lag.time.max.ms",
        "A follower that lags for this long leaves the in-sync replicas.",
    )
    .or("30000"),
    string("replica.selector.class", "Class that chooses the replica a consumer reads from.")
        .refused(),
    int("replica.socket.receive.buffer.bytes", "Receive buffer of a follower's socket.")
        .or("65536"),
    int("replica.socket.timeout.ms", "How long a follower's request may take.").or("30000"),
];
