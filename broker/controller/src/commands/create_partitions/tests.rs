use protocol_types::ErrorCode as E;
use rstest::rstest;

use super::super::create_topics::{CreateTopics, NewTopic};
use super::super::fixture::Fixture;
use super::*;

fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    let topics = vec![NewTopic { partitions: Some(2), ..NewTopic::automatic("a") }];
    fixture.run(CreateTopics { topics, validate_only: false }).unwrap();
    fixture
}

fn to(name: &str, count: i32) -> GrowTopic {
    GrowTopic { name: name.into(), count, assignments: None }
}

fn command(topic: GrowTopic) -> CreatePartitions {
    CreatePartitions { topics: vec![topic], validate_only: false }
}

#[test]
fn a_topic_grows_and_its_new_partitions_have_new_local_ids() {
    let mut fixture = fixture();
    assert_eq!(fixture.run(command(to("a", 4))).unwrap(), [("a".to_owned(), Ok(()))]);
    let topic = fixture.image.topic("a").unwrap();
    let ids: Vec<_> = topic.partitions.iter().map(|partition| partition.local_id.0).collect();
    assert_eq!(ids, [0, 1, 2, 3]);
    assert_eq!(fixture.quota.taken(), 4, "two created, two added");
}

#[test]
fn trap_105_validate_only_changes_nothing() {
    let mut fixture = fixture();
    let command = CreatePartitions { topics: vec![to("a", 4)], validate_only: true };
    assert_eq!(fixture.run(command).unwrap()[0].1, Ok(()));
    assert_eq!(fixture.image.topic("a").unwrap().partition_count(), 2);
}

#[rstest]
#[case::trap_105_equal(to("a", 2), E::InvalidPartitions, "Topic already has 2 partition(s).")]
#[case::trap_105_lower(
    to("a", 1),
    E::InvalidPartitions,
    "The topic a currently has 2 partition(s); 1 would not be an increase."
)]
#[case::trap_105_negative(to("a", -7), E::InvalidPartitions,
    "The topic a currently has 2 partition(s); -7 would not be an increase.")]
#[case::unknown(
    to("b", 2),
    E::UnknownTopicOrPartition,
    "This server does not host this topic-partition."
)]
#[case::assignments(GrowTopic { assignments: Some(vec![vec![1]]), ..to("a", 4) },
    E::InvalidReplicaAssignment,
    "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.")]
#[case::huge_and_assigned(GrowTopic { assignments: Some(vec![vec![1]]), ..to("a", i32::MAX) },
    E::InvalidReplicaAssignment,
    "Attempted to add 2147483645 additional partition(s), but only 1 assignment(s) were specified.")]
#[case::huge(
    to("a", i32::MAX),
    E::PolicyViolation,
    "Excessively large number of partitions per request."
)]
fn refusals_carry_kafkas_code_and_message(
    #[case] topic: GrowTopic,
    #[case] code: E,
    #[case] message: &str,
) {
    let mut fixture = fixture();
    let before = fixture.quota.taken();
    let outcome = fixture.run(command(topic)).unwrap();
    assert_eq!(outcome[0].1, Err(CommandError::new(code, message)));
    assert_eq!(fixture.quota.taken(), before, "a refused topic takes nothing of the quota");
}

#[test]
fn a_name_given_twice_is_refused() {
    let topics = vec![to("a", 4), to("a", 5)];
    let command = CreatePartitions { topics, validate_only: false };
    let outcome = fixture().run(command).unwrap();
    assert_eq!(outcome.len(), 1);
    assert_eq!(outcome[0].1.as_ref().unwrap_err().message, "Duplicate topic name.");
}
