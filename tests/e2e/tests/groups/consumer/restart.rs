//! The broker dies in the middle of a reconciliation: nobody gets what another still owns.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use tests_e2e::broker::{Broker, Launch, free_port};

use super::ask::{Member, Patience, client, describe, settle};

fn start(launch: &Launch) -> Result<Broker> {
    let broker = launch.start()?;
    client(&broker)?;
    Ok(broker)
}

/// Connects anew; what the member knows of itself stays.
fn reconnect(member: Member, broker: &Broker) -> Result<Member> {
    let Member { id, epoch, owned, instance, .. } = member;
    Ok(Member { epoch, owned, instance, ..Member::new(broker, &id)? })
}

#[test]
fn a_kill_in_the_middle_of_a_reconciliation_gives_no_partition_two_owners() -> Result<()> {
    let broker = start(&Launch::new()?.on_port(free_port()?))?;
    client(&broker)?.create_topic("t", 6, &[])?;
    let mut a = Member::new(&broker, "a")?;
    a.ok()?;
    ensure!(a.owned.len() == 6);
    let mut b = Member::new(&broker, "b")?;
    b.ok()?;
    // Told to give up half, and it has not said yet that it has.
    let patience = Patience::new();
    while a.owned.len() == 6 {
        let keeps = a.owned.clone();
        a.ok()?;
        if a.owned.len() < 6 {
            a.owned = keeps;
            break;
        }
        patience.wait("nothing is to be given up")?;
        b.ok()?;
    }
    let before = describe(&mut b.client, 1)?;
    let broker = start(&broker.kill()?)?;
    let (mut a, mut b) = (reconnect(a, &broker)?, reconnect(b, &broker)?);
    let after = describe(&mut b.client, 1)?;
    ensure!(after == before, "the group was {before:?}, it is {after:?}");

    b.ok()?;
    let both: BTreeSet<_> = a.owned.intersection(&b.owned).collect();
    ensure!(both.is_empty(), "{both:?} have two owners");
    // A full request hears its assignment again: the answer may have been lost with the broker.
    let full =
        a.request().with_rebalance_timeout_ms(60_000).with_subscribed_topic_names(Some(vec![
            protocol_wire::messages::TopicName(super::ask::text("t")),
        ]));
    let answer = a.client.call(1, &full)?;
    let told = answer.assignment.map(|assignment| assignment.topic_partitions);
    let told: usize = told.iter().flatten().map(|topic| topic.partitions.len()).sum();
    ensure!(told == 3, "{told} partitions told");
    a.owned = before.members[0].target_assignment.topic_partitions[0]
        .partitions
        .iter()
        .copied()
        .collect();
    settle(&mut [&mut a, &mut b], 6)?;
    ensure!((a.owned.len(), b.owned.len()) == (3, 3));

    // An orderly stop and start: everybody goes on at its epoch.
    let launch = broker.launch().to_owned();
    ensure!(broker.terminate()?.success());
    let broker = start(&launch)?;
    let (mut a, mut b) = (reconnect(a, &broker)?, reconnect(b, &broker)?);
    ensure!(a.ok()?.assignment.is_none() && b.ok()?.assignment.is_none());
    Ok(())
}
