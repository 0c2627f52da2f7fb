use std::sync::Arc;

use protocol_types::{FlushPolicy, TimestampType};
use rstest::rstest;

use super::*;
use crate::broker::broker_key;

const LIMITS: TopicLimits = TopicLimits { max_message_bytes: 128 << 20 };

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn validate(pairs: &[(&str, &str)]) -> Result<(), String> {
    validate_topic(&values(pairs), &BrokerLayers::default(), LIMITS).map_err(|error| error.0)
}

#[test]
fn the_tables_defaults_are_the_typed_ones() {
    let defaults = topic_keys().iter().map(|key| (key.name, key.default)).collect::<Vec<_>>();
    let resolved = TopicConfig::resolve("t", &values(&defaults), &BrokerLayers::default());
    assert_eq!(resolved, Ok(TopicConfig::builtin()));
    assert_eq!(
        TopicConfig::resolve("t", &BTreeMap::new(), &BrokerLayers::default()),
        Ok(TopicConfig::builtin())
    );
}

#[test]
fn the_table_is_sorted_and_its_defaults_pass_their_own_checks() {
    assert!(topic_keys().is_sorted_by(|a, b| a.name < b.name));
    for key in topic_keys() {
        assert!(key.check(key.default).is_ok(), "{}", key.name);
        assert_eq!(topic_key(key.name).map(|found| found.name), Some(key.name));
    }
}

#[rstest]
#[case::trap_101_unknown_key(&[("no.such.key", "1")], "Unknown topic config name: no.such.key")]
#[case::gone_in_kafka_4(
    &[("message.timestamp.difference.max.ms", "1")],
    "Unknown topic config name: message.timestamp.difference.max.ms"
)]
#[case::small_segment(
    &[("segment.bytes", "1048575")],
    "Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576"
)]
#[case::policy(
    &[("cleanup.policy", "keep")],
    "Invalid value keep for configuration cleanup.policy: String must be one of: compact, delete"
)]
#[case::not_a_number(
    &[("retention.ms", "week")],
    "Invalid value week for configuration retention.ms: Not a number of type LONG"
)]
#[case::eighth_of_the_ring(
    &[("max.message.bytes", "134217729")],
    "Invalid value 134217729 for configuration max.message.bytes: Value must be no more than \
     134217728, an eighth of the ring"
)]
#[case::contradiction(
    &[("min.compaction.lag.ms", "5"), ("max.compaction.lag.ms", "4")],
    "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)"
)]
#[case::no_tier(
    &[("remote.storage.enable", "true")],
    "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with \
     remote log storage."
)]
#[case::flush_policy(
    &[("flush.policy", "never")],
    "Invalid value never for configuration flush.policy: String must be one of: fsync, async"
)]
fn bad_values_are_refused_as_kafka_does(#[case] pairs: &[(&str, &str)], #[case] message: &str) {
    assert_eq!(validate(pairs), Err(message.to_owned()));
}

#[rstest]
#[case(&[("cleanup.policy", "")])]
#[case(&[("cleanup.policy", "compact,delete")])]
#[case(&[("segment.bytes", "1048576")])]
#[case(&[("retention.ms", "0")])]
#[case(&[("retention.ms", "-1"), ("retention.bytes", "-5")])]
#[case(&[("max.message.bytes", "134217728")])]
#[case(&[("compression.type", "zstd"), ("preallocate", "true")])]
fn good_values_pass(#[case] pairs: &[(&str, &str)]) {
    assert_eq!(validate(pairs), Ok(()));
}

#[test]
fn own_values_beat_the_brokers_and_those_the_defaults() {
    let layers = BrokerLayers {
        broker: Arc::new(values(&[("log.segment.bytes", "2000000")])),
        cluster: Arc::new(values(&[("log.segment.bytes", "3000000"), ("log.roll.ms", "7")])),
        given: Arc::new(values(&[("log.retention.hours", "2"), ("message.max.bytes", "99")])),
    };
    let own = values(&[
        ("max.message.bytes", "77"),
        ("message.timestamp.type", "LogAppendTime"),
        ("message.timestamp.before.max.ms", "5"),
        ("cleanup.policy", "compact"),
    ]);
    let config = TopicConfig::resolve("t", &own, &layers).unwrap();
    assert_eq!(config.segment_bytes, 2_000_000, "this broker's value");
    assert_eq!(config.segment_ms, 7, "the cluster's");
    assert_eq!(config.retention_ms, Some(7_200_000), "given, in hours");
    assert_eq!(config.max_message_bytes, 77, "the topic's own");
    assert_eq!(config.message_timestamp_type, TimestampType::LogAppendTime);
    assert_eq!(config.message_timestamp_before_max_ms, Some(5));
    assert_eq!(config.message_timestamp_after_max_ms, Some(3_600_000), "the default");
    assert_eq!(config.cleanup_policy, CleanupPolicy { delete: false, compact: true });
}

#[test]
fn a_finer_broker_unit_beats_a_coarser_one() {
    let layers = BrokerLayers {
        given: Arc::new(values(&[("log.retention.hours", "1"), ("log.retention.minutes", "5")])),
        ..BrokerLayers::default()
    };
    let config = TopicConfig::resolve("t", &BTreeMap::new(), &layers).unwrap();
    assert_eq!(config.retention_ms, Some(300_000));
}

#[rstest]
#[case("log.retention.ms")]
#[case("log.retention.minutes")]
#[case("log.retention.hours")]
fn any_negative_retention_of_the_broker_is_no_limit(#[case] name: &str) {
    let given = Arc::new(values(&[(name, "-5")]));
    let layers = BrokerLayers { given, ..BrokerLayers::default() };
    let config = TopicConfig::resolve("t", &BTreeMap::new(), &layers).unwrap();
    assert_eq!(config.retention_ms, None);
    assert_eq!(layers.value_for(topic_key("retention.ms").unwrap()).as_deref(), Some("-1"));
    assert!(broker_key(name).unwrap().check("-5").is_ok());
}

#[rstest]
#[case("orders", FlushPolicy::Async)]
#[case("__consumer_offsets", FlushPolicy::Fsync)]
fn internal_topics_are_always_fsync(#[case] topic: &str, #[case] policy: FlushPolicy) {
    let own = values(&[("flush.policy", "async")]);
    let config = TopicConfig::resolve(topic, &own, &BrokerLayers::default()).unwrap();
    assert_eq!(config.flush_policy, policy);
}

#[test]
fn every_key_of_apache_kafka_4_3_1_is_known_with_its_type_default_and_broker_settings() {
    let listed = include_str!("../../testdata/kafka-4.3.1-topic.tsv");
    let mut seen = 0;
    for line in listed.lines().filter(|line| !line.starts_with('#')) {
        let [name, kind, default, synonyms] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        seen += 1;
        let key = topic_key(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(format!("{:?}", key.kind).to_uppercase(), kind, "type of {name}");
        assert_eq!(key.default, default, "default of {name}");
        let ours: Vec<&str> = key.synonyms.iter().map(|(name, _)| *name).collect();
        assert_eq!(ours.join(","), synonyms, "broker settings of {name}");
    }
    assert_eq!(seen, 33);
}
