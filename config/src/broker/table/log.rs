//! The partitions' logs: directories, compaction, retention, producers' state.

use crate::broker::key::{BrokerKey, boolean, double, int, list, long};

pub(super) const KEYS: &[BrokerKey] = &[
    int("background.threads", "Threads for housekeeping.").or("10").at_least(1).cluster_wide(),
    list("cordoned.log.dirs", "Directories that get no new partitions; * is all.")
        .or("")
        .per_broker(),
    long("log.cleaner.backoff.ms", "Pause of the compactor when it finds nothing to do.")
        .or("15000")
        .at_least(0)
        .cluster_wide(),
    long("log.cleaner.dedupe.buffer.size", "Memory for the compactor's map of keys.")
        .or("134217728")
        .cluster_wide(),
    boolean("log.cleaner.enable", "Whether compacted topics are compacted.").or("true"),
    double("log.cleaner.io.buffer.load.factor", "How full the compactor's map of keys may get.")
        .or("0.9")
        .cluster_wide(),
    int("log.cleaner.io.buffer.size", "Memory for the compactor's reading and writing.")
        .or("524288")
        .at_least(0)
        .cluster_wide(),
    double(
        "log.cleaner.io.max.bytes.per.second",
        "Most bytes a second the compactor reads and writes.",
    )
    .or("1.7976931348623157E308")
    .cluster_wide(),
    int("log.cleaner.threads", "Threads that compact.").or("1").at_least(0).cluster_wide(),
    list("log.dir", "The data directory, under Kafka's name.").shown(),
    long(
        "log.dir.failure.timeout.ms",
        "How long a broker may fail to report a broken directory before it stops.",
    )
    .or("30000")
    .at_least(1),
    list("log.dirs", "The data directory, under Kafka's name.").shown(),
    int(
        "log.flush.offset.checkpoint.interval.ms",
        "How often recovery points are written; each group of the ring is one here.",
    )
    .or("60000")
    .at_least(0),
    int(
        "log.flush.start.offset.checkpoint.interval.ms",
        "How often log starts are written; they are in the ring here.",
    )
    .or("60000")
    .at_least(0),
    long("log.retention.check.interval.ms", "How often retention is checked.")
        .or("300000")
        .at_least(1)
        .effective(),
    int("num.recovery.threads.per.data.dir", "Threads that recover a directory at start.")
        .or("2")
        .at_least(1)
        .cluster_wide(),
    int(
        "producer.id.expiration.ms",
        "An idempotent producer that stays silent for this long is forgotten.",
    )
    .or("86400000")
    .at_least(1)
    .cluster_wide()
    .effective(),
];
