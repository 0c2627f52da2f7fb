use super::{CAPABILITIES, overclaims, table};
use std::collections::BTreeSet;

#[test]
fn a_table_claims_what_was_shown_and_no_more() {
    let shown = |pairs: &[(&str, &str)]| -> BTreeSet<(String, String)> {
        pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
    };
    let all = table(&shown(&[("java", "records"), ("kcat", "groups")]));
    let some = table(&shown(&[("java", "records")]));
    assert_eq!(overclaims(&some, &all), Vec::<String>::new());
    assert_eq!(overclaims(&all, &all), Vec::<String>::new());
    assert_eq!(overclaims(&all, &some), ["kcat 1.7.1, librdkafka 2.0.2: groups"]);
}

#[test]
fn a_client_that_vanished_claims_too_much() {
    let line = format!("| gone 1.0 {}| |\n", "| yes ".repeat(CAPABILITIES.len()));
    assert_eq!(overclaims(&line, "").len(), CAPABILITIES.len());
}
