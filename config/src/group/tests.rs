use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::broker::broker_key;
use crate::describe::{ConfigSource, describe_group};

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_table_is_sorted_and_names_broker_settings_that_exist() {
    assert!(group_keys().is_sorted_by_key(|key| key.name));
    for key in group_keys() {
        let names = [key.broker, key.at_least, key.at_most].into_iter().flatten();
        for name in names {
            assert!(broker_key(name).is_some(), "{name}");
        }
        if let Some(broker) = key.broker {
            assert_eq!(broker_key(broker).unwrap().default, Some(key.default), "{broker}");
        }
    }
}

/// The words are Kafka's (`GroupConfig.validate`, release 4.3.1).
#[rstest]
#[case::fine(&[("consumer.session.timeout.ms", "50000")], None)]
#[case::unknown(&[("consumer.session.timeout", "1")],
    Some("Unknown group config name: consumer.session.timeout; did you mean consumer.session.timeout.ms?"))]
#[case::type_(&[("consumer.session.timeout.ms", "x")],
    Some("Invalid value x for configuration consumer.session.timeout.ms: Not a number of type INT"))]
#[case::range(&[("share.delivery.count.limit", "1")],
    Some("Invalid value 1 for configuration share.delivery.count.limit: Value must be at least 2"))]
#[case::below(&[("consumer.session.timeout.ms", "44999")],
    Some("consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms"))]
#[case::above(&[("consumer.heartbeat.interval.ms", "15001")],
    Some("consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms"))]
#[case::interval(&[("consumer.assignment.interval.ms", "15001")],
    Some("consumer.assignment.interval.ms must be less than or equal to group.consumer.max.assignment.interval.ms"))]
#[case::standby(&[("streams.num.standby.replicas", "3")],
    Some("streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas"))]
#[case::isolation(&[("share.isolation.level", "none")],
    Some("Invalid value none for configuration share.isolation.level: String must be one of: read_committed, read_uncommitted"))]
fn values_are_checked(#[case] own: &[(&str, &str)], #[case] refused: Option<&str>) {
    let answer = validate_group(&values(own), &BrokerLayers::default());
    assert_eq!(answer.err().map(|error| error.0).as_deref(), refused);
}

#[test]
fn a_session_must_outlast_a_heartbeat() {
    let given = values(&[
        ("group.consumer.min.session.timeout.ms", "1"),
        ("group.consumer.session.timeout.ms", "6000"),
    ]);
    let layers = BrokerLayers { given: Arc::new(given), ..BrokerLayers::default() };
    let own = values(&[("consumer.session.timeout.ms", "5000")]);
    assert_eq!(
        validate_group(&own, &layers).unwrap_err().0,
        "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms"
    );
}

#[test]
fn times_follow_the_group_then_the_broker_within_its_bounds() {
    let given = values(&[
        ("group.consumer.heartbeat.interval.ms", "7000"),
        ("group.consumer.max.session.timeout.ms", "50000"),
    ]);
    let layers = BrokerLayers { given: Arc::new(given), ..BrokerLayers::default() };
    let own = values(&[("consumer.session.timeout.ms", "60000")]);
    assert_eq!(
        GroupTimes::resolve(&own, &layers),
        GroupTimes {
            session_timeout_ms: 50_000,
            heartbeat_interval_ms: 7_000,
            assignment_interval_ms: 1_000,
        }
    );
}

#[test]
fn a_description_shows_where_a_value_comes_from() {
    let own = values(&[("consumer.session.timeout.ms", "50000")]);
    let given = values(&[("group.consumer.heartbeat.interval.ms", "7000")]);
    let layers = BrokerLayers { given: Arc::new(given), ..BrokerLayers::default() };
    let entries = describe_group(&own, &layers);
    let entry = |name: &str| entries.iter().find(|entry| entry.name == name).unwrap();

    let session = entry("consumer.session.timeout.ms");
    assert_eq!(session.value.as_deref(), Some("50000"));
    assert_eq!((session.source, session.source.to_wire()), (ConfigSource::DynamicGroup, 8));
    let chain: Vec<_> = session.synonyms.iter().map(|synonym| synonym.name).collect();
    assert_eq!(chain, ["consumer.session.timeout.ms", "group.consumer.session.timeout.ms"]);

    let heartbeat = entry("consumer.heartbeat.interval.ms");
    assert_eq!(heartbeat.value.as_deref(), Some("7000"));
    assert_eq!(heartbeat.source, ConfigSource::StaticBroker);
    let isolation = entry("share.isolation.level");
    assert_eq!(isolation.source, ConfigSource::Default);
    let chain: Vec<_> = isolation.synonyms.iter().map(|s| (s.name, s.source)).collect();
    assert_eq!(chain, [("share.isolation.level", ConfigSource::Default)]);
    assert_eq!(entries.len(), group_keys().len());
}
