//! `ringtide topic …`.

use serde_json::{Value, json};

use crate::broker::{Broker, finish, ringtide};

#[test]
fn a_topic_lives_from_creation_to_deletion() {
    let broker = Broker::start();
    let created = broker.json(&["topic", "create", "orders", "-p", "3", "-c", "retention.ms=9"]);
    assert_eq!(created[0]["partitions"], 3);
    assert_eq!(created[0]["result"], "created");
    let listed = broker.json(&["topic", "ls"]);
    assert_eq!(listed[0]["name"], "orders");
    assert_eq!(listed[0]["topic_id"], created[0]["topic_id"]);

    let altered = broker.json(&["topic", "alter", "orders", "-p", "4", "-c", "segment.ms=8"]);
    assert_eq!(altered.as_array().unwrap().len(), 2);
    let described = broker.json(&["topic", "describe", "orders"]);
    assert_eq!(described[0]["partitions"].as_array().unwrap().len(), 4);
    let config = |key: &str, value: &str| json!({ "key": key, "value": value, "source": "topic" });
    assert_eq!(
        described[0]["configs"],
        json!([config("retention.ms", "9"), config("segment.ms", "8")])
    );

    broker.json(&["topic", "delete", "orders", "--yes"]);
    assert_eq!(broker.json(&["topic", "ls"]), json!([]));
}

#[test]
fn records_come_back_as_they_were_produced() {
    let broker = Broker::start();
    let produce = ["topic", "produce", "t", "-K", ":", "-H", "h=1", "-H", "h=2", "-z", "zstd"];
    let said = broker.run_with(&produce, "k:one\nk:two\nthree\n");
    assert_eq!((said.code, said.err.as_str()), (0, "3 records produced to t\n"));

    let said = broker.run(&["topic", "consume", "t", "-e", "-f", "%p/%o %k=%v %h\\n"]);
    assert_eq!(said.out, "0/0 k=one h=1,h=2\n0/1 k=two h=1,h=2\n0/2 =three h=1,h=2\n");
    let said = broker.run(&["topic", "consume", "t", "--from", "-1", "-e"]);
    assert_eq!(said.out, "three\n");
    let said = broker.run(&["topic", "consume", "t", "-n", "1"]);
    assert_eq!(said.out, "one\n");

    let records = broker.json(&["topic", "consume", "t", "-e"]);
    assert_eq!(records.as_array().unwrap().len(), 3);
    assert_eq!(records[2]["key"], Value::Null);
    assert_eq!(records[2]["value"], "three");
    assert_eq!(records[0]["headers"][1], json!({ "key": "h", "value": "2" }));
    let lines = broker.run(&["topic", "consume", "t", "-e", "-o", "jsonl"]).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(lines), records);
}

#[test]
fn exit_codes_tell_what_happened() {
    let broker = Broker::start();
    let code = |args: &[&str]| broker.run(args).code;
    assert_eq!(code(&["topic", "create", "a"]), 0);
    assert_eq!(code(&["topic", "create", "a"]), 5, "it exists");
    assert_eq!(code(&["topic", "create", "a", "--if-not-exists"]), 0);
    assert_eq!(code(&["topic", "create", "a", "b"]), 8, "one of two");
    assert_eq!(code(&["topic", "create", "c", "-c", "no.such=1"]), 1, "refused");
    assert_eq!(code(&["topic", "create", "c", "--dry-run"]), 0);
    assert_eq!(code(&["topic", "describe", "c"]), 4, "a dry run creates nothing");
    assert_eq!(code(&["topic", "consume", "c", "-e"]), 4);
    assert_eq!(code(&["topic", "consume", "a", "-p", "7", "-e"]), 4);
    assert_eq!(code(&["topic", "alter", "a"]), 2, "nothing to change");
    assert_eq!(code(&["topic", "delete", "a"]), 2, "not confirmed");
    assert_eq!(code(&["topic", "delete", "c", "--yes"]), 4);
    assert_eq!(code(&["topic", "delete", "c", "--yes", "--if-exists"]), 0);
    assert_eq!(code(&["topic", "frobnicate"]), 2, "usage");
}

#[test]
fn an_error_for_programs_is_an_object_on_standard_error() {
    let broker = Broker::start();
    let said = broker.run(&["topic", "describe", "nope", "-o", "json"]);
    assert_eq!((said.code, said.out.as_str()), (4, ""));
    let error: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(error["code"], "RT0201");
    assert_eq!(error["kafka"], "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(error["exit"], 4);
}

#[test]
fn no_broker_is_exit_code_3_with_a_hint() {
    let mut command = ringtide();
    // Port 1 is privileged and served by nobody.
    command.args(["topic", "ls", "--timeout", "2"]).env("RINGTIDE_BOOTSTRAP", "127.0.0.1:1");
    let said = finish(command, "");
    assert_eq!(said.code, 3);
    assert!(said.err.contains("hint: is one running?"), "{}", said.err);
}
