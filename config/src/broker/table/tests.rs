use std::collections::BTreeMap;

use super::*;
use crate::effect::Effect;

/// Settings whose default is another than Kafka's, each with its reason.
const OTHER_DEFAULTS: &[(&str, &str)] = &[
    ("broker.id", "shown: it is node.id"),
    ("listener.security.protocol.map", "shown: derived from the listeners"),
    ("listeners", "a first run is reached from this machine alone"),
    ("log.dir", "shown: it is data.dir"),
    ("max.connections", "bounded by default"),
    ("node.id", "a first run needs no configuration"),
    ("process.roles", "shown: always both"),
    ("socket.request.max.bytes", "derived from memory.request.bytes"),
];

/// Settings that Kafka changes at run time and we do not, or the other way round.
const OTHER_CHANGES: &[(&str, &str)] = &[
    ("advertised.listeners", "changes here at run time"),
    ("listener.security.protocol.map", "shown"),
    ("listeners", "sockets are bound at start"),
];

fn kind_name(kind: Kind) -> String {
    format!("{kind:?}").to_uppercase()
}

#[test]
fn names_are_unique_and_sorted() {
    assert!(broker_keys().is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn every_key_of_apache_kafka_4_3_1_is_known_with_its_type_default_and_mode() {
    let listed = include_str!("../../../testdata/kafka-4.3.1-broker.tsv");
    let mut seen = 0;
    for line in listed.lines().filter(|line| !line.starts_with('#')) {
        let [name, kind, default, change] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        seen += 1;
        let Some(key) = broker_key(name) else { panic!("{name} is missing") };
        assert_eq!(kind_name(key.kind), kind, "type of {name}");
        if !OTHER_DEFAULTS.iter().any(|(other, _)| *other == name) {
            let default = (default != "\\N").then_some(default);
            assert_eq!(key.default, default, "default of {name}");
        }
        let excepted = OTHER_CHANGES.iter().any(|(other, _)| *other == name);
        if !excepted && key.effect != Effect::Refused {
            let ours = match key.dynamic {
                Dynamic::ReadOnly => "read-only",
                Dynamic::PerBroker => "per-broker",
                Dynamic::ClusterWide => "cluster-wide",
            };
            assert_eq!(ours, change, "change of {name}");
        }
    }
    assert_eq!(seen, 340);
}

#[test]
fn a_default_passes_its_own_check() {
    for key in broker_keys() {
        if let Some(default) = key.default {
            assert!(key.check(default).is_ok(), "{}", key.name);
        }
    }
}

#[test]
fn what_would_protect_is_refused_and_never_silently_stored() {
    for (name, value) in [
        ("authorizer.class.name", "org.example.Authorizer"),
        ("ssl.keystore.location", "/etc/keys"),
        ("ssl.client.auth", "required"),
        ("sasl.enabled.mechanisms", "PLAIN"),
        ("create.topic.policy.class.name", "org.example.Policy"),
        ("remote.log.storage.system.enable", "true"),
    ] {
        let key = broker_key(name).unwrap();
        let refused = key.check(value).unwrap_err().to_string();
        assert!(refused.contains("Ringtide does not have this yet"), "{refused}");
        assert!(key.documentation().contains("only the default is accepted"));
    }
    let secret = broker_key("ssl.key.password").unwrap().check("hunter2").unwrap_err().to_string();
    assert!(!secret.contains("hunter2"), "{secret}");
    assert!(broker_key("ssl.client.auth").unwrap().check("none").is_ok(), "Kafka's default");
}

#[test]
fn every_key_has_one_line_of_documentation() {
    let mut lines: BTreeMap<&str, u32> = BTreeMap::new();
    for key in broker_keys() {
        assert!(!key.doc.is_empty() && !key.doc.contains('\n'), "{}", key.name);
        *lines.entry(key.doc).or_default() += 1;
    }
    assert!(lines.len() > 300, "{} different lines", lines.len());
}
