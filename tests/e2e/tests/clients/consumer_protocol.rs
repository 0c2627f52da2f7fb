//! What only the consumer protocol (KIP-848) has: subscriptions by pattern, and groups that move to it while they work.

use std::collections::BTreeSet;

use anyhow::Result;
use tests_e2e::client::Client;

use super::crew::{Crew, Joining, PARTITIONS, Protocol};
use super::driver::Driver;
use super::membership::{FIRST, write};
use super::peer::{Peer, fresh};

/// A pattern is resolved by the broker, and tells its topics from others.
#[test]
fn java_subscribes_by_a_pattern() -> Result<()> {
    let peer = Peer::start()?;
    let name = fresh("java-pattern");
    let mut client = Client::connect(peer.address())?;
    for topic in [&name, &format!("not-{name}")] {
        client.create_topic(topic, PARTITIONS, &[("retention.ms", "-1")])?;
        write(&mut client, topic, 0, FIRST)?;
    }
    let mut crew = Crew::new(Driver::Java, Protocol::Consumer, &name, &name);
    let by_pattern = Joining { by_pattern: true, ..Joining::default() };
    let first = crew.start(peer.address(), by_pattern)?;
    crew.until_shared("one member", &[first])?;
    let second = crew.start(peer.address(), by_pattern)?;
    crew.until_shared("two members", &[first, second])?;
    crew.leave(second)?;
    crew.until("all is read", |crew| {
        let read: BTreeSet<_> = crew.member(first)?.read.iter().collect();
        Ok(read.len() == 40)
    })?;
    crew.leave(first)
}

/// A group moves to the consumer protocol while it works, and back.
#[test]
fn members_of_both_protocols_share_a_group_of_java() -> Result<()> {
    let peer = Peer::start()?;
    let name = fresh("java-migration");
    let mut client = Client::connect(peer.address())?;
    client.create_topic(&name, PARTITIONS, &[("retention.ms", "-1")])?;
    let mut crew = Crew::new(Driver::Java, Protocol::Classic, &name, &name);
    let classic = Joining::default();
    let consumer = Joining { protocol: Some(Protocol::Consumer), ..classic };
    let old = crew.start(peer.address(), classic)?;
    crew.until_shared("a classic member", &[old])?;
    let new = crew.start(peer.address(), consumer)?;
    crew.until_shared("one of each", &[old, new])?;
    crew.leave(old)?;
    crew.until_shared("the consumer protocol alone", &[new])?;
    let back = crew.start(peer.address(), classic)?;
    crew.until_shared("one of each again", &[new, back])?;
    crew.leave(new)?;
    crew.until_shared("the classic protocol alone", &[back])?;
    write(&mut client, &name, 0, 1)?;
    crew.until("the group goes on", |crew| {
        let read = &crew.member(back)?.read;
        Ok((0..i64::from(PARTITIONS)).all(|partition| read.contains(&(partition, 0))))
    })?;
    crew.leave(back)
}
