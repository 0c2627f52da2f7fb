use super::{CAPABILITIES, differences, table};
use std::collections::BTreeSet;

fn shown(pairs: &[(&str, &str)]) -> String {
    let owned = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
    table(&pairs.iter().map(owned).collect::<BTreeSet<_>>())
}

#[test]
fn a_table_claims_what_was_shown_no_more_and_no_less() {
    let all = shown(&[("java", "records"), ("kcat", "groups")]);
    let some = shown(&[("java", "records")]);
    assert_eq!(differences(&all, &all), Vec::<String>::new());
    assert_eq!(
        differences(&all, &some),
        ["kcat 1.7.1, librdkafka 2.0.2: groups is `yes`, shown `no`"]
    );
    assert_eq!(
        differences(&some, &all),
        ["kcat 1.7.1, librdkafka 2.0.2: groups is `no`, shown `yes`"]
    );
}

#[test]
fn what_a_client_is_said_to_lack_may_not_pass() {
    let committed = shown(&[]);
    let found = differences(&committed, &shown(&[("kcat", "topics")]));
    assert_eq!(found, ["kcat 1.7.1, librdkafka 2.0.2: topics is `–`, shown `yes`"]);
}

#[test]
fn a_client_that_vanished_or_came_differs_in_everything() {
    let line = format!("| gone 1.0 {}| |\n", "| yes ".repeat(CAPABILITIES.len()));
    assert_eq!(differences(&line, "").len(), CAPABILITIES.len() + 1);
    assert_eq!(differences("", &line).len(), CAPABILITIES.len() + 1);
}
