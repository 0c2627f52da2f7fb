//! Subscriptions by regular expression.

use protocol_types::ErrorCode;

use super::super::*;
use super::fixture::*;

fn by(regex: &str, request: Heartbeat) -> Heartbeat {
    Heartbeat { topics: None, regex: Some(regex.to_owned()), ..request }
}

#[test]
fn topics_that_match_are_assigned_and_later_ones_too() {
    let mut fixture = Fixture::new();
    fixture.topics.set("ab", 3, 1);
    let joined = fixture.ok(&by("a.*", join("m1", &[])));
    assert_eq!(joined.assignment.unwrap().len(), 5);
    fixture.topics.set("abc", 4, 1);
    fixture.topics.set("xa", 5, 1);
    fixture.group.topics_changed();
    fixture.pass(2_000);
    assert_eq!(fixture.ok(&beat("m1", 2)).assignment.unwrap().len(), 6);
    assert!(fixture.group.is_subscribed("abc"));
    assert!(!fixture.group.is_subscribed("xa"));
    fixture.restart();
    assert_eq!(fixture.ok(&beat("m1", 3)).assignment, None);
}

#[test]
fn names_and_expressions_add_up() {
    let mut fixture = Fixture::new();
    let both = Heartbeat { regex: Some("b".to_owned()), ..join("m1", &["a"]) };
    assert_eq!(fixture.ok(&both).assignment.unwrap().len(), 6);
}

#[test]
fn an_expression_taken_back_is_forgotten_with_its_last_subscriber() {
    let mut fixture = Fixture::new();
    fixture.ok(&by("a", join("m1", &[])));
    fixture.ok(&by("a", join("m2", &[])));
    fixture.ok(&beat("m2", -1));
    fixture.check_records();
    let epoch = fixture.epoch_of("m1");
    let named = Heartbeat { topics: Some(vec!["b".to_owned()]), ..by("", beat("m1", epoch)) };
    let named = Heartbeat { topics: Some(vec!["b".to_owned()]), ..named };
    let told = fixture.ok(&Heartbeat { owned: Some(Partitions::default()), ..named });
    assert_eq!(told.assignment, Some(set(2, 0..2)));
    fixture.check_records();
    assert!(!fixture.group.is_subscribed("a"));
}

#[test]
fn a_malformed_expression_is_refused_and_joins_nobody() {
    let mut fixture = Fixture::new();
    let refusal = fixture.send(&by("a[", join("m1", &[]))).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidRegularExpression);
    assert_eq!(
        refusal.message,
        "SubscribedTopicRegex `a[` is not a valid regular expression: unclosed character class."
    );
    assert!(fixture.group.is_empty());
}

/// 20,000 names of 100 letters: 2 MB.
fn create_many(fixture: &mut Fixture) {
    for n in 0..20_000 {
        fixture.topics.set(&format!("many-{n:0100}"), 9, 1);
    }
    fixture.group.topics_changed();
}

#[test]
fn an_expression_for_more_topics_than_a_record_holds_is_refused() {
    let mut fixture = Fixture::new();
    create_many(&mut fixture);
    assert_eq!(fixture.refused(&by(".*", join("m1", &[]))), ErrorCode::InvalidRequest);
    assert!(fixture.group.is_empty());
    fixture.ok(&by("a", join("m1", &[])));
    assert_eq!(fixture.refused(&by(".*", beat("m1", 2))), ErrorCode::InvalidRequest);
    fixture.check_records();
}

#[test]
fn an_expression_that_comes_to_stand_for_too_many_topics_keeps_those_it_had() {
    let mut fixture = Fixture::new();
    fixture.ok(&by(".*", join("m1", &[])));
    create_many(&mut fixture);
    fixture.pass(2_000);
    assert_eq!(fixture.ok(&beat("m1", 2)).assignment, None);
    fixture.check_records();
}
