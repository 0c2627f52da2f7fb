//! The broker stops, or is killed: members go on with the generation they have.

use anyhow::{Result, ensure};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch, free_port};
use tests_e2e::client::groups::code;
use tests_e2e::client::{Client, Member};

fn connect(broker: &Broker) -> Result<Client> {
    let mut client = Client::connect(broker.kafka())?;
    client.await_coordinators()?;
    Ok(client)
}

fn restart(broker: Broker, kill: bool) -> Result<Broker> {
    if kill {
        return broker.kill()?.start();
    }
    let launch = broker.launch().clone();
    ensure!(broker.terminate()?.success(), "SIGTERM does not end in exit 0");
    launch.start()
}

#[rstest]
#[case::stopped(false)]
#[case::killed(true)]
fn trap_77_members_survive_with_their_generation(#[case] kill: bool) -> Result<()> {
    let launch = Launch::new()?.set("group.initial.rebalance.delay.ms", 0).on_port(free_port()?);
    let broker = launch.start()?;
    let mut dynamic = Member::new("g");
    let mut fixed = Member::fixed("h", "i");
    let mut client = connect(&broker)?;
    dynamic.settle_alone(&mut client)?;
    fixed.settle_alone(&mut client)?;

    let broker = restart(broker, kill)?;
    let mut client = connect(&broker)?;
    for member in [&dynamic, &fixed] {
        ensure!(member.heartbeat(&mut client)? == 0, "{member:?}");
        let sent = member.send_sync(&mut client)?;
        let answer = Member::receive_synced(&mut client, sent)?;
        ensure!(*answer.assignment == *member.id.as_bytes(), "{answer:?}");
    }
    let mut back = Member::fixed("h", "i");
    let sent = back.send_join(&mut client)?;
    ensure!(back.receive_joined(&mut client, sent)? == 0);
    ensure!(back.generation == fixed.generation && back.id != fixed.id, "{back:?}");

    // The replacement was written down as well.
    let broker = restart(broker, kill)?;
    let mut client = connect(&broker)?;
    ensure!(back.heartbeat(&mut client)? == 0);
    ensure!(fixed.heartbeat(&mut client)? == code::FENCED);
    Ok(())
}

#[test]
fn a_rebalance_that_a_kill_interrupts_starts_over_from_the_last_generation() -> Result<()> {
    let launch = Launch::new()?.set("group.initial.rebalance.delay.ms", 0).on_port(free_port()?);
    let broker = launch.start()?;
    let (mut one, mut two) = (connect(&broker)?, connect(&broker)?);
    let (mut a, mut b) = (Member::new("g"), Member::new("g"));
    a.settle_alone(&mut one)?;
    let sent = b.send_join(&mut two)?;
    b.receive_joined(&mut two, sent)?;
    b.send_join(&mut two)?;
    while a.heartbeat(&mut one)? != code::REBALANCE {}

    let broker = restart(broker, true)?;
    let (mut one, mut two) = (connect(&broker)?, connect(&broker)?);
    ensure!(a.heartbeat(&mut one)? == 0, "nothing of the rebalance is left");
    let sent = b.send_join(&mut two)?;
    ensure!(b.receive_joined(&mut two, sent)? == code::UNKNOWN_MEMBER);
    Ok(())
}
