//! A member and a producer that live through a restart of the broker: it is killed under them and comes back on its port.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use rstest::rstest;
use tests_e2e::client::Client;

use super::crew::{Crew, Id, Joining, PARTITIONS, Protocol};
use super::driver::Driver;
use super::peer::{Peer, fresh, lasting_port};

/// Acknowledged records before the broker is killed.
const UNDER_WAY: usize = 40;

#[rstest]
#[case::confluent(Driver::Confluent, Protocol::Classic)]
#[case::rdkafka(Driver::Rdkafka, Protocol::Classic)]
#[case::kcat(Driver::Kcat, Protocol::Classic)]
#[case::java(Driver::Java, Protocol::Classic)]
#[case::java_old(Driver::JavaOld, Protocol::Classic)]
#[case::kafka_python(Driver::KafkaPython, Protocol::Classic)]
#[case::kafka_python_old(Driver::KafkaPythonOld, Protocol::Classic)]
#[case::aiokafka(Driver::Aiokafka, Protocol::Classic)]
#[case::kafkajs(Driver::Kafkajs, Protocol::Classic)]
#[case::platformatic(Driver::Platformatic, Protocol::Classic)]
#[case::franz(Driver::Franz, Protocol::Classic)]
#[case::confluent_848(Driver::Confluent, Protocol::Consumer)]
#[case::java_848(Driver::Java, Protocol::Consumer)]
#[case::franz_848(Driver::Franz, Protocol::Consumer)]
fn a_member_and_a_producer_live_through_a_restart(
    #[case] driver: Driver,
    #[case] protocol: Protocol,
) -> Result<()> {
    let port = lasting_port()?;
    let peer = Peer::with(|launch| launch.on_port(port))?;
    let name = fresh(&format!("{}-restart-{protocol:?}", driver.name()));
    Client::connect(peer.address())?.create_topic(&name, PARTITIONS, &[])?;
    let mut crew = Crew::new(driver, protocol, &name, &name);
    let member = crew.start(peer.address(), Joining::default())?;
    crew.until_shared("one member", &[member])?;
    let writer = crew.start_writer(driver.writer(), peer.address())?;
    crew.until("the producer is under way", |crew| {
        Ok(crew.member(writer)?.acked.len() >= UNDER_WAY)
    })?;

    let peer = peer.restart()?;
    let mut client = Client::connect(peer.address())?;
    let there = ends(&mut client, &name)?;
    crew.until("the producer goes on", |crew| Ok(reach(&crew.member(writer)?.acked, &there)))?;
    crew.leave(writer)?;
    let last: Vec<_> =
        ends(&mut client, &name)?.into_iter().map(|(place, end)| (place, end - 1)).collect();
    crew.until("the member goes on", |crew| Ok(reach(&crew.member(member)?.read, &last)))?;
    let missing = missing(&crew, writer, member)?;
    ensure!(missing.is_empty(), "{driver:?} has not read {missing:?}");
    if driver.takes_orders() {
        crew.order(member, "commit")?;
    }
    ensure!(crew.member(member)?.held.len() == PARTITIONS as usize, "{driver:?} has lost some");
    crew.leave(member)
}

/// Each partition's end.
fn ends(client: &mut Client, topic: &str) -> Result<Vec<(i64, i64)>> {
    (0..PARTITIONS).map(|place| Ok((place.into(), client.latest(topic, place)?))).collect()
}

/// Whether there is a record of each of these partitions that is at least as new. The newest come last.
fn reach(records: &[(i64, i64)], offsets: &[(i64, i64)]) -> bool {
    let reaches = |(place, offset): &(i64, i64)| {
        records.iter().rev().any(|one| one.0 == *place && one.1 >= *offset)
    };
    offsets.iter().all(reaches)
}

/// What was acknowledged to `writer` and not read by `member`.
fn missing(crew: &Crew, writer: Id, member: Id) -> Result<Vec<(i64, i64)>> {
    let read: BTreeSet<_> = crew.member(member)?.read.iter().collect();
    Ok(crew.member(writer)?.acked.iter().filter(|one| !read.contains(one)).copied().collect())
}
