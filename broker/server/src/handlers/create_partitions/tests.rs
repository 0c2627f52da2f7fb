use protocol_types::ApiKey;
use protocol_wire::messages::{BrokerId, create_partitions_request::CreatePartitionsAssignment};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries, code};

fn asked(name: &str, count: i32) -> CreatePartitionsTopic {
    CreatePartitionsTopic::default()
        .with_name(topic_name(name))
        .with_count(count)
        .with_assignments(None)
}

fn grow(
    fixture: &Fixture,
    topic: &CreatePartitionsTopic,
    validate_only: bool,
) -> CreatePartitionsTopicResult {
    let command = CreatePartitions { topics: vec![grow_topic(topic)], validate_only };
    let outcome = fixture.controller.submit(command).unwrap();
    let (name, outcome) = &outcome[0];
    result(name, outcome, code)
}

#[rstest]
#[case::same_count(asked("t", 3), 37, Some("Topic already has 3 partition(s)."))]
#[case::lower_count(
    asked("t", 2),
    37,
    Some("The topic t currently has 3 partition(s); 2 would not be an increase.")
)]
#[case::negative_count(asked("t", -1), 37, Some("The topic t currently has 3 partition(s); -1 would not be an increase."))]
#[case::unknown_topic(asked("u", 2), 3, None)]
#[case::unknown_broker(asked("t", 4).with_assignments(Some(vec![assignment(&[9])])), 39, Some("The manual partition assignment includes broker 9, but no such broker is registered."))]
fn trap_105_refusals_carry_kafkas_code_and_message(
    #[case] topic: CreatePartitionsTopic,
    #[case] error_code: i16,
    #[case] error_message: Option<&str>,
) {
    let refused = grow(&Fixture::new().topic("t", 3), &topic, false);
    assert_eq!(refused.error_code, error_code);
    assert_eq!(refused.error_message.as_deref(), error_message);
}

fn assignment(brokers: &[i32]) -> CreatePartitionsAssignment {
    let brokers = brokers.iter().copied().map(BrokerId).collect();
    CreatePartitionsAssignment::default().with_broker_ids(brokers)
}

#[rstest]
#[case::trap_105_validated_only(true, 3)]
#[case::grown(false, 5)]
fn a_topic_grows_unless_it_is_only_validated(#[case] validate_only: bool, #[case] count: u32) {
    let fixture = Fixture::new().topic("t", 3);
    let grown = grow(&fixture, &asked("t", 5), validate_only);
    assert_eq!((grown.error_code, grown.error_message), (0, None));
    assert_eq!(fixture.controller.image().topic("t").unwrap().partition_count(), count);
}

#[test]
fn every_version_carries_the_answer() {
    let refusal = Err(CommandError::new(ErrorCode::InvalidPartitions, "no"));
    let results = vec![result("t", &Ok(()), code), result("u", &refusal, code)];
    let response = CreatePartitionsResponse::default().with_results(results);
    assert_every_version_carries(ApiKey::CreatePartitions, &response);
}
