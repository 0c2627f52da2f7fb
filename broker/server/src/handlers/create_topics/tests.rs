use protocol_types::ApiKey;
use protocol_wire::messages::{
    BrokerId,
    create_topics_request::{CreatableReplicaAssignment, CreatableTopicConfig},
};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries, code};

fn asked(name: &str) -> CreatableTopic {
    CreatableTopic::default()
        .with_name(topic_name(name))
        .with_num_partitions(-1)
        .with_replication_factor(-1)
}

fn asked_config(name: &str, value: Option<&str>) -> CreatableTopicConfig {
    CreatableTopicConfig::default().with_name(text(name)).with_value(value.map(text))
}

fn create(fixture: &Fixture, topics: &[CreatableTopic]) -> Vec<CreatableTopicResult> {
    let topics = topics.iter().map(new_topic).collect();
    let command = CreateTopics { topics, validate_only: false };
    let outcome = fixture.controller.submit(command).unwrap();
    outcome.iter().map(|(name, created)| topic_result(name, created, true, code)).collect()
}

#[test]
fn trap_95_minus_one_asks_for_the_brokers_defaults() {
    let fixture = Fixture::with(&[("num.partitions", "7")]);
    let created = &create(&fixture, &[asked("t")])[0];
    assert_eq!((created.error_code, created.num_partitions, created.replication_factor), (0, 7, 1));
}

#[rstest]
#[case::exists(asked("there"), 36, "Topic 'there' already exists.")]
#[case::no_partitions(asked("t").with_num_partitions(0), 37, "Number of partitions was set to an invalid non-positive value.")]
#[case::factor_zero(asked("t").with_replication_factor(0), 38, "Replication factor must be larger than 0, or -1 to use the default value.")]
#[case::unknown_config(asked("t").with_configs(vec![asked_config("no.such", Some("1"))]), 40, "Unknown topic config name: no.such")]
#[case::null_config(asked("t").with_configs(vec![asked_config("retention.ms", None)]), 40, "Null value not supported for topic configs: retention.ms")]
#[case::illegal_name(
    asked("a/b"),
    17,
    "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
)]
fn trap_96_refusals_carry_kafkas_code_and_message(
    #[case] topic: CreatableTopic,
    #[case] error_code: i16,
    #[case] error_message: &str,
) {
    let refused = &create(&Fixture::new().topic("there", 1), &[topic])[0];
    let said = (refused.error_code, refused.error_message.as_deref());
    assert_eq!(said, (error_code, Some(&text(error_message)[..])));
    // What a refused topic would have been is unknown.
    assert_eq!((refused.num_partitions, refused.replication_factor), (-1, -1));
    assert!(refused.topic_id.is_nil());
}

#[test]
fn trap_96_more_replicas_than_brokers_is_refused() {
    let refused = &create(&Fixture::new(), &[asked("t").with_replication_factor(2)])[0];
    assert_eq!(refused.error_code, 38);
}

#[test]
fn trap_96_a_name_asked_for_twice_is_refused_once() {
    let results = create(&Fixture::new(), &[asked("twice"), asked("once"), asked("twice")]);
    let codes: Vec<_> = results.iter().map(|t| (t.name.as_str(), t.error_code)).collect();
    assert_eq!(codes, [("twice", 42), ("once", 0)]);
}

#[test]
fn trap_96_a_created_topic_tells_its_id_and_every_config() {
    let fixture = Fixture::new();
    let topic = asked("t").with_configs(vec![asked_config("retention.ms", Some("1000"))]);
    let created = &create(&fixture, &[topic])[0];
    let id = fixture.controller.image().topic("t").unwrap().id;
    assert_eq!(created.topic_id, uuid(id));
    assert_eq!(created.error_message, None);
    let configs = created.configs.as_ref().unwrap();
    let retention = configs.iter().find(|c| c.name.as_str() == "retention.ms").unwrap();
    assert_eq!((retention.value.as_deref(), retention.config_source), (Some(&text("1000")[..]), 1));
    assert!(configs.len() > 20, "keys at their defaults are told too");
}

#[test]
fn manual_assignments_reach_the_controller_as_sent() {
    let assignment = CreatableReplicaAssignment::default()
        .with_partition_index(0)
        .with_broker_ids(vec![BrokerId(1), BrokerId(2)]);
    let topic = new_topic(&asked("t").with_assignments(vec![assignment]));
    assert_eq!(topic.assignments, [(0, vec![1, 2])]);
    assert_eq!((topic.partitions, topic.replication_factor), (None, None));
}

/// Configs and numbers are for those who may see them; versions that cannot carry the answer's
/// fields leave them out.
#[test]
fn every_version_carries_every_kind_of_answer() {
    let fixture = Fixture::new();
    let topics = vec![new_topic(&asked("t"))];
    let outcome = fixture.controller.submit(CreateTopics { topics, validate_only: true }).unwrap();
    let created = &outcome[0].1;
    let hidden = topic_result("t", created, false, code);
    assert_eq!((hidden.topic_config_error_code, hidden.num_partitions), (29, -1));
    let refusal = Err(CommandError::new(ErrorCode::PolicyViolation, "no"));
    let topics = vec![
        topic_result("t", created, true, code),
        hidden,
        topic_result("u", &refusal, true, code),
    ];
    let response = CreateTopicsResponse::default().with_topics(topics);
    assert_every_version_carries(ApiKey::CreateTopics, &response);
}
