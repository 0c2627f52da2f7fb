use broker_controller::commands::alter_configs::{AlterConfigs, Alteration, Operation};
use protocol_types::ApiKey;
use rstest::rstest;

use super::*;
use crate::handlers::{
    config_resource::{BROKER, CLIENT_METRICS, TOPIC},
    fixture::{Fixture, assert_every_version_carries, code},
};

const BARE: Show = Show { synonyms: false, documentation: false };
const ALL: Show = Show { synonyms: true, documentation: true };

fn asked(kind: i8, name: &str, keys: Option<&[&str]>) -> DescribeConfigsResource {
    DescribeConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configuration_keys(keys.map(|keys| keys.iter().map(|key| text(key)).collect()))
}

fn ask(fixture: &Fixture, resource: &DescribeConfigsResource, show: Show) -> DescribeConfigsResult {
    let named = config_resource(resource.resource_type, &resource.resource_name);
    let described = describe(&named, &fixture.config, &fixture.controller.image());
    let configs = described.map(|keys| keys.iter().map(|key| config(key, show)).collect());
    result(resource, configs, code)
}

fn names(result: &DescribeConfigsResult) -> Vec<&str> {
    result.configs.iter().map(|config| config.name.as_str()).collect()
}

fn entry<'a>(result: &'a DescribeConfigsResult, name: &str) -> &'a DescribeConfigsResourceResult {
    result.configs.iter().find(|config| config.name.as_str() == name).unwrap()
}

fn set(fixture: &Fixture, resource: ConfigResource, name: &str, value: &str) {
    let alteration = Alteration {
        name: name.to_owned(),
        operation: Operation::Set,
        value: Some(value.to_owned()),
    };
    let resources = vec![(resource, vec![alteration])];
    let outcome = fixture.controller.submit(AlterConfigs { resources, validate_only: false });
    outcome.unwrap()[0].1.clone().unwrap();
}

#[test]
fn trap_99_a_topic_shows_every_key_tools_look_for_also_at_its_default() {
    let described = ask(&Fixture::new().topic("t", 1), &asked(TOPIC, "t", None), BARE);
    let names = names(&described);
    for key in [
        "cleanup.policy",
        "retention.ms",
        "retention.bytes",
        "min.compaction.lag.ms",
        "message.timestamp.type",
        "max.message.bytes",
        "min.insync.replicas",
        "segment.bytes",
        "segment.ms",
        "segment.index.bytes",
        "segment.jitter.ms",
    ] {
        assert!(names.contains(&key), "{key}");
    }
    let policy = entry(&described, "cleanup.policy");
    assert_eq!((policy.value.as_ref().unwrap().as_str(), policy.config_source), ("delete", 5));
    assert_eq!((policy.read_only, policy.is_sensitive, policy.config_type), (false, false, 7));
}

#[test]
fn trap_99_a_value_names_its_source_and_the_values_behind_it() {
    let fixture = Fixture::new().topic("t", 1);
    set(&fixture, ConfigResource::Broker(String::new()), "log.retention.ms", "2000");
    set(&fixture, ConfigResource::Topic("t".to_owned()), "retention.ms", "1000");
    let described = ask(&fixture, &asked(TOPIC, "t", Some(&["retention.ms"])), ALL);
    let retention = entry(&described, "retention.ms");
    assert_eq!((retention.value.as_ref().unwrap().as_str(), retention.config_source), ("1000", 1));
    let chain: Vec<_> = retention
        .synonyms
        .iter()
        .map(|s| (s.name.as_str(), s.value.as_ref().unwrap().as_str(), s.source))
        .take(2)
        .collect();
    assert_eq!(chain, [("retention.ms", "1000", 1), ("log.retention.ms", "2000", 3)]);
    assert!(retention.documentation.as_ref().is_some_and(|text| !text.is_empty()));
}

#[test]
fn synonyms_and_documentation_are_told_to_who_asks() {
    let described = ask(&Fixture::new().topic("t", 1), &asked(TOPIC, "t", None), BARE);
    assert!(described.configs.iter().all(|c| c.synonyms.is_empty() && c.documentation.is_none()));
}

#[rstest]
#[case::trap_101_null_is_all(None, None)]
#[case::empty_is_all(Some(&[][..]), None)]
#[case::trap_101_filtered(Some(&["retention.ms", "no.such"][..]), Some(1))]
fn keys_are_filtered(#[case] keys: Option<&[&str]>, #[case] shown: Option<usize>) {
    let fixture = Fixture::new().topic("t", 1);
    let all = ask(&fixture, &asked(TOPIC, "t", None), BARE).configs.len();
    let described = ask(&fixture, &asked(TOPIC, "t", keys), BARE);
    assert_eq!(described.configs.len(), shown.unwrap_or(all));
}

#[test]
fn trap_100_this_broker_shows_what_tools_read() {
    let described = ask(&Fixture::new(), &asked(BROKER, "1", None), BARE);
    let names = names(&described);
    for key in [
        "default.replication.factor",
        "num.partitions",
        "log.retention.ms",
        "log.retention.hours",
        "log.retention.bytes",
        "inter.broker.protocol.version",
        "advertised.listeners",
    ] {
        assert!(names.contains(&key), "{key}");
    }
    assert!(entry(&described, "node.id").read_only);
}

#[test]
fn trap_100_the_broker_without_a_name_shows_what_is_set_for_all() {
    let fixture = Fixture::new();
    set(&fixture, ConfigResource::Broker(String::new()), "log.retention.ms", "2000");
    set(&fixture, ConfigResource::Broker("1".to_owned()), "log.retention.bytes", "3000");
    let described = ask(&fixture, &asked(BROKER, "", None), ALL);
    assert_eq!(names(&described), ["log.retention.ms"]);
    let retention = entry(&described, "log.retention.ms");
    assert_eq!((retention.config_source, retention.synonyms.len()), (3, 1));
}

#[test]
fn a_default_is_no_synonym_of_a_subscriptions_key() {
    let fixture = Fixture::new();
    set(&fixture, ConfigResource::ClientMetrics("basic".to_owned()), "interval.ms", "30000");
    let described = ask(&fixture, &asked(CLIENT_METRICS, "basic", None), ALL);
    let sources = |key| -> Vec<i8> {
        entry(&described, key).synonyms.iter().map(|synonym| synonym.source).collect()
    };
    assert_eq!((sources("interval.ms"), sources("metrics")), (vec![7], vec![]));
}

#[rstest]
#[case::trap_100_another_broker(
    BROKER,
    "7",
    42,
    "Unexpected broker id, expected 1 or empty string, but received 7"
)]
#[case::trap_100_not_a_number(BROKER, "x", 42, "Broker id must be an integer, but it is: x")]
#[case::trap_101_unknown_topic(TOPIC, "u", 3, "")]
#[case::illegal_topic(
    TOPIC,
    "a b",
    17,
    "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
)]
#[case::unknown_type(99, "x", 42, "Unsupported resource type: 99")]
fn a_refusal_carries_kafkas_code_and_message(
    #[case] kind: i8,
    #[case] name: &str,
    #[case] error_code: i16,
    #[case] error_message: &str,
) {
    let refused = ask(&Fixture::new().topic("t", 1), &asked(kind, name, None), BARE);
    assert_eq!(refused.error_code, error_code);
    assert_eq!(refused.error_message.as_ref().unwrap().as_str(), error_message);
    assert!(refused.configs.is_empty());
}

/// Seen on Apache Kafka 4.3.1: the message of a success is empty, not null.
#[test]
fn every_version_carries_the_answer() {
    let fixture = Fixture::new().topic("t", 1);
    let topic = ask(&fixture, &asked(TOPIC, "t", None), ALL);
    assert_eq!(topic.error_message, Some(StrBytes::new()));
    let results = vec![
        topic,
        ask(&fixture, &asked(BROKER, "1", None), ALL),
        ask(&fixture, &asked(BROKER, "7", None), BARE),
    ];
    let response = DescribeConfigsResponse::default().with_results(results);
    assert_every_version_carries(ApiKey::DescribeConfigs, &response);
}
