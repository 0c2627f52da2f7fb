//! Consumer groups: coordinator, offsets, the classic and the consumer protocol.

use crate::broker::key::{BrokerKey, int, list, long, short, string};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "group.consumer.assignment.interval.ms",
        "Shortest time between two assignments of a consumer group.",
    )
    .or("1000")
    .at_least(0)
    .cluster_wide()
    .effective(),
    list("group.consumer.assignors", "Assignors on the broker's side; the first is the default.")
        .or("uniform,range")
        .list_of(&["uniform", "range"])
        .effective(),
    int(
        "group.consumer.heartbeat.interval.ms",
        "How often members of a consumer group send heartbeats.",
    )
    .or("5000")
    .at_least(1)
    .effective(),
    int(
        "group.consumer.max.assignment.interval.ms",
        "Largest assignment interval a consumer group may set.",
    )
    .or("15000")
    .at_least(0)
    .effective(),
    int(
        "group.consumer.max.heartbeat.interval.ms",
        "Largest heartbeat interval a consumer group may set.",
    )
    .or("15000")
    .at_least(1)
    .effective(),
    int(
        "group.consumer.max.session.timeout.ms",
        "Largest session timeout a consumer group may set.",
    )
    .or("60000")
    .at_least(1)
    .effective(),
    int("group.consumer.max.size", "Most members of a consumer group.")
        .or("2147483647")
        .at_least(1)
        .effective(),
    string(
        "group.consumer.migration.policy",
        "Which ways a group may change between the classic and the consumer \
            protocol.",
    )
    .or("bidirectional")
    .one_of_any_case(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"])
    .effective(),
    int(
        "group.consumer.min.assignment.interval.ms",
        "Smallest assignment interval a consumer group may set.",
    )
    .or("0")
    .at_least(0)
    .effective(),
    int(
        "group.consumer.min.heartbeat.interval.ms",
        "Smallest heartbeat interval a consumer group may set.",
    )
    .or("5000")
    .at_least(1)
    .effective(),
    int(
        "group.consumer.min.session.timeout.ms",
        "Smallest session timeout a consumer group may set.",
    )
    .or("45000")
    .at_least(1)
    .effective(),
    int(
        "group.consumer.session.timeout.ms",
        "A member of a consumer group that is silent for this long is removed.",
    )
    .or("45000")
    .at_least(1)
    .effective(),
    int(
        "group.coordinator.append.linger.ms",
        "How long the coordinator gathers writes; -1 adapts.",
    )
    .or("-1")
    .at_least(-1),
    int("group.coordinator.background.threads", "Threads for the coordinator's long work.")
        .or("2")
        .at_least(1),
    int(
        "group.coordinator.cached.buffer.max.bytes",
        "Largest write buffer the coordinator keeps for reuse.",
    )
    .or("1048588")
    .at_least(524_288)
    .cluster_wide(),
    list("group.coordinator.rebalance.protocols", "Group protocols that are switched on.")
        .or("classic,consumer,streams")
        .list_of(&["consumer", "classic", "share", "streams"]),
    int("group.coordinator.threads", "Threads of the coordinator.").or("4").at_least(1),
    int(
        "group.initial.rebalance.delay.ms",
        "How long the first rebalance of an empty group waits for more members.",
    )
    .or("3000")
    .effective(),
    int("group.max.session.timeout.ms", "Largest session timeout a classic member may ask for.")
        .or("1800000")
        .effective(),
    int("group.max.size", "Most members of a classic group.")
        .or("2147483647")
        .at_least(1)
        .effective(),
    int("group.min.session.timeout.ms", "Smallest session timeout a classic member may ask for.")
        .or("6000")
        .effective(),
    int("offset.metadata.max.bytes", "Largest metadata a commit may carry.").or("4096").effective(),
    int("offsets.commit.timeout.ms", "How long a commit may wait to be stored.")
        .or("5000")
        .at_least(1),
    int("offsets.load.buffer.size", "Batch size of reading offsets when a coordinator loads.")
        .or("5242880")
        .at_least(1),
    long("offsets.retention.check.interval.ms", "How often expired offsets are looked for.")
        .or("600000")
        .at_least(1)
        .effective(),
    int("offsets.retention.minutes", "How long offsets of an empty group are kept.")
        .or("10080")
        .at_least(1)
        .effective(),
    int("offsets.topic.compression.codec", "Codec of the offsets topic, by its number.").or("0"),
    int("offsets.topic.num.partitions", "Partitions of the offsets topic.")
        .or("50")
        .between(1, 10_000)
        .effective(),
    short("offsets.topic.replication.factor", "Replication factor of the offsets topic.")
        .or("3")
        .at_least(1),
    int("offsets.topic.segment.bytes", "Segment size of the offsets topic.")
        .or("104857600")
        .at_least(1)
        .effective(),
];
