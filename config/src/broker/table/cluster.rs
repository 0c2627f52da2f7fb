//! Who this node is, and the topics it makes.

use crate::broker::key::{BrokerKey, boolean, class, int, list, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    class("alter.config.policy.class.name", "Class that may veto changes of configurations.")
        .refused(),
    boolean("auto.create.topics.enable", "Whether asking for an unknown topic creates it.")
        .or("true")
        .effective(),
    boolean(
        "auto.leader.rebalance.enable",
        "Whether leadership goes back to the preferred replica by itself.",
    )
    .or("true"),
    int("broker.heartbeat.interval.ms", "How often a broker reports to the controller.").or("2000"),
    int("broker.id", "Kafka's older name of node.id.").shown(),
    string("broker.rack", "Rack of this broker.").effective(),
    int("broker.session.timeout.ms", "A broker that is silent for this long is fenced.").or("9000"),
    list("config.providers", "Names of providers that fill in variables of configurations.")
        .or("")
        .refused(),
    boolean("controlled.shutdown.enable", "Whether leadership is handed over before a stop.")
        .or("true"),
    class("create.topic.policy.class.name", "Class that may veto new topics.").refused(),
    int("default.replication.factor", "Replication factor of topics created without one.")
        .or("1")
        .at_least(1)
        .effective(),
    boolean("delete.topic.enable", "Whether topics can be deleted.").or("true").effective(),
    int("initial.broker.registration.timeout.ms", "How long a starting broker tries to register.")
        .or("60000"),
    long("leader.imbalance.check.interval.seconds", "How often preferred leadership is checked.")
        .or("300")
        .at_least(1),
    int("node.id", "This broker's number in the cluster.").or("1").at_least(0).effective(),
    int("num.partitions", "Partitions of topics created without a number.")
        .or("1")
        .between(1, 10_000)
        .effective(),
    list("process.roles", "This node is broker and controller.").or("broker,controller").shown(),
];
