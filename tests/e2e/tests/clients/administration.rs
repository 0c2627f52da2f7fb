//! What administrators ask through their clients, and what must be refused with which code.

use std::collections::BTreeMap;

use anyhow::Result;
use rstest::rstest;
use serde_json::{Value, json};
use tests_e2e::client::Client;

use super::Cases;
use super::driver::Driver;
use super::lines::cases;
use super::outcomes::{Capability, passed};
use super::peer::{Peer, fresh};

fn run(driver: Driver, command: &str, creates_topics: bool) -> Result<Cases> {
    let peer = Peer::with(|launch| launch.set("auto.create.topics.enable", creates_topics))?;
    // Some libraries ask a group's coordinator no more than a few times whether it is there yet.
    Client::connect(peer.address())?.await_coordinators()?;
    cases(&driver.run(&[command, &peer.bootstrap(), &fresh(driver.name())])?)
}

/// All steps, without those that the library has no call for.
pub(super) fn expected<const N: usize>(rows: [(&str, Value); N], lacks: &[&str]) -> Cases {
    let rows: BTreeMap<_, _> = rows.into_iter().map(|(name, got)| (name.to_owned(), got)).collect();
    rows.into_iter().filter(|(name, _)| !lacks.contains(&name.as_str())).collect()
}

#[rstest]
fn topics_are_administered(
    #[values(
        Driver::Confluent,
        Driver::Rdkafka,
        Driver::Java,
        Driver::JavaOld,
        Driver::KafkaPython,
        Driver::KafkaPythonOld,
        Driver::Aiokafka,
        Driver::Kafkajs,
        Driver::Platformatic,
        Driver::Franz
    )]
    driver: Driver,
) -> Result<()> {
    let rows = [
        ("created", json!(2)),
        ("described", json!("3600000")),
        ("altered", json!("7200000")),
        ("extended", json!(4)),
        ("records deleted", json!(4)),
        ("brokers", json!(1)),
        ("deleted", json!(true)),
    ];
    assert_eq!(run(driver, "admin", false)?, expected(rows, driver.lacks()));
    passed(driver, Capability::Topics)
}

#[test]
fn kcat_sees_the_metadata() -> Result<()> {
    let rows = [("brokers", json!(1)), ("created by use", json!(true))];
    assert_eq!(run(Driver::Kcat, "admin", true)?, expected(rows, &[]));
    Ok(())
}

#[rstest]
fn refusals_carry_kafkas_codes(
    #[values(
        Driver::Confluent,
        Driver::Rdkafka,
        Driver::Java,
        Driver::JavaOld,
        Driver::KafkaPython,
        Driver::KafkaPythonOld,
        Driver::Aiokafka,
        Driver::Kafkajs,
        Driver::Platformatic,
        Driver::Franz
    )]
    driver: Driver,
) -> Result<()> {
    let rows = [
        ("topic exists", json!(36)),
        ("topic name", json!(17)),
        ("no partitions", json!(37)),
        ("unknown config", json!(40)),
        ("replicas", json!(38)),
        ("fewer partitions", json!(37)),
        ("delete unknown", json!(3)),
        ("describe unknown", json!(3)),
        ("too large", json!(10)),
        ("produce unknown", json!(3)),
        ("null key", json!(87)),
        ("timestamp", json!(32)),
        ("out of range", json!(1)),
        ("session timeout", json!(26)),
        ("fenced", json!(82)),
    ];
    assert_eq!(run(driver, "errors", false)?, expected(rows, driver.lacks()));
    passed(driver, Capability::Errors)
}
