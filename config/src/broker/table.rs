//! Every broker setting: ours, and Kafka's broker-level names of the topic keys.

use std::sync::LazyLock;

use super::key::{BrokerKey, Dynamic};
use crate::topic::{Scale, TopicKey, topic_keys};
use crate::value::{Check, Kind};

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

static ALL: LazyLock<Vec<BrokerKey>> = LazyLock::new(|| {
    let mut keys: Vec<BrokerKey> = OWN.to_vec();
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
        kind: if *scale == Scale::Same { key.kind } else { Kind::Int },
        default: (index == last).then_some(match *scale {
            Scale::Same => key.default,
            Scale::HoursToMs if key.default == "0" => "0",
            Scale::HoursToMs | Scale::MinutesToMs => "168",
        }),
        check: if *scale == Scale::Same { key.check } else { Check::Any },
        dynamic: if index == 0 { Dynamic::ClusterWide } else { Dynamic::ReadOnly },
        settable: true,
        doc: key.doc,
    })
}

const OWN: &[BrokerKey] = &[
    BrokerKey {
        name: "advertised.listeners",
        kind: Kind::List,
        default: None,
        check: Check::Any,
        dynamic: Dynamic::PerBroker,
        settable: true,
        doc: "What clients are told to connect to: [NAME://]HOST:PORT, by comma. Default: the bind address, or localhost where that is a wildcard.",
    },
    BrokerKey {
        name: "auto.create.topics.enable",
        kind: Kind::Boolean,
        default: Some("true"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Whether asking for an unknown topic creates it.",
    },
    BrokerKey {
        name: "broker.id",
        kind: Kind::Int,
        default: None,
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: false,
        doc: "Kafka's older name of node.id.",
    },
    BrokerKey {
        name: "broker.rack",
        kind: Kind::String,
        default: None,
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Rack of this broker.",
    },
    BrokerKey {
        name: "connections.max.idle.ms",
        kind: Kind::Long,
        default: Some("600000"),
        check: Check::AtLeast(1_000),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "An idle connection is closed after this time.",
    },
    BrokerKey {
        name: "data.dir",
        kind: Kind::String,
        default: Some("ringtide-data"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Directory of the ring, the sealed files and the metadata.",
    },
    BrokerKey {
        name: "default.replication.factor",
        kind: Kind::Int,
        default: Some("1"),
        check: Check::AtLeast(1),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Replication factor of topics created without one.",
    },
    BrokerKey {
        name: "delete.topic.enable",
        kind: Kind::Boolean,
        default: Some("true"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Whether topics can be deleted.",
    },
    BrokerKey {
        name: "fetch.max.bytes",
        kind: Kind::Int,
        default: Some("57671680"),
        check: Check::AtLeast(1_024),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Most bytes a fetch answers, unless its first batch is larger.",
    },
    BrokerKey {
        name: "http.bind",
        kind: Kind::String,
        default: Some("127.0.0.1:8080"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Where HTTP is served: HOST:PORT.",
    },
    BrokerKey {
        name: "inter.broker.protocol.version",
        kind: Kind::String,
        default: Some("4.3-IV0"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: false,
        doc: "Read by older tools; the protocol level of Kafka 4.3.",
    },
    BrokerKey {
        name: "listener.security.protocol.map",
        kind: Kind::String,
        default: None,
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: false,
        doc: "Protocol of each listener.",
    },
    BrokerKey {
        name: "listeners",
        kind: Kind::List,
        default: Some("PLAINTEXT://127.0.0.1:9092"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Where Kafka clients connect: [NAME://]HOST:PORT, by comma, or [[listeners]] tables with name, bind, protocol and advertised.",
    },
    BrokerKey {
        name: "log.dirs",
        kind: Kind::List,
        default: None,
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: false,
        doc: "The data directory, under Kafka's name.",
    },
    BrokerKey {
        name: "log.retention.check.interval.ms",
        kind: Kind::Long,
        default: Some("300000"),
        check: Check::AtLeast(1),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "How often retention is checked.",
    },
    BrokerKey {
        name: "logging.format",
        kind: Kind::String,
        default: Some("auto"),
        check: Check::OneOf(&["auto", "text", "json"]),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Form of log lines on stderr; auto = text on a terminal, else JSON.",
    },
    BrokerKey {
        name: "logging.level",
        kind: Kind::String,
        default: Some("info"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Log level, or levels per module: info,broker_wal=debug.",
    },
    BrokerKey {
        name: "max.connections",
        kind: Kind::Int,
        default: Some("16384"),
        check: Check::AtLeast(1),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Most connections at a time; further ones are closed at once.",
    },
    BrokerKey {
        name: "memory.request.bytes",
        kind: Kind::Long,
        default: None,
        check: Check::AtLeast(1_048_576),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Budget for requests being read and processed. Default: a quarter of the ring.",
    },
    BrokerKey {
        name: "memory.response.bytes",
        kind: Kind::Long,
        default: None,
        check: Check::AtLeast(1_048_576),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Budget for responses that sockets have not taken yet. Default: a quarter of the ring.",
    },
    BrokerKey {
        name: "node.id",
        kind: Kind::Int,
        default: Some("1"),
        check: Check::AtLeast(0),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "This broker's number in the cluster.",
    },
    BrokerKey {
        name: "num.partitions",
        kind: Kind::Int,
        default: Some("1"),
        check: Check::Between(1, 100_000),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Partitions of topics created without a number.",
    },
    BrokerKey {
        name: "process.roles",
        kind: Kind::List,
        default: Some("broker,controller"),
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: false,
        doc: "This node is broker and controller.",
    },
    BrokerKey {
        name: "producer.id.expiration.ms",
        kind: Kind::Int,
        default: Some("86400000"),
        check: Check::AtLeast(1),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "An idempotent producer that stays silent for this long is forgotten.",
    },
    BrokerKey {
        name: "ring.size",
        kind: Kind::Long,
        default: None,
        check: Check::Any,
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Size of the ring log in memory and on disk, a multiple of 64 KiB, at least 16 MiB. Default: 1 GiB, in development 256 MiB.",
    },
    BrokerKey {
        name: "shards",
        kind: Kind::Int,
        default: Some("0"),
        check: Check::Between(0, 1_024),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Threads that serve connections; 0 = one per core.",
    },
    BrokerKey {
        name: "socket.request.max.bytes",
        kind: Kind::Int,
        default: None,
        check: Check::AtLeast(1_024),
        dynamic: Dynamic::ReadOnly,
        settable: true,
        doc: "Largest request; a larger one closes its connection. Default: 100 MiB, at most memory.request.bytes.",
    },
];
