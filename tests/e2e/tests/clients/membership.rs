//! Groups, with members of one client library: they join, share, die, leave, commit, come back, and seek.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use broker_env::{Clock, OsClock};
use protocol_types::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use tests_e2e::client::Client;
use tests_e2e::payload::{Stamp, batch};

use super::administration::expected;
use super::crew::{Crew, Joining, PARTITIONS, Protocol};
use super::driver::Driver;
use super::lines::cases;
use super::outcomes::{Capability, passed};
use super::peer::{Peer, fresh};

/// Records in each partition before anybody reads.
pub(super) const FIRST: u32 = 10;

#[rstest]
#[case::confluent(Driver::Confluent)]
#[case::rdkafka(Driver::Rdkafka)]
#[case::kcat(Driver::Kcat)]
#[case::java(Driver::Java)]
#[case::java_old(Driver::JavaOld)]
#[case::kafka_python(Driver::KafkaPython)]
#[case::kafka_python_old(Driver::KafkaPythonOld)]
#[case::aiokafka(Driver::Aiokafka)]
#[case::kafkajs(Driver::Kafkajs)]
#[case::platformatic(Driver::Platformatic)]
#[case::franz(Driver::Franz)]
fn members_share_a_classic_group(#[case] driver: Driver) -> Result<()> {
    share(driver, Protocol::Classic)
}

/// The clients that have the protocol of KIP-848.
#[rstest]
#[case::confluent(Driver::Confluent)]
#[case::rdkafka(Driver::Rdkafka)]
#[case::java(Driver::Java)]
#[case::platformatic(Driver::Platformatic)]
#[case::franz(Driver::Franz)]
fn members_share_a_consumer_group(#[case] driver: Driver) -> Result<()> {
    share(driver, Protocol::Consumer)
}

fn share(driver: Driver, protocol: Protocol) -> Result<()> {
    let peer = Peer::start()?;
    let name = fresh(&format!("{}-{protocol:?}", driver.name()));
    let mut client = Client::connect(peer.address())?;
    client.create_topic(&name, PARTITIONS, &[("retention.ms", "-1")])?;
    write(&mut client, &name, 0, FIRST)?;
    let mut crew = Crew::new(driver, protocol, &format!("{name}-group"), &name);
    let first = crew.start(peer.address(), Joining::default())?;
    crew.until_shared("one member", &[first])?;
    crew.until("all is read", |crew| Ok(crew.member(first)?.read.len() == 40))?;
    if driver.takes_orders() {
        crew.order(first, "commit")?;
    }
    let mortal = crew.start(peer.address(), Joining { is_mortal: true, ..Joining::default() })?;
    let third = crew.start(peer.address(), Joining::default())?;
    crew.until_shared("three members", &[first, mortal, third])?;
    crew.kill(mortal)?;
    crew.until_shared("one was killed", &[first, third])?;
    crew.leave(third)?;
    crew.until_shared("one has left", &[first])?;
    write(&mut client, &name, FIRST, 1)?;
    let last = i64::from(FIRST);
    crew.until("the group goes on", |crew| {
        let read = &crew.member(first)?.read;
        Ok((0..i64::from(PARTITIONS)).all(|partition| read.contains(&(partition, last))))
    })?;
    crew.leave(first)?;
    if protocol == Protocol::Classic {
        passed(driver, Capability::Groups)?;
    }
    if driver.takes_orders() {
        come_back(driver, protocol, peer, &mut crew)?;
    }
    if protocol == Protocol::Consumer {
        passed(driver, Capability::ConsumerProtocol)?;
    }
    Ok(())
}

/// After a restart of the broker a member goes on where the group had committed, and not where it had read.
fn come_back(driver: Driver, protocol: Protocol, peer: Peer, crew: &mut Crew) -> Result<()> {
    let peer = peer.restart()?;
    let again = crew.start(peer.address(), Joining::default())?;
    crew.until("reading goes on", |crew| Ok(crew.member(again)?.read.len() >= 4))?;
    let last = i64::from(FIRST);
    let mut read = crew.member(again)?.read.clone();
    read.sort_unstable();
    let expected_read: Vec<_> = (0..i64::from(PARTITIONS)).map(|place| (place, last)).collect();
    ensure!(read == expected_read, "{driver:?} goes on with {read:?}");
    crew.forget_read(again)?;
    crew.order(again, "seek 0 3")?;
    crew.until("read again", |crew| Ok(crew.member(again)?.read.contains(&(0, last))))?;
    let sought: Vec<_> = (3..=last).map(|offset| (0, offset)).collect();
    let read = &crew.member(again)?.read;
    ensure!(*read == sought, "{driver:?} reads {read:?} after it sought offset 3");
    if protocol == Protocol::Classic {
        passed(driver, Capability::Commits)?;
    }
    if protocol == Protocol::Classic || driver.describes_consumer_groups() {
        administer(driver, protocol, &peer, crew, again)?;
    }
    Ok(())
}

fn administer(
    driver: Driver,
    protocol: Protocol,
    peer: &Peer,
    crew: &mut Crew,
    member: super::crew::Id,
) -> Result<()> {
    let run = |crew: &Crew, usage: &str| {
        cases(&driver.run(&["group", &peer.bootstrap(), &crew.group, &crew.topic, usage])?)
    };
    let used = [
        ("listed", json!(true)),
        ("state", json!("Stable")),
        ("members", json!(1)),
        ("delete used", json!(68)),
    ];
    assert_eq!(run(crew, "used")?, expected(used, driver.lacks()), "{driver:?}");
    crew.order(member, "commit")?;
    crew.leave(member)?;
    let pairs: Vec<Value> =
        (0..PARTITIONS).map(|partition| json!([partition, FIRST + 1])).collect();
    let idle = [
        ("listed", json!(true)),
        ("state", json!("Empty")),
        ("members", json!(0)),
        ("offsets", json!(pairs)),
        ("offset altered", json!(3)),
        ("offset deleted", json!(true)),
        ("group deleted", json!(true)),
        ("delete unknown group", json!(69)),
    ];
    assert_eq!(run(crew, "idle")?, expected(idle, driver.lacks()), "{driver:?}");
    if protocol == Protocol::Classic {
        passed(driver, Capability::GroupAdministration)
    } else {
        Ok(())
    }
}

#[rstest]
#[case::confluent(Driver::Confluent, Protocol::Classic)]
#[case::rdkafka(Driver::Rdkafka, Protocol::Classic)]
#[case::kcat(Driver::Kcat, Protocol::Classic)]
#[case::java(Driver::Java, Protocol::Classic)]
#[case::java_old(Driver::JavaOld, Protocol::Classic)]
#[case::kafka_python(Driver::KafkaPython, Protocol::Classic)]
#[case::aiokafka(Driver::Aiokafka, Protocol::Classic)]
#[case::platformatic(Driver::Platformatic, Protocol::Classic)]
#[case::franz(Driver::Franz, Protocol::Classic)]
#[case::confluent_848(Driver::Confluent, Protocol::Consumer)]
#[case::rdkafka_848(Driver::Rdkafka, Protocol::Consumer)]
#[case::java_848(Driver::Java, Protocol::Consumer)]
fn a_static_member_comes_back_without_a_rebalance(
    #[case] driver: Driver,
    #[case] protocol: Protocol,
) -> Result<()> {
    assert!(driver.has_static_members());
    let peer = Peer::with(|launch| launch.set("group.consumer.session.timeout.ms", 30_000))?;
    let name = fresh(&format!("{}-static-{protocol:?}", driver.name()));
    let mut client = Client::connect(peer.address())?;
    client.create_topic(&name, PARTITIONS, &[("retention.ms", "-1")])?;
    let mut crew = Crew::new(driver, protocol, &name, &name);
    let named = |instance| Joining { instance: Some(instance), ..Joining::default() };
    let stays = crew.start(peer.address(), named("one"))?;
    crew.until_shared("one static member", &[stays])?;
    let goes = crew.start(peer.address(), named("two"))?;
    crew.until_shared("two static members", &[stays, goes])?;
    let (changes, held) = (crew.member(stays)?.changes, crew.member(goes)?.held.clone());
    // The classic protocol keeps the place of a static member that says nothing; the newer one that of
    // a static member which says that it will be back.
    if protocol == Protocol::Classic {
        crew.kill(goes)?
    } else {
        crew.leave(goes)?
    }
    let back = crew.start(peer.address(), named("two"))?;
    crew.until("it has its partitions back", |crew| Ok(crew.member(back)?.held == held))?;
    if driver.takes_orders() {
        // The broker answers the other member as before.
        crew.order(stays, "commit")?;
    }
    ensure!(crew.member(stays)?.changes == changes, "{driver:?} has seen a rebalance");
    if protocol == Protocol::Classic { passed(driver, Capability::StaticMembers) } else { Ok(()) }
}

/// kcat takes no orders: it commits what it has read by itself.
#[test]
fn kcat_goes_on_where_it_committed_by_itself() -> Result<()> {
    let peer = Peer::start()?;
    let name = fresh("kcat-commits");
    let mut client = Client::connect(peer.address())?;
    client.create_topic(&name, PARTITIONS, &[("retention.ms", "-1")])?;
    write(&mut client, &name, 0, FIRST)?;
    let mut crew = Crew::new(Driver::Kcat, Protocol::Classic, &name, &name);
    let commits = Joining { commits: true, ..Joining::default() };
    let first = crew.start(peer.address(), commits)?;
    crew.until("all is read", |crew| Ok(crew.member(first)?.read.len() == 40))?;
    wait_committed(&mut client, &name, i64::from(FIRST))?;
    crew.leave(first)?;
    let peer = peer.restart()?;
    write(&mut Client::connect(peer.address())?, &name, FIRST, 1)?;
    let again = crew.start(peer.address(), commits)?;
    crew.until("reading goes on", |crew| Ok(crew.member(again)?.read.len() >= 4))?;
    let read = &crew.member(again)?.read;
    ensure!(read.iter().all(|(_, offset)| *offset == i64::from(FIRST)), "goes on with {read:?}");
    passed(Driver::Kcat, Capability::Commits)
}

/// Returns once the group has committed this offset in every partition.
fn wait_committed(client: &mut Client, group: &str, offset: i64) -> Result<()> {
    let all: Vec<i32> = (0..PARTITIONS).collect();
    for _ in 0..1200 {
        let (error, found) = client.committed_offsets(group, group, all.clone())?;
        if error == 0 && found.iter().all(|found| *found == offset) {
            return Ok(());
        }
        OsClock.sleep(Duration::from_millis(50));
    }
    bail!("{group} does not commit {offset}")
}

/// Writes `count` records to each partition, `first` of which are there.
pub(super) fn write(client: &mut Client, topic: &str, first: u32, count: u32) -> Result<()> {
    for partition in 0..PARTITIONS {
        let stamp = Stamp { writer: 0, number: first.into() };
        let records = batch(stamp, count, 32, Timestamp(1_700_000_000_000), None)?;
        // Apache Kafka takes a while to lead a partition that it has created.
        let written = (0..100).any(|_| {
            let produced = client.produce(topic, partition, records.clone());
            let is_done = produced.is_ok_and(|produced| produced.error == 0);
            if !is_done {
                OsClock.sleep(Duration::from_millis(50));
            }
            is_done
        });
        ensure!(written, "no record is taken by {topic}-{partition}");
    }
    Ok(())
}
