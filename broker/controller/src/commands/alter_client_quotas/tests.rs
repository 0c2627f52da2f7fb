use rstest::rstest;

use super::*;
use crate::commands::fixture::Fixture;

fn entity(parts: &[(&str, Option<&str>)]) -> NamedEntity {
    parts.iter().map(|(kind, name)| ((*kind).to_owned(), name.map(str::to_owned))).collect()
}

fn alteration(parts: &[(&str, Option<&str>)], ops: &[(&str, Option<f64>)]) -> QuotaAlteration {
    let ops = ops.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
    QuotaAlteration { entity: entity(parts), ops }
}

fn command(alterations: Vec<QuotaAlteration>) -> AlterClientQuotas {
    AlterClientQuotas { alterations, validate_only: false }
}

const ALICE: &[(&str, Option<&str>)] = &[("user", Some("alice"))];

#[rstest]
#[case::nobody(&[], &[], "Invalid empty client quota entity")]
#[case::unknown_type(&[("team", Some("a"))], &[], "Unhandled client quota entity type: team")]
#[case::empty_name(&[("user", Some(""))], &[], "Empty user not supported")]
#[case::ip_and_user(&[("ip", None), ("user", None)], &[],
    "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId")]
#[case::no_address(&[("ip", Some("1.2.3"))], &[],
    "1.2.3 is not a valid IP or resolvable host.")]
#[case::unknown_key(ALICE, &[("bytes", Some(1.0))], "Invalid configuration key bytes")]
#[case::ip_key_of_a_user(ALICE, &[("connection_creation_rate", Some(1.0))],
    "Invalid configuration key connection_creation_rate")]
#[case::user_key_of_an_ip(&[("ip", None)], &[("request_percentage", Some(1.0))],
    "Invalid configuration key request_percentage")]
#[case::zero(ALICE, &[("producer_byte_rate", Some(0.0))],
    "Quota producer_byte_rate must be greater than 0")]
#[case::not_a_number(ALICE, &[("request_percentage", Some(f64::NAN))],
    "Quota request_percentage must be greater than 0")]
#[case::fraction(ALICE, &[("producer_byte_rate", Some(1.5))],
    "producer_byte_rate cannot be a fractional value.")]
#[case::long(ALICE, &[("consumer_byte_rate", Some(1e19))],
    "Proposed value for consumer_byte_rate is too large for a LONG.")]
#[case::int(&[("ip", Some("::1"))], &[("connection_creation_rate", Some(3e9))],
    "Proposed value for connection_creation_rate is too large for an INT.")]
fn a_refusal_is_worded_as_kafkas(
    #[case] parts: &[(&str, Option<&str>)],
    #[case] ops: &[(&str, Option<f64>)],
    #[case] message: &str,
) {
    let decision = Fixture::new().decide(command(vec![alteration(parts, ops)])).unwrap();
    assert!(decision.records.is_empty());
    let error = decision.outcome[0].1.clone().unwrap_err();
    assert_eq!(error, CommandError::new(ErrorCode::InvalidRequest, message));
}

#[test]
fn quotas_are_set_changed_and_removed() {
    let mut fixture = Fixture::new();
    let pair: &[(&str, Option<&str>)] = &[("user", None), ("client-id", Some("c"))];
    let set = vec![
        alteration(
            ALICE,
            &[("producer_byte_rate", Some(1024.0)), ("request_percentage", Some(0.5))],
        ),
        alteration(pair, &[("controller_mutation_rate", Some(2.5))]),
        alteration(&[("ip", None)], &[("connection_creation_rate", Some(10.0))]),
    ];
    for (_, result) in fixture.run(command(set)).unwrap() {
        result.unwrap();
    }
    assert_eq!(fixture.image.quotas().len(), 3);

    let unchanged = command(vec![alteration(ALICE, &[("request_percentage", Some(0.5))])]);
    assert!(fixture.decide(unchanged).unwrap().records.is_empty());
    let absent = command(vec![alteration(ALICE, &[("consumer_byte_rate", None)])]);
    assert!(fixture.decide(absent).unwrap().records.is_empty());

    let gone = alteration(ALICE, &[("producer_byte_rate", None), ("request_percentage", None)]);
    fixture.run(command(vec![gone])).unwrap();
    assert_eq!(fixture.image.quotas().len(), 2, "an entity without quotas is gone");
}

#[test]
fn an_entity_named_twice_is_refused_and_its_first_change_stays() {
    let twice = command(vec![
        alteration(ALICE, &[("producer_byte_rate", Some(1.0))]),
        alteration(ALICE, &[("producer_byte_rate", Some(2.0))]),
    ]);
    let decision = Fixture::new().decide(twice).unwrap();
    assert_eq!(decision.records.len(), 1);
    let [(_, result)] = decision.outcome.as_slice() else { panic!("one entity") };
    assert_eq!(
        result.clone().unwrap_err().message,
        "Ignoring duplicate entity ClientQuotaEntity(entries={user=alice})"
    );
}

#[test]
fn a_key_named_twice_refuses_its_entity() {
    let pair: &[(&str, Option<&str>)] = &[("user", None), ("client-id", Some("c"))];
    let ops = &[("producer_byte_rate", Some(1.0)), ("producer_byte_rate", None)];
    let decision = Fixture::new().decide(command(vec![alteration(pair, ops)])).unwrap();
    assert!(decision.records.is_empty());
    assert_eq!(
        decision.outcome[0].1.clone().unwrap_err().message,
        "Ignoring duplicate entity ClientQuotaEntity(entries={client-id=c, user=null})"
    );
}

#[test]
fn a_trial_changes_nothing() {
    let trial = AlterClientQuotas {
        validate_only: true,
        ..command(vec![alteration(ALICE, &[("producer_byte_rate", Some(1.0))])])
    };
    let decision = Fixture::new().decide(trial).unwrap();
    assert!(decision.records.is_empty() && decision.outcome[0].1.is_ok());
}
