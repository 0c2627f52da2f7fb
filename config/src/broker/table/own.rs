//! Ringtide's own settings, and one Kafka no longer has that tools still read.

use crate::broker::key::{BrokerKey, boolean, int, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    string("data.dir", "Directory of the ring, the sealed files and the metadata.")
        .or("ringtide-data")
        .effective(),
    string("http.bind", "Where HTTP is served: HOST:PORT.").or("127.0.0.1:8080").effective(),
    string(
        "inter.broker.protocol.version",
        "Read by older tools; the protocol level of Kafka 4.3.",
    )
    .or("4.3-IV0")
    .shown(),
    string("logging.format", "Form of log lines on stderr; auto = text on a terminal, else JSON.")
        .or("auto")
        .one_of(&["auto", "text", "json"])
        .effective(),
    string("logging.level", "Log level, or levels per module: info,broker_wal=debug.")
        .or("info")
        .log_levels()
        .effective(),
    long(
        "memory.request.bytes",
        "Budget for requests being read and processed. Default: a quarter of the \
            ring.",
    )
    .at_least(1_048_576)
    .effective(),
    long(
        "memory.response.bytes",
        "Budget for responses that sockets have not taken yet. Default: a quarter \
            of the ring.",
    )
    .at_least(1_048_576)
    .effective(),
    string("metrics.groups.exclude", "Groups without series: names by comma, * for anything.")
        .or("")
        .effective(),
    string("metrics.groups.include", "The only groups with series; empty = all.")
        .or("")
        .effective(),
    boolean("metrics.groups.skip_empty", "Whether groups without members have no series.")
        .or("false")
        .effective(),
    long(
        "metrics.max_series",
        "Most series of topics, partitions and groups; what is left out is counted.",
    )
    .or("100000")
    .at_least(0)
    .effective(),
    string("metrics.partition_detail", "Which partitions have series: none, leader or all.")
        .or("leader")
        .one_of(&["none", "leader", "all"])
        .effective(),
    long("metrics.survey.interval.ms", "How often partitions, groups and lag are looked at.")
        .or("5000")
        .at_least(100)
        .effective(),
    string("metrics.topics.exclude", "Topics without series: names by comma, * for anything.")
        .or("")
        .effective(),
    string("metrics.topics.include", "The only topics with series; empty = all.")
        .or("")
        .effective(),
    long(
        "ring.size",
        "Size of the ring log in memory and on disk, a multiple of 64 KiB, at \
            least 16 MiB. Default: 1 GiB, in development 256 MiB.",
    )
    .effective(),
    long(
        "segments.spare.ms",
        "How long a sealed file without live data waits for a new one that takes over its space; \
            0 = it is removed at once.",
    )
    .or("60000")
    .at_least(0)
    .effective(),
    int("shards", "Threads that serve connections; 0 = one per core.")
        .or("0")
        .between(0, 1_024)
        .effective(),
];
