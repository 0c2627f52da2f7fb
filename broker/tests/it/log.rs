//! `ringtide log …`.

use std::fs;

use serde_json::Value;

use crate::broker::{Broker, Said, finish, ringtide};

fn log(verb: &str, broker: &Broker) -> Said {
    let mut command = ringtide();
    command.args(["log", verb, "-o", "json"]).arg(broker.data());
    finish(command, "")
}

fn parts(said: &Said) -> Vec<(String, String)> {
    let rows: Value = serde_json::from_str(&said.out).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(row, "part"), text(row, "state"))).collect()
}

/// A killed broker with ten records.
fn killed() -> Broker {
    let mut broker = Broker::start();
    let lines: String = (0..10).map(|n| format!("record {n}\n")).collect();
    assert_eq!(broker.run_with(&["topic", "produce", "t"], &lines).code, 0);
    broker.kill();
    broker
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let broker = Broker::start();
    let said = log("verify", &broker);
    assert_eq!(said.code, 5);
    assert!(said.err.contains("open in another process"), "{}", said.err);
}

#[test]
fn a_killed_brokers_directory_verifies_and_is_described() {
    let broker = killed();
    let said = log("verify", &broker);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(parts(&said).iter().all(|(_, state)| state != "damaged"), "{}", said.out);
    let said = log("describe", &broker);
    let found: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(found[0]["partitions"][0]["topic"], "t");
    assert!(found[0]["partitions"][0]["ring_batches"].as_u64().unwrap() >= 1);
    assert_eq!(found[0]["parts"][0]["incarnation"], 1);
}

#[test]
fn damage_is_named_and_exit_code_7() {
    let broker = killed();
    let path = broker.data().join("metadata/metadata.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, bytes).unwrap();
    let said = log("verify", &broker);
    assert_eq!(said.code, 7);
    assert!(parts(&said).contains(&("metadata".to_owned(), "damaged".to_owned())), "{}", said.out);
    assert!(said.out.contains("metadata.log is corrupt at byte"), "{}", said.out);
}

#[test]
fn any_other_directory_is_not_found() {
    let mut command = ringtide();
    command.args(["log", "describe", "/nonexistent"]);
    assert_eq!(finish(command, "").code, 4);
}
