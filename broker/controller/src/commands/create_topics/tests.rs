use config::ConfigSource;
use protocol_types::ErrorCode as E;
use rstest::rstest;

use super::super::fixture::Fixture;
use super::*;

fn topic(name: &str) -> NewTopic {
    NewTopic::automatic(name)
}

fn create(topics: Vec<NewTopic>) -> CreateTopics {
    CreateTopics { topics, validate_only: false }
}

fn one(fixture: &mut Fixture, topic: NewTopic) -> Result<CreatedTopic, CommandError> {
    let mut outcome = fixture.run(create(vec![topic])).unwrap();
    assert_eq!(outcome.len(), 1);
    outcome.remove(0).1
}

fn refused(topic: NewTopic) -> (E, String) {
    let mut fixture = Fixture::new();
    let error = one(&mut fixture, topic).unwrap_err();
    assert_eq!(fixture.image.topic_count(), 0);
    assert_eq!(fixture.quota.taken(), 0, "a refused topic takes nothing of the quota");
    (error.code, error.message)
}

#[test]
fn trap_95_absent_numbers_are_the_brokers_defaults() {
    let mut fixture = Fixture::with(&[("num.partitions", "3")]);
    let created = one(&mut fixture, topic("a")).unwrap();
    assert_eq!((created.partitions, created.replication_factor), (3, 1));
    let image = &fixture.image;
    assert_eq!(image.topic("a").unwrap().partition_count(), 3);
    assert_eq!(image.topic("a").unwrap().id, created.id);
    assert_eq!(image.topic("a").unwrap().created_at_ms, 1_000);
}

#[rstest]
#[case("num.partitions")]
#[case("offsets.topic.num.partitions")]
fn a_setting_asks_for_no_more_partitions_than_a_command_creates(#[case] name: &str) {
    let key = config::broker_key(name).unwrap();
    let max = PARTITIONS_PER_COMMAND_MAX;
    assert!(key.check(&max.to_string()).is_ok());
    assert!(key.check(&(max + 1).to_string()).is_err());
}

#[test]
fn trap_96_the_answer_carries_the_topics_configuration() {
    let mut wanted = topic("a");
    wanted.configs = vec![("retention.ms".into(), Some("9".into()))];
    let created = one(&mut Fixture::new(), wanted).unwrap();
    let entry = created.configs.iter().find(|entry| entry.name == "retention.ms").unwrap();
    assert_eq!(entry.value.as_deref(), Some("9"));
    assert_eq!(entry.source, ConfigSource::DynamicTopic);
    assert!(created.configs.len() > 30);
}

#[test]
fn trap_96_validate_only_answers_and_creates_nothing() {
    let mut fixture = Fixture::new();
    let command = CreateTopics { topics: vec![topic("a")], validate_only: true };
    let outcome = fixture.run(command).unwrap();
    assert!(outcome[0].1.is_ok());
    assert_eq!(fixture.image.topic_count(), 0);
}

#[rstest]
#[case::no_partitions(NewTopic { partitions: Some(0), ..topic("a") }, E::InvalidPartitions,
    "Number of partitions was set to an invalid non-positive value.")]
#[case::no_replicas(NewTopic { replication_factor: Some(0), ..topic("a") },
    E::InvalidReplicationFactor,
    "Replication factor must be larger than 0, or -1 to use the default value.")]
#[case::too_many_replicas(NewTopic { replication_factor: Some(3), ..topic("a") },
    E::InvalidReplicationFactor,
    "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be \
     reached because only 1 broker(s) are registered or some brokers have all their log \
     directories cordoned.")]
#[case::bad_name(
    topic("a b"),
    E::InvalidTopicException,
    "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, \
     '.', '_' and '-'"
)]
#[case::bad_key(NewTopic { configs: vec![("k".into(), Some("v".into()))], ..topic("a") },
    E::InvalidConfig, "Unknown topic config name: k")]
#[case::null_value(NewTopic { configs: vec![("retention.ms".into(), None)], ..topic("a") },
    E::InvalidConfig, "Null value not supported for topic configs: retention.ms")]
#[case::metadata_log(
    topic("__cluster_metadata"),
    E::InvalidRequest,
    "Creation of internal topic __cluster_metadata is prohibited."
)]
#[case::assigned_and_counted(
    NewTopic { partitions: Some(1), assignments: vec![(0, vec![1])], ..topic("a") },
    E::InvalidRequest,
    "A manual partition assignment was specified, but numPartitions was not set to -1.")]
#[case::assigned_and_factored(
    NewTopic { replication_factor: Some(1), assignments: vec![(0, vec![1])], ..topic("a") },
    E::InvalidRequest,
    "A manual partition assignment was specified, but replication factor was not set to -1.")]
#[case::assigned_twice(
    NewTopic { assignments: vec![(0, vec![1]), (0, vec![1])], ..topic("a") },
    E::InvalidReplicaAssignment,
    "Found multiple manual partition assignments for partition 0")]
#[case::assigned_with_a_gap(
    NewTopic { assignments: vec![(0, vec![1]), (2, vec![1])], ..topic("a") },
    E::InvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")]
#[case::assigned_to_no_one(NewTopic { assignments: vec![(0, vec![])], ..topic("a") },
    E::InvalidReplicaAssignment,
    "The manual partition assignment includes an empty replica list.")]
#[case::assigned_to_a_stranger(NewTopic { assignments: vec![(0, vec![2])], ..topic("a") },
    E::InvalidReplicaAssignment,
    "The manual partition assignment includes broker 2, but no such broker is registered.")]
#[case::assigned_twice_to_one(NewTopic { assignments: vec![(0, vec![1, 1])], ..topic("a") },
    E::InvalidReplicaAssignment,
    "The manual partition assignment includes the broker 1 more than once.")]
fn trap_96_refusals_carry_kafkas_code_and_message(
    #[case] topic: NewTopic,
    #[case] code: E,
    #[case] message: &str,
) {
    assert_eq!(refused(topic), (code, message.to_owned()));
}

fn counted(name: &str, partitions: i32) -> NewTopic {
    NewTopic { partitions: Some(partitions), ..topic(name) }
}

fn assigned(name: &str, partitions: i32) -> NewTopic {
    NewTopic { assignments: (0..partitions).map(|index| (index, vec![1])).collect(), ..topic(name) }
}

#[rstest]
#[case::one(vec![counted("a", 10_001)])]
#[case::together(vec![counted("a", 6_000), counted("b", 5_000), counted("c", 10)])]
#[case::assigned(vec![counted("a", 9_999), assigned("b", 2)])]
#[case::by_default(vec![counted("a", 9_998), topic("b")])]
#[case::before_names_are_looked_at(vec![counted("a b", 10_001), counted("c", 1)])]
#[case::beyond_every_number(vec![counted("a", i32::MAX), counted("b", i32::MAX), counted("c", 3)])]
fn trap_96_more_than_ten_thousand_partitions_refuse_the_request(#[case] topics: Vec<NewTopic>) {
    let mut fixture = Fixture::with(&[("num.partitions", "3")]);
    let error = fixture.run(create(topics)).unwrap_err();
    let message = "Excessively large number of partitions per request.";
    assert_eq!(error, CommandError::new(E::PolicyViolation, message));
    assert_eq!((fixture.image.topic_count(), fixture.quota.taken()), (0, 0));
}

/// Kafka's broker keeps both from its controller.
#[rstest]
#[case::repeated(vec![counted("a", 6_000), counted("a", 6_000), counted("b", 1)])]
#[case::metadata_log(vec![counted("__cluster_metadata", 10_001), counted("b", 1)])]
#[case::refused_counts(vec![counted("a", -9), counted("c", 0), counted("b", 10_000)])]
fn trap_96_what_cannot_be_created_anyway_is_not_summed_up(#[case] topics: Vec<NewTopic>) {
    let outcome = Fixture::new().run(create(topics)).unwrap();
    let created: Vec<&str> =
        outcome.iter().filter(|(_, result)| result.is_ok()).map(|(name, _)| &**name).collect();
    assert_eq!(created, ["b"]);
}

#[test]
fn trap_96_an_existing_name_and_a_colliding_one_are_refused() {
    let mut fixture = Fixture::new();
    one(&mut fixture, topic("a.b")).unwrap();
    let error = one(&mut fixture, topic("a.b")).unwrap_err();
    assert_eq!(error.code, E::TopicAlreadyExists);
    assert_eq!(error.message, "Topic 'a.b' already exists.");
    let error = one(&mut fixture, topic("a_b")).unwrap_err();
    assert_eq!(error.code, E::InvalidTopicException);
    assert_eq!(error.message, "Topic 'a_b' collides with existing topic: a.b");
}

#[test]
fn trap_96_a_name_given_twice_is_refused_once_and_the_others_are_created() {
    let mut fixture = Fixture::new();
    let outcome = fixture.run(create(vec![topic("a"), topic("b"), topic("a")])).unwrap();
    let names: Vec<_> =
        outcome.iter().map(|(name, result)| (name.as_str(), result.is_ok())).collect();
    assert_eq!(names, [("a", false), ("b", true)]);
    assert_eq!(outcome[0].1.as_ref().unwrap_err().message, "Duplicate topic name.");
    assert_eq!(outcome[0].1.as_ref().unwrap_err().code, E::InvalidRequest);
}

#[test]
fn local_ids_grow_across_the_topics_of_one_request() {
    let mut fixture = Fixture::new();
    let three = |name: &str| NewTopic { partitions: Some(3), ..topic(name) };
    fixture.run(create(vec![three("a"), three("b")])).unwrap();
    let ids = |name: &str| -> Vec<u32> {
        let topic = fixture.image.topic(name).unwrap();
        topic.partitions.iter().map(|partition| partition.local_id.0).collect()
    };
    assert_eq!(ids("a"), [0, 1, 2]);
    assert_eq!(ids("b"), [3, 4, 5]);
}

#[test]
fn clients_may_create_consumer_offsets() {
    let mut fixture = Fixture::new();
    assert!(one(&mut fixture, topic("__consumer_offsets")).is_ok());
    assert!(fixture.image.topic("__consumer_offsets").unwrap().is_internal());
}

#[test]
fn a_manual_assignment_sets_the_partitions() {
    let mut fixture = Fixture::new();
    let wanted = NewTopic { assignments: vec![(1, vec![1]), (0, vec![1])], ..topic("a") };
    assert_eq!(one(&mut fixture, wanted).unwrap().partitions, 2);
}
