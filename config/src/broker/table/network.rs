//! Listeners, sockets, requests and their limits.

use crate::broker::key::{BrokerKey, int, list, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    list(
        "advertised.listeners",
        "What clients are told to connect to: [NAME://]HOST:PORT, by comma. \
            Default: the bind address, or localhost where that is a wildcard.",
    )
    .per_broker()
    .effective(),
    long("connections.max.idle.ms", "An idle connection is closed after this time.")
        .or("600000")
        .at_least(1_000)
        .effective(),
    list("early.start.listeners", "Listeners that open before the authoriser has started."),
    int("fetch.max.bytes", "Most bytes a fetch answers, unless its first batch is larger.")
        .or("57671680")
        .at_least(1_024)
        .effective(),
    int(
        "fetch.purgatory.purge.interval.requests",
        "Finished fetches that may stay among the waiting ones before they are \
            swept out.",
    )
    .or("1000"),
    string("listener.security.protocol.map", "Protocol of each listener.").shown(),
    list(
        "listeners",
        "Where Kafka clients connect: [NAME://]HOST:PORT, by comma, or \
            [[listeners]] tables with name, bind, protocol and advertised.",
    )
    .or("PLAINTEXT://127.0.0.1:9092")
    .effective(),
    int("max.connection.creation.rate", "New connections a second the broker accepts.")
        .or("2147483647")
        .at_least(0)
        .cluster_wide()
        .effective(),
    int("max.connections", "Most connections at a time; further ones are closed at once.")
        .or("16384")
        .at_least(1)
        .cluster_wide()
        .effective(),
    int("max.connections.per.ip", "Most connections of one address.")
        .or("2147483647")
        .at_least(0)
        .cluster_wide()
        .effective(),
    string(
        "max.connections.per.ip.overrides",
        "Limits of single addresses: ADDRESS:NUMBER, by comma.",
    )
    .or("")
    .cluster_wide()
    .effective(),
    int(
        "max.incremental.fetch.session.cache.slots",
        "Fetch sessions remembered at most; here their partitions are bounded \
            instead.",
    )
    .or("1000")
    .at_least(0),
    int(
        "max.request.partition.size.limit",
        "Most partitions one answer of DescribeTopicPartitions holds.",
    )
    .or("2000")
    .at_least(1),
    int("num.io.threads", "Threads that work on requests; shards decides here.")
        .or("8")
        .at_least(1)
        .cluster_wide(),
    int("num.network.threads", "Threads that serve sockets; shards decides here.")
        .or("3")
        .at_least(1)
        .cluster_wide(),
    int(
        "producer.purgatory.purge.interval.requests",
        "Finished produce requests that may stay among the waiting ones before \
            they are swept out.",
    )
    .or("1000"),
    long(
        "queued.max.request.bytes",
        "Most bytes of queued requests; memory.request.bytes decides here.",
    )
    .or("-1"),
    int("queued.max.requests", "Most queued requests; memory.request.bytes decides here.")
        .or("500")
        .at_least(1),
    int("request.timeout.ms", "How long a broker's own requests to others may take.").or("30000"),
    long(
        "socket.connection.setup.timeout.max.ms",
        "Longest time a broker waits for a connection to another.",
    )
    .or("30000"),
    long(
        "socket.connection.setup.timeout.ms",
        "How long a broker waits for a connection to another at first.",
    )
    .or("10000"),
    int("socket.listen.backlog.size", "Connections that may wait to be accepted.")
        .or("50")
        .at_least(1),
    int("socket.receive.buffer.bytes", "Receive buffer of a socket; the system decides here.")
        .or("102400"),
    int(
        "socket.request.max.bytes",
        "Largest request; a larger one closes its connection. Default: 100 MiB, at \
            most memory.request.bytes.",
    )
    .at_least(1_024)
    .effective(),
    int("socket.send.buffer.bytes", "Send buffer of a socket; the system decides here.")
        .or("102400"),
];
