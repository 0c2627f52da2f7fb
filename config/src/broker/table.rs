//! Every broker setting: Kafka's by subject, ours, and the broker-level names of the topic keys.

mod cluster;
mod controller;
mod group;
mod log;
mod metrics;
mod network;
mod oauth;
mod own;
mod quota;
mod remote;
mod replication;
mod sasl;
mod security;
mod share;
mod ssl;
mod streams;
mod transaction;

use std::sync::LazyLock;

use super::key::{BrokerKey, Dynamic};
use crate::topic::{Scale, TopicKey, topic_keys};
use crate::value::{Check, Kind};

#[cfg(test)]
mod tests;

/// Every broker setting, in the order of its name.
#[must_use]
pub fn broker_keys() -> &'static [BrokerKey] {
    &ALL
}

/// The setting named `name`.
#[must_use]
pub fn broker_key(name: &str) -> Option<&'static BrokerKey> {
    let index = ALL.binary_search_by(|key| key.name.cmp(name)).ok()?;
    ALL.get(index)
}

const SUBJECTS: &[&[BrokerKey]] = &[
    cluster::KEYS,
    controller::KEYS,
    group::KEYS,
    log::KEYS,
    metrics::KEYS,
    network::KEYS,
    oauth::KEYS,
    own::KEYS,
    quota::KEYS,
    remote::KEYS,
    replication::KEYS,
    sasl::KEYS,
    security::KEYS,
    share::KEYS,
    ssl::KEYS,
    streams::KEYS,
    transaction::KEYS,
];

static ALL: LazyLock<Vec<BrokerKey>> = LazyLock::new(|| {
    let mut keys: Vec<BrokerKey> = SUBJECTS.concat();
    keys.extend(topic_keys().iter().flat_map(of_topic_key));
    keys.sort_by_key(|key| key.name);
    keys
});

/// The broker settings that supply a topic key. As in Kafka, the strongest changes at run time,
/// and the weakest carries the default.
fn of_topic_key(key: &'static TopicKey) -> impl Iterator<Item = BrokerKey> {
    let last = key.synonyms.len().saturating_sub(1);
    key.synonyms.iter().enumerate().map(move |(index, (name, scale))| BrokerKey {
        name,
        kind: match scale {
            Scale::Same | Scale::Ms => key.kind,
            Scale::MinutesToMs | Scale::HoursToMs => Kind::Int,
        },
        default: (index == last).then_some(match *scale {
            Scale::Same | Scale::Ms => key.default,
            Scale::HoursToMs if key.default == "0" => "0",
            Scale::HoursToMs | Scale::MinutesToMs => "168",
        }),
        check: match (*scale, key.check) {
            (Scale::Same, check) => check,
            // A topic may keep nothing (0), a broker may not make that the rule.
            (_, Check::AtLeast(-1)) => Check::UnlimitedOrPositive,
            // Hours of something that must be at least 1 ms are at least 1.
            (_, check) => check,
        },
        dynamic: if index == 0 { Dynamic::ClusterWide } else { Dynamic::ReadOnly },
        effect: key.effect,
        always_listed: true,
        doc: key.doc,
    })
}
