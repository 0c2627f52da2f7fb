//! Share groups (KIP-932) and their coordinator.

use crate::broker::key::{BrokerKey, int, list, short};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "group.share.assignment.interval.ms",
        "Shortest time between two assignments of a share group.",
    )
    .or("1000")
    .at_least(0)
    .cluster_wide(),
    list("group.share.assignors", "Assignors of share groups.").or("simple"),
    int("group.share.delivery.count.limit", "How often a record is delivered at most.")
        .or("5")
        .between(2, 10),
    int("group.share.heartbeat.interval.ms", "How often members of a share group send heartbeats.")
        .or("5000")
        .at_least(1),
    int(
        "group.share.max.assignment.interval.ms",
        "Largest assignment interval a share group may set.",
    )
    .or("15000")
    .at_least(0),
    int("group.share.max.delivery.count.limit", "Largest delivery limit a share group may set.")
        .or("10")
        .between(5, 25),
    int(
        "group.share.max.heartbeat.interval.ms",
        "Largest heartbeat interval a share group may set.",
    )
    .or("15000")
    .at_least(1),
    int(
        "group.share.max.partition.max.record.locks",
        "Largest number of locks a share group may set.",
    )
    .or("4000")
    .between(2000, 10_000),
    int("group.share.max.record.lock.duration.ms", "Longest lock a share group may set.")
        .or("60000")
        .between(30_000, 3_600_000),
    int("group.share.max.session.timeout.ms", "Largest session timeout a share group may set.")
        .or("60000")
        .at_least(1),
    int("group.share.max.share.sessions", "Most share sessions of a broker.")
        .or("2000")
        .at_least(1),
    int("group.share.max.size", "Most members of a share group.").or("200").between(1, 1000),
    int(
        "group.share.min.assignment.interval.ms",
        "Smallest assignment interval a share group may set.",
    )
    .or("0")
    .at_least(0),
    int("group.share.min.delivery.count.limit", "Smallest delivery limit a share group may set.")
        .or("2")
        .between(2, 5),
    int(
        "group.share.min.heartbeat.interval.ms",
        "Smallest heartbeat interval a share group may set.",
    )
    .or("5000")
    .at_least(1),
    int(
        "group.share.min.partition.max.record.locks",
        "Smallest number of locks a share group may set.",
    )
    .or("100")
    .between(100, 2000),
    int("group.share.min.record.lock.duration.ms", "Shortest lock a share group may set.")
        .or("15000")
        .between(1000, 30_000),
    int("group.share.min.session.timeout.ms", "Smallest session timeout a share group may set.")
        .or("45000")
        .at_least(1),
    int("group.share.partition.max.record.locks", "Most locked records of a partition.")
        .or("2000")
        .between(100, 10_000),
    int("group.share.record.lock.duration.ms", "How long an acquired record stays locked.")
        .or("30000")
        .between(1000, 3_600_000),
    int(
        "group.share.session.timeout.ms",
        "A member of a share group that is silent for this long is removed.",
    )
    .or("45000")
    .at_least(1),
    int(
        "share.coordinator.append.linger.ms",
        "How long the share coordinator gathers writes; -1 adapts.",
    )
    .or("-1")
    .at_least(-1),
    int(
        "share.coordinator.cached.buffer.max.bytes",
        "Largest write buffer the share coordinator keeps for reuse.",
    )
    .or("1048588")
    .at_least(524_288)
    .cluster_wide(),
    int(
        "share.coordinator.load.buffer.size",
        "Batch size of reading state when a share coordinator loads.",
    )
    .or("5242880")
    .at_least(1),
    int(
        "share.coordinator.snapshot.update.records.per.snapshot",
        "Updates between two snapshots of a share partition's state.",
    )
    .or("500")
    .between(0, 500),
    int(
        "share.coordinator.state.topic.compression.codec",
        "Codec of the share state topic, by its number.",
    )
    .or("0"),
    short("share.coordinator.state.topic.min.isr", "In-sync replicas the share state topic wants.")
        .or("2")
        .at_least(1),
    int("share.coordinator.state.topic.num.partitions", "Partitions of the share state topic.")
        .or("50")
        .at_least(1),
    short(
        "share.coordinator.state.topic.replication.factor",
        "Replication factor of the share state topic.",
    )
    .or("3")
    .at_least(1),
    int("share.coordinator.state.topic.segment.bytes", "Segment size of the share state topic.")
        .or("104857600")
        .at_least(1),
    int("share.coordinator.threads", "Threads of the share coordinator.").or("1").at_least(1),
    int(
        "share.coordinator.write.timeout.ms",
        "How long a write of the share coordinator may take.",
    )
    .or("5000")
    .at_least(1),
    int(
        "share.fetch.purgatory.purge.interval.requests",
        "Finished share fetches that may stay among the waiting ones before they \
            are swept out.",
    )
    .or("1000"),
];
