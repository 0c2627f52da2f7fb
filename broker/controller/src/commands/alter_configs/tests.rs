use protocol_types::ErrorCode as E;
use rstest::rstest;

use super::super::create_topics::{CreateTopics, NewTopic};
use super::super::fixture::Fixture;
use super::*;

fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    let topics = vec![NewTopic::automatic("a")];
    fixture.run(CreateTopics { topics, validate_only: false }).unwrap();
    fixture
}

fn alteration(operation: Operation, name: &str, value: &str) -> Alteration {
    Alteration { name: name.into(), operation, value: Some(value.into()) }
}

fn set(name: &str, value: &str) -> Alteration {
    alteration(Operation::Set, name, value)
}

fn delete(name: &str) -> Alteration {
    Alteration { name: name.into(), operation: Operation::Delete, value: None }
}

fn topic() -> ConfigResource {
    ConfigResource::Topic("a".into())
}

fn node() -> ConfigResource {
    ConfigResource::Broker("1".into())
}

fn all_brokers() -> ConfigResource {
    ConfigResource::Broker(String::new())
}

fn alter(
    fixture: &mut Fixture,
    resource: ConfigResource,
    alterations: Vec<Alteration>,
) -> Result<(), CommandError> {
    let resources = vec![(resource, alterations)];
    fixture.run(AlterConfigs { resources, validate_only: false }).unwrap().remove(0).1
}

fn own(fixture: &Fixture, key: &str) -> Option<String> {
    fixture.image.topic("a").unwrap().overrides.get(key).cloned()
}

#[test]
fn trap_102_set_and_delete_leave_other_keys_alone() {
    let mut fixture = fixture();
    alter(&mut fixture, topic(), vec![set("retention.ms", "5"), set("segment.ms", "6")]).unwrap();
    alter(&mut fixture, topic(), vec![delete("retention.ms")]).unwrap();
    assert_eq!(own(&fixture, "retention.ms"), None);
    assert_eq!(own(&fixture, "segment.ms").as_deref(), Some("6"));
    assert_eq!(fixture.image.topic("a").unwrap().config.segment_ms, 6);
}

#[rstest]
#[case(Operation::Append, "compact", Some("delete,compact"))]
#[case(Operation::Append, "delete", Some("delete"))]
#[case(Operation::Subtract, "delete", Some(""))]
#[case(Operation::Subtract, "compact", Some("delete"))]
#[case::as_java_splits(Operation::Append, "compact,", Some("delete,compact"))]
#[case::as_java_splits(Operation::Append, "compact,,", Some("delete,compact"))]
#[case::as_java_splits(Operation::Append, ",", Some("delete"))]
#[case::as_java_splits(Operation::Subtract, "delete,", Some(""))]
#[case::as_java_splits(Operation::Subtract, ",", Some("delete"))]
fn trap_102_lists_are_edited_from_the_default(
    #[case] operation: Operation,
    #[case] value: &str,
    #[case] after: Option<&str>,
) {
    let mut fixture = fixture();
    let change = alteration(operation, "cleanup.policy", value);
    alter(&mut fixture, topic(), vec![change]).unwrap();
    assert_eq!(own(&fixture, "cleanup.policy").as_deref(), after);
}

#[test]
fn validate_only_changes_nothing() {
    let mut fixture = fixture();
    let resources = vec![(topic(), vec![set("retention.ms", "5")])];
    let outcome = fixture.run(AlterConfigs { resources, validate_only: true }).unwrap();
    assert_eq!(outcome[0].1, Ok(()));
    assert_eq!(own(&fixture, "retention.ms"), None);
}

#[rstest]
#[case::trap_101_unknown_key(topic(), vec![set("k", "v")], E::InvalidConfig,
    "Unknown topic config name: k")]
#[case::bad_value(topic(), vec![set("segment.bytes", "1")], E::InvalidConfig,
    "Invalid value 1 for configuration segment.bytes: Value must be at least 1048576")]
#[case::unknown_topic(ConfigResource::Topic("b".into()), vec![set("segment.ms", "1")],
    E::UnknownTopicOrPartition, "The topic 'b' does not exist.")]
#[case::no_topic(ConfigResource::Topic(String::new()), vec![], E::InvalidRequest,
    "Default topic resources are not allowed.")]
#[case::an_empty_item(topic(), vec![alteration(Operation::Append, "cleanup.policy", "")],
    E::InvalidConfig, "Configuration 'cleanup.policy' values must not be empty.")]
#[case::an_empty_item_in_between(topic(),
    vec![alteration(Operation::Append, "cleanup.policy", ",compact")],
    E::InvalidConfig, "Configuration 'cleanup.policy' values must not be empty.")]
#[case::a_list_is_set_as_it_is(topic(), vec![set("cleanup.policy", "compact,")],
    E::InvalidConfig, "Configuration 'cleanup.policy' values must not be empty.")]
#[case::not_a_list(topic(), vec![alteration(Operation::Append, "segment.ms", "1")],
    E::InvalidConfig, "Can't APPEND to key segment.ms because its type is not LIST.")]
#[case::broker_key_not_a_list(
    node(),
    vec![alteration(Operation::Subtract, "log.retention.ms", "1")],
    E::InvalidConfig,
    "Config value subtract is not allowed for config key: log.retention.ms"
)]
#[case::key_twice(topic(), vec![set("segment.ms", "1"), set("segment.ms", "2")],
    E::InvalidRequest, "Error due to duplicate config keys")]
#[case::null(topic(),
    vec![Alteration { name: "segment.ms".into(), operation: Operation::Set, value: None }],
    E::InvalidRequest, "Null value not supported for : segment.ms")]
#[case::unknown_operation(topic(), vec![alteration(Operation::Unknown(9), "segment.ms", "1")],
    E::InvalidRequest, "Unknown operations type 9")]
#[case::unknown_type(ConfigResource::Other(77, "x".into()), vec![], E::InvalidRequest,
    "Unknown resource type 77")]
#[case::other_broker(ConfigResource::Broker("2".into()), vec![], E::InvalidRequest,
    "Unexpected broker id, expected 1, but received 2")]
#[case::not_a_broker(ConfigResource::Broker("x".into()), vec![], E::InvalidRequest,
    "Node id must be an integer, but it is: x")]
#[case::read_only(node(), vec![set("num.partitions", "3")], E::InvalidRequest,
    "Cannot update these configs dynamically: [num.partitions]")]
#[case::per_broker_only(all_brokers(), vec![set("advertised.listeners", "h:1")], E::InvalidRequest,
    "Cannot update these configs at default cluster level, broker id must be specified: \
     [advertised.listeners]")]
#[case::unknown_broker_key(node(), vec![set("log.retention.msx", "3")], E::InvalidConfig,
    "Unknown broker config name: log.retention.msx; did you mean log.retention.ms?")]
#[case::no_broker_retention(node(), vec![set("log.retention.ms", "0")], E::InvalidRequest,
    "Invalid value 0 for configuration log.retention.ms: Value must be unlimited (-1) or greater \
     than or equal to 1")]
#[case::bad_broker_value(node(), vec![set("log.retention.ms", "x")], E::InvalidRequest,
    "Invalid value x for configuration log.retention.ms: Not a number of type LONG")]
#[case::group_bounds(all_brokers(), vec![set("group.consumer.assignment.interval.ms", "15001")],
    E::InvalidRequest,
    "group.consumer.assignment.interval.ms must be less than or equal to \
     group.consumer.max.assignment.interval.ms")]
#[case::wildcard_advertised(node(), vec![set("advertised.listeners", "0.0.0.0:1")],
    E::InvalidRequest,
    "0.0.0.0:1 cannot be advertised: clients cannot connect to a wildcard address; give a host \
     name")]
fn refusals_carry_kafkas_code_and_message(
    #[case] resource: ConfigResource,
    #[case] alterations: Vec<Alteration>,
    #[case] code: E,
    #[case] message: &str,
) {
    let result = alter(&mut fixture(), resource, alterations);
    assert_eq!(result, Err(CommandError::new(code, message)));
}

#[test]
fn trap_102_a_resource_given_twice_is_refused_each_time() {
    let resources = vec![(topic(), vec![set("segment.ms", "1")]), (topic(), vec![])];
    let command = AlterConfigs { resources, validate_only: false };
    let outcome = fixture().run(command).unwrap();
    let message = "Each resource must appear at most once.";
    for (_, result) in outcome {
        assert_eq!(result, Err(CommandError::new(E::InvalidRequest, message)));
    }
}

#[test]
fn broker_values_reach_topics_and_the_brokers_own_beats_all_brokers() {
    let mut fixture = fixture();
    alter(&mut fixture, all_brokers(), vec![set("log.roll.ms", "5")]).unwrap();
    assert_eq!(fixture.image.topic("a").unwrap().config.segment_ms, 5);
    alter(&mut fixture, node(), vec![set("log.roll.ms", "6")]).unwrap();
    assert_eq!(fixture.image.topic("a").unwrap().config.segment_ms, 6);
    alter(&mut fixture, node(), vec![delete("log.roll.ms")]).unwrap();
    assert_eq!(fixture.image.topic("a").unwrap().config.segment_ms, 5);
}

#[test]
fn advertised_listeners_change_at_run_time() {
    let mut fixture = fixture();
    alter(&mut fixture, node(), vec![set("advertised.listeners", "PLAINTEXT://box:7")]).unwrap();
    let listeners = fixture.image.listeners(&fixture.config.listeners);
    assert_eq!(listeners[0].advertised.to_string(), "box:7");
    assert_eq!(listeners[0].bind.to_string(), "127.0.0.1:9092");
}

fn replace(
    fixture: &mut Fixture,
    resource: ConfigResource,
    values: &[(&str, Option<&str>)],
    validate_only: bool,
) -> Result<(), CommandError> {
    let values = values.iter().map(|(name, value)| ((*name).into(), value.map(str::to_owned)));
    let resources = vec![(resource, values.collect())];
    fixture.run(ReplaceConfigs { resources, validate_only }).unwrap().remove(0).1
}

#[test]
fn trap_102_the_older_request_replaces_all_values() {
    let mut fixture = fixture();
    alter(&mut fixture, topic(), vec![set("retention.ms", "5"), set("segment.ms", "6")]).unwrap();
    replace(&mut fixture, topic(), &[], true).unwrap();
    assert_eq!(own(&fixture, "segment.ms").as_deref(), Some("6"), "only validated");
    replace(&mut fixture, topic(), &[("retention.ms", Some("7"))], false).unwrap();
    assert_eq!(own(&fixture, "retention.ms").as_deref(), Some("7"));
    assert_eq!(own(&fixture, "segment.ms"), None, "not named, so back at its default");

    alter(&mut fixture, all_brokers(), vec![set("log.retention.ms", "9")]).unwrap();
    replace(&mut fixture, all_brokers(), &[("log.roll.ms", Some("8"))], false).unwrap();
    let cluster = &fixture.image.layers().cluster;
    assert_eq!(cluster.get("log.retention.ms"), None);
    assert_eq!(cluster.get("log.roll.ms").map(String::as_str), Some("8"));
}

#[rstest]
#[case(topic(), &[("retention.ms", None)], E::InvalidRequest, "Null value not supported for : retention.ms")]
#[case(topic(), &[("retention.ms", Some("1")), ("retention.ms", Some("2"))], E::InvalidRequest, "Error due to duplicate config keys")]
#[case(topic(), &[("no.such", Some("1"))], E::InvalidConfig, "Unknown topic config name: no.such")]
#[case(ConfigResource::Topic("gone".into()), &[], E::UnknownTopicOrPartition, "The topic 'gone' does not exist.")]
#[case(node(), &[("node.id", Some("2")), ("log.dirs", Some("x"))], E::InvalidRequest, "Cannot update these configs dynamically: [node.id, log.dirs]")]
#[case(ConfigResource::Other(8, "1".into()), &[], E::InvalidRequest, "Unknown resource type 8")]
fn trap_102_a_refused_replacement_changes_nothing(
    #[case] resource: ConfigResource,
    #[case] values: &[(&str, Option<&str>)],
    #[case] code: E,
    #[case] message: &str,
) {
    let mut fixture = fixture();
    alter(&mut fixture, topic(), vec![set("segment.ms", "6")]).unwrap();
    let refused = replace(&mut fixture, resource, values, false).unwrap_err();
    assert_eq!((refused.code, refused.message.as_str()), (code, message));
    assert_eq!(own(&fixture, "segment.ms").as_deref(), Some("6"));
}

#[test]
fn a_value_longer_than_kafka_takes_is_refused() {
    let mut fixture = fixture();
    let long = vec!["1:1"; 9_000].join(",");
    let key = "follower.replication.throttled.replicas";
    let refused = alter(&mut fixture, topic(), vec![set(key, &long)]).unwrap_err();
    assert_eq!(
        refused.message,
        "The configuration value cannot be added because it exceeds the maximum value size of \
         32767 bytes."
    );
}

fn subscription(name: &str) -> ConfigResource {
    ConfigResource::ClientMetrics(name.into())
}

#[rstest]
#[case::no_name("", vec![set("metrics", "*")], E::InvalidRequest,
    "Subscription name can't be empty")]
#[case::unknown_key("m", vec![set("a", "b")], E::InvalidRequest,
    "Unknown client metrics configuration: a")]
#[case::interval("m", vec![set("interval.ms", "1")], E::InvalidRequest,
    "Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)")]
#[case::pattern("m", vec![set("match", "x=y")], E::InvalidConfig,
    "Illegal client matching pattern: x=y")]
fn a_bad_subscription_is_refused_in_kafkas_words(
    #[case] name: &str,
    #[case] alterations: Vec<Alteration>,
    #[case] code: E,
    #[case] message: &str,
) {
    let resources = vec![(subscription(name), alterations)];
    let decision = Fixture::new().decide(AlterConfigs { resources, validate_only: false }).unwrap();
    let error = decision.outcome[0].1.clone().unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (code, message));
    assert!(decision.records.is_empty());
}

#[test]
fn a_subscription_is_there_while_it_has_a_value() {
    let mut fixture = Fixture::new();
    let alter = |alterations| AlterConfigs {
        resources: vec![(subscription("m"), alterations)],
        validate_only: false,
    };
    fixture.run(alter(vec![set("metrics", "a,b"), set("interval.ms", "1000")])).unwrap();
    assert_eq!(fixture.image.client_metrics()["m"]["metrics"], "a,b");
    let remove =
        |name: &str| Alteration { name: name.into(), operation: Operation::Delete, value: None };
    fixture.run(alter(vec![remove("metrics"), remove("interval.ms")])).unwrap();
    assert!(fixture.image.client_metrics().is_empty());
}
