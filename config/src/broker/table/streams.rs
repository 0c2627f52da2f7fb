//! Groups of Kafka Streams (KIP-1071).

use crate::broker::key::{BrokerKey, int};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "group.streams.assignment.interval.ms",
        "Shortest time between two assignments of a streams group.",
    )
    .or("1000")
    .at_least(0)
    .cluster_wide(),
    int(
        "group.streams.heartbeat.interval.ms",
        "How often members of a streams group send heartbeats.",
    )
    .or("5000")
    .at_least(1),
    int(
        "group.streams.initial.rebalance.delay.ms",
        "How long the first rebalance of an empty streams group waits for more \
            members.",
    )
    .or("3000")
    .at_least(0),
    int(
        "group.streams.max.assignment.interval.ms",
        "Largest assignment interval a streams group may set.",
    )
    .or("15000")
    .at_least(0),
    int(
        "group.streams.max.heartbeat.interval.ms",
        "Largest heartbeat interval a streams group may set.",
    )
    .or("15000")
    .at_least(1),
    int("group.streams.max.session.timeout.ms", "Largest session timeout a streams group may set.")
        .or("60000")
        .at_least(1),
    int("group.streams.max.size", "Most members of a streams group.").or("2147483647").at_least(1),
    int("group.streams.max.standby.replicas", "Most standby replicas a streams group may set.")
        .or("2")
        .at_least(0),
    int(
        "group.streams.min.assignment.interval.ms",
        "Smallest assignment interval a streams group may set.",
    )
    .or("0")
    .at_least(0),
    int(
        "group.streams.min.heartbeat.interval.ms",
        "Smallest heartbeat interval a streams group may set.",
    )
    .or("5000")
    .at_least(1),
    int(
        "group.streams.min.session.timeout.ms",
        "Smallest session timeout a streams group may set.",
    )
    .or("45000")
    .at_least(1),
    int("group.streams.num.standby.replicas", "Standby replicas of each task.").or("0").at_least(0),
    int(
        "group.streams.session.timeout.ms",
        "A member of a streams group that is silent for this long is removed.",
    )
    .or("45000")
    .at_least(1),
];
