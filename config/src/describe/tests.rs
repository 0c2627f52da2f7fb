use std::sync::Arc;

use super::*;
use crate::load::{Loader, Profile};

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn find<'a>(entries: &'a [ConfigEntry], name: &str) -> &'a ConfigEntry {
    entries.iter().find(|entry| entry.name == name).unwrap()
}

fn chain(entry: &ConfigEntry) -> Vec<(ConfigSource, &str, &str)> {
    entry
        .synonyms
        .iter()
        .map(|s| (s.source, s.name, s.value.as_deref().unwrap_or("null")))
        .collect()
}

#[test]
fn trap_99_every_topic_key_is_described_even_at_its_default() {
    let entries = describe_topic(&BTreeMap::new(), &BrokerLayers::default());
    assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    for name in [
        "cleanup.policy",
        "retention.ms",
        "retention.bytes",
        "min.compaction.lag.ms",
        "message.timestamp.type",
        "max.message.bytes",
        "min.insync.replicas",
        "segment.bytes",
        "segment.ms",
    ] {
        assert_eq!(find(&entries, name).source, ConfigSource::Default, "{name}");
    }
    assert_eq!(
        chain(find(&entries, "segment.bytes")),
        [(ConfigSource::Default, "log.segment.bytes", "1073741824")]
    );
    assert_eq!(chain(find(&entries, "retention.ms")), [], "as Kafka: no default of that name");
    assert_eq!(find(&entries, "retention.ms").value.as_deref(), Some("604800000"));
}

#[test]
fn the_chain_runs_from_topic_to_default() {
    let layers = BrokerLayers {
        broker: Arc::new(values(&[("message.max.bytes", "3")])),
        cluster: Arc::new(values(&[("message.max.bytes", "4")])),
        given: Arc::new(values(&[("message.max.bytes", "5")])),
    };
    let entries = describe_topic(&values(&[("max.message.bytes", "2")]), &layers);
    let entry = find(&entries, "max.message.bytes");
    assert_eq!(entry.value.as_deref(), Some("2"));
    assert_eq!(entry.source, ConfigSource::DynamicTopic);
    assert_eq!(
        chain(entry),
        [
            (ConfigSource::DynamicTopic, "max.message.bytes", "2"),
            (ConfigSource::DynamicBroker, "message.max.bytes", "3"),
            (ConfigSource::DynamicDefaultBroker, "message.max.bytes", "4"),
            (ConfigSource::StaticBroker, "message.max.bytes", "5"),
            (ConfigSource::Default, "message.max.bytes", "1048588"),
        ]
    );
}

#[test]
fn a_coarser_unit_is_shown_in_the_topics_unit() {
    let layers = BrokerLayers {
        given: Arc::new(values(&[("log.retention.hours", "24")])),
        ..BrokerLayers::default()
    };
    let entries = describe_topic(&BTreeMap::new(), &layers);
    let entry = find(&entries, "retention.ms");
    assert_eq!(entry.value.as_deref(), Some("86400000"));
    assert_eq!(entry.source, ConfigSource::StaticBroker);
}

#[test]
fn a_chain_goes_on_to_the_coarser_units_default() {
    let layers = BrokerLayers {
        broker: Arc::new(values(&[("log.retention.ms", "100000")])),
        ..BrokerLayers::default()
    };
    let expected = [
        (ConfigSource::DynamicBroker, "log.retention.ms", "100000"),
        (ConfigSource::Default, "log.retention.hours", "168"),
    ];
    let topic = describe_topic(&BTreeMap::new(), &layers);
    assert_eq!(chain(find(&topic, "retention.ms")), expected);
    let config = Loader::new(Profile::Standard).build().unwrap();
    let broker = describe_broker(&config, &layers);
    assert_eq!(chain(find(&broker, "log.retention.ms")), expected);
    assert_eq!(find(&broker, "log.retention.hours").value.as_deref(), Some("168"));
    let unset = describe_broker(&config, &BrokerLayers::default());
    assert_eq!(find(&unset, "log.retention.ms").value, None);
}

#[test]
fn a_stored_value_is_shown_as_it_is_understood() {
    let own = values(&[("cleanup.policy", " compact , delete,compact ")]);
    let entries = describe_topic(&own, &BrokerLayers::default());
    assert_eq!(find(&entries, "cleanup.policy").value.as_deref(), Some("compact,delete"));
}

#[test]
fn inert_keys_say_so() {
    let entries =
        describe_topic(&values(&[("compression.type", "zstd")]), &BrokerLayers::default());
    let entry = find(&entries, "compression.type");
    assert_eq!(entry.value.as_deref(), Some("zstd"), "stored and echoed");
    assert!(entry.documentation.ends_with("(accepted, no effect in Ringtide)"));
    assert!(!find(&entries, "retention.ms").documentation.contains("no effect"));
}

#[test]
fn trap_100_a_broker_is_described_with_what_tools_read() {
    let config = Loader::new(Profile::Standard).flag("node.id", "7").unwrap().build().unwrap();
    let entries = describe_broker(&config, &config.layers());
    assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    let value = |name: &str| find(&entries, name).value.clone().unwrap();
    assert_eq!(value("node.id"), "7");
    assert_eq!(value("broker.id"), "7");
    assert_eq!(value("default.replication.factor"), "1");
    assert_eq!(value("num.partitions"), "1");
    assert_eq!(value("log.retention.hours"), "168");
    assert_eq!(value("inter.broker.protocol.version"), "4.3-IV0");
    assert_eq!(value("socket.request.max.bytes"), "104857600");
    assert_eq!(value("advertised.listeners"), "PLAINTEXT://127.0.0.1:9092");
    assert_eq!(find(&entries, "node.id").source, ConfigSource::StaticBroker);
    assert!(find(&entries, "node.id").read_only);
    assert!(!find(&entries, "message.max.bytes").read_only);
    assert!(!find(&entries, "advertised.listeners").read_only);
}
