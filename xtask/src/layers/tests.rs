//! The table holds for good manifests and names what breaks it.

use super::*;

fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Metadata {
    let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
        name: (*name).to_owned(),
        kind: kind.map(str::to_owned),
    };
    let dependencies = dependencies.iter().map(dependency).collect();
    let mut packages = vec![Package { name: name.to_owned(), dependencies }];
    for (known, _) in ALLOWED.iter().filter(|(known, _)| *known != name) {
        packages.push(Package { name: (*known).to_owned(), dependencies: vec![] });
    }
    Metadata { packages }
}

#[test]
fn an_arrow_of_the_table_passes() {
    let metadata = package("broker-log", &[("broker-wal", None), ("bytes", None)]);
    assert_eq!(faults(&metadata), [""; 0]);
}

#[test]
fn a_new_arrow_is_named() {
    let metadata = package("broker-wal", &[("broker-log", None)]);
    assert_eq!(faults(&metadata), ["new arrow: broker-wal -> broker-log"]);
}

#[test]
fn a_crate_outside_the_table_is_named() {
    let metadata = package("broker-gossip", &[]);
    assert_eq!(faults(&metadata), ["crate broker-gossip is not in the table"]);
}

#[test]
fn a_hidden_third_party_crate_is_named() {
    let metadata = package("broker-log", &[("kafka-protocol", None)]);
    assert!(faults(&metadata)[0].starts_with("broker-log names kafka-protocol"));
    let in_tests = package("broker-log", &[("kafka-protocol", Some("dev"))]);
    assert_eq!(faults(&in_tests), [""; 0]);
}

#[test]
fn arrows_of_the_table_point_down() {
    for (place, (name, targets)) in ALLOWED.iter().enumerate() {
        for target in *targets {
            assert!(
                ALLOWED.iter().take(place).any(|(lower, _)| lower == target),
                "{name} -> {target} does not point down"
            );
        }
    }
}
