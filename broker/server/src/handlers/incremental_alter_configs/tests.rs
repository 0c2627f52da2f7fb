use protocol_types::ApiKey;
use rstest::rstest;

use super::*;
use crate::{
    handlers::config_resource::{BROKER, TOPIC},
    handlers::fixture::{Fixture, assert_every_version_carries, authorized, code},
    security,
};

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn asked(name: &str, operation: i8, value: Option<&str>) -> AlterableConfig {
    AlterableConfig::default()
        .with_name(text(name))
        .with_config_operation(operation)
        .with_value(value.map(text))
}

fn alter(fixture: &Fixture, kind: i8, name: &str, configs: Vec<AlterableConfig>) -> (i16, String) {
    let entry = AlterConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configs(configs);
    let resource = config_resource(entry.resource_type, &entry.resource_name);
    let command =
        AlterConfigs { resources: vec![(resource, alterations(&entry))], validate_only: false };
    let outcome = fixture.controller.submit(command).unwrap();
    let (resource, outcome) = &outcome[0];
    let answer = response(resource, outcome, code);
    assert_eq!((answer.resource_type, answer.resource_name.as_str()), (kind, name));
    (answer.error_code, answer.error_message.map(|text| text.to_string()).unwrap_or_default())
}

/// A connection whose answer cannot be encoded is closed, after what was valid has been stored.
#[rstest]
#[case::key(asked(&"k".repeat(32_760), SET, Some("1")))]
#[case::value(asked("retention.ms", SET, Some(&"1".repeat(32_760))))]
fn trap_101_a_refusal_of_what_is_long_can_be_told(#[case] config: AlterableConfig) {
    let fixture = Fixture::new().topic("t", 1);
    let (code, message) = alter(&fixture, TOPIC, "t", vec![config]);
    assert_eq!(code, 40);
    let answer = AlterConfigsResourceResponse::default()
        .with_error_code(code)
        .with_error_message(Some(text(&message)));
    let response = IncrementalAlterConfigsResponse::default().with_responses(vec![answer]);
    assert_every_version_carries(ApiKey::IncrementalAlterConfigs, &response);
}

#[rstest]
#[case::trap_101_unknown_key(TOPIC, "t", vec![asked("no.such", SET, Some("1"))], 40, "Unknown topic config name: no.such")]
#[case::trap_101_unknown_topic(TOPIC, "u", vec![asked("retention.ms", SET, Some("1"))], 3, "The topic 'u' does not exist.")]
#[case::trap_102_key_twice(TOPIC, "t", vec![asked("retention.ms", SET, Some("1")), asked("retention.ms", DELETE, None)], 42, "Error due to duplicate config keys")]
#[case::trap_102_null(TOPIC, "t", vec![asked("retention.ms", SET, None)], 42, "Null value not supported for : retention.ms")]
#[case::trap_102_append_to_a_number(TOPIC, "t", vec![asked("retention.ms", APPEND, Some("1"))], 40, "Can't APPEND to key retention.ms because its type is not LIST.")]
#[case::trap_102_unknown_operation(TOPIC, "t", vec![asked("retention.ms", 9, Some("1"))], 42, "Unknown operations type 9")]
#[case::trap_102_unknown_resource(99, "t", vec![], 42, "Unknown resource type 99")]
#[case::trap_100_another_broker(BROKER, "7", vec![asked("log.retention.ms", SET, Some("1"))], 42, "Unexpected broker id, expected 1, but received 7")]
#[case::trap_100_not_a_number(BROKER, "x", vec![asked("log.retention.ms", SET, Some("1"))], 42, "Node id must be an integer, but it is: x")]
fn a_refusal_carries_kafkas_code_and_message(
    #[case] kind: i8,
    #[case] name: &str,
    #[case] configs: Vec<AlterableConfig>,
    #[case] error_code: i16,
    #[case] error_message: &str,
) {
    let fixture = Fixture::new().topic("t", 1);
    let answer = alter(&fixture, kind, name, configs);
    assert_eq!(answer, (error_code, error_message.to_owned()));
}

#[test]
fn trap_102_values_are_set_deleted_appended_and_subtracted() {
    let fixture = Fixture::new().topic("t", 1);
    let value =
        |key: &str| fixture.controller.image().topic("t").unwrap().overrides.get(key).cloned();
    let steps = [
        ("retention.ms", SET, Some("1000"), Some("1000")),
        ("retention.ms", DELETE, None, None),
        ("cleanup.policy", APPEND, Some("compact"), Some("delete,compact")),
        ("cleanup.policy", SUBTRACT, Some("delete"), Some("compact")),
    ];
    for (key, operation, given, expected) in steps {
        let answer = alter(&fixture, TOPIC, "t", vec![asked(key, operation, given)]);
        assert_eq!(answer, (0, String::new()));
        assert_eq!(value(key).as_deref(), expected, "{key} {operation}");
    }
}

#[test]
fn what_a_principal_may_not_alter_is_refused_by_the_kind_of_resource() {
    let request = authorized(
        (),
        security::Operation::AlterConfigs,
        |_: security::Operation, _: security::Resource<'_>| false,
    );
    let refused = |kind| unauthorized(&config_resource(kind, "x"), &request).unwrap().code;
    assert_eq!(refused(TOPIC), ErrorCode::TopicAuthorizationFailed);
    assert_eq!(refused(BROKER), ErrorCode::ClusterAuthorizationFailed);
    assert_eq!(refused(99), ErrorCode::ClusterAuthorizationFailed);
}

#[test]
fn every_version_carries_the_answer() {
    let refusal = Err(CommandError::new(ErrorCode::InvalidConfig, "no"));
    let topic = ConfigResource::Topic("t".to_owned());
    let responses = vec![response(&topic, &Ok(()), code), response(&topic, &refusal, code)];
    let answer = IncrementalAlterConfigsResponse::default().with_responses(responses);
    assert_every_version_carries(ApiKey::IncrementalAlterConfigs, &answer);
}
