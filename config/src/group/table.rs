//! Every key of a group of Kafka 4.3, in the order of their names.

use super::GroupKey;
use crate::effect::Effect;
use crate::value::{Check, Kind};

/// Every key, in the order of its name.
#[must_use]
pub const fn group_keys() -> &'static [GroupKey] {
    TABLE
}

/// A key without bounds that has no effect.
const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    check: Check,
    doc: &'static str,
) -> GroupKey {
    let effect = Effect::Inert;
    GroupKey {
        name,
        kind,
        default,
        check,
        effect,
        broker: None,
        at_least: None,
        at_most: None,
        doc,
    }
}

const fn int(
    name: &'static str,
    default: &'static str,
    least: i64,
    broker: &'static str,
    doc: &'static str,
) -> GroupKey {
    let key = key(name, Kind::Int, default, Check::AtLeast(least), doc);
    GroupKey { broker: Some(broker), ..key }
}

impl GroupKey {
    const fn within(self, at_least: &'static str, at_most: &'static str) -> Self {
        Self { at_least: Some(at_least), at_most: Some(at_most), ..self }
    }

    const fn at_most(self, at_most: &'static str) -> Self {
        Self { at_most: Some(at_most), ..self }
    }

    const fn effective(self) -> Self {
        Self { effect: Effect::Effective, ..self }
    }
}

const TABLE: &[GroupKey] = &[
    int(
        "consumer.assignment.interval.ms",
        "1000",
        0,
        "group.consumer.assignment.interval.ms",
        "Shortest time between two assignments of a consumer group.",
    )
    .within(
        "group.consumer.min.assignment.interval.ms",
        "group.consumer.max.assignment.interval.ms",
    )
    .effective(),
    int(
        "consumer.heartbeat.interval.ms",
        "5000",
        1,
        "group.consumer.heartbeat.interval.ms",
        "How often members of a consumer group send heartbeats.",
    )
    .within("group.consumer.min.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms")
    .effective(),
    int(
        "consumer.session.timeout.ms",
        "45000",
        1,
        "group.consumer.session.timeout.ms",
        "A member of a consumer group that is silent for this long is removed.",
    )
    .within("group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms")
    .effective(),
    int(
        "share.assignment.interval.ms",
        "1000",
        0,
        "group.share.assignment.interval.ms",
        "Shortest time between two assignments of a share group.",
    )
    .within("group.share.min.assignment.interval.ms", "group.share.max.assignment.interval.ms"),
    key(
        "share.auto.offset.reset",
        Kind::String,
        "latest",
        Check::Any,
        "Where a share group begins: earliest, latest, or by_duration:PnDTnHnMn.nS.",
    ),
    int(
        "share.delivery.count.limit",
        "5",
        2,
        "group.share.delivery.count.limit",
        "How often a record is delivered to a share group at most.",
    )
    .within("group.share.min.delivery.count.limit", "group.share.max.delivery.count.limit"),
    int(
        "share.heartbeat.interval.ms",
        "5000",
        1,
        "group.share.heartbeat.interval.ms",
        "How often members of a share group send heartbeats.",
    )
    .within("group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"),
    key(
        "share.isolation.level",
        Kind::String,
        "read_uncommitted",
        Check::OneOf(&["read_committed", "read_uncommitted"]),
        "Which transactional records a share group sees.",
    ),
    int(
        "share.partition.max.record.locks",
        "2000",
        100,
        "group.share.partition.max.record.locks",
        "Most locked records of a partition in a share group.",
    )
    .within(
        "group.share.min.partition.max.record.locks",
        "group.share.max.partition.max.record.locks",
    ),
    int(
        "share.record.lock.duration.ms",
        "30000",
        1_000,
        "group.share.record.lock.duration.ms",
        "How long a record acquired by a share group stays locked.",
    )
    .within("group.share.min.record.lock.duration.ms", "group.share.max.record.lock.duration.ms"),
    key(
        "share.renew.acknowledge.enable",
        Kind::Boolean,
        "true",
        Check::Any,
        "Whether members of a share group may renew locks.",
    ),
    int(
        "share.session.timeout.ms",
        "45000",
        1,
        "group.share.session.timeout.ms",
        "A member of a share group that is silent for this long is removed.",
    )
    .within("group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"),
    int(
        "streams.assignment.interval.ms",
        "1000",
        0,
        "group.streams.assignment.interval.ms",
        "Shortest time between two assignments of a streams group.",
    )
    .within("group.streams.min.assignment.interval.ms", "group.streams.max.assignment.interval.ms"),
    int(
        "streams.heartbeat.interval.ms",
        "5000",
        1,
        "group.streams.heartbeat.interval.ms",
        "How often members of a streams group send heartbeats.",
    )
    .within("group.streams.min.heartbeat.interval.ms", "group.streams.max.heartbeat.interval.ms"),
    int(
        "streams.initial.rebalance.delay.ms",
        "3000",
        0,
        "group.streams.initial.rebalance.delay.ms",
        "How long the first rebalance of a streams group waits for more members.",
    ),
    int(
        "streams.num.standby.replicas",
        "0",
        0,
        "group.streams.num.standby.replicas",
        "Standby replicas of each task of a streams group.",
    )
    .at_most("group.streams.max.standby.replicas"),
    int(
        "streams.session.timeout.ms",
        "45000",
        1,
        "group.streams.session.timeout.ms",
        "A member of a streams group that is silent for this long is removed.",
    )
    .within("group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"),
];
