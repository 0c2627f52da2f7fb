//! Joining, syncing, heartbeats and leaving, as clients of several versions see them.

use anyhow::{Result, bail, ensure};
use protocol_wire::messages::{HeartbeatRequest, JoinGroupRequest, StrBytes};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::groups::code;
use tests_e2e::client::{Client, Member};

fn start() -> Result<Broker> {
    Launch::new()?.set("group.initial.rebalance.delay.ms", 50).start()
}

fn client(broker: &Broker) -> Result<Client> {
    let mut client = Client::connect(broker.kafka())?;
    client.await_coordinators()?;
    Ok(client)
}

#[test]
fn two_members_share_a_group_and_the_second_takes_over() -> Result<()> {
    let broker = start()?;
    let (mut one, mut two) = (client(&broker)?, client(&broker)?);
    let (mut a, mut b) = (Member::new("g"), Member::new("g"));
    a.settle_alone(&mut one)?;
    ensure!(a.heartbeat(&mut one)? == 0);

    let sent = b.send_join(&mut two)?;
    ensure!(b.receive_joined(&mut two, sent)? == code::ID_REQUIRED);
    let join_b = b.send_join(&mut two)?;
    while a.heartbeat(&mut one)? != code::REBALANCE {}
    let join_a = a.send_join(&mut one)?;
    ensure!(a.receive_joined(&mut one, join_a)? == 0);
    ensure!(b.receive_joined(&mut two, join_b)? == 0);
    ensure!((a.generation, a.members.len(), b.members.len()) == (2, 2, 0), "{a:?} {b:?}");

    let sync_b = b.send_sync(&mut two)?;
    let sync_a = a.send_sync(&mut one)?;
    let answer = Member::receive_synced(&mut one, sync_a)?;
    ensure!(*answer.assignment == *a.id.as_bytes());
    ensure!(answer.protocol_name.as_deref() == Some("range"));
    let answer = Member::receive_synced(&mut two, sync_b)?;
    ensure!(*answer.assignment == *b.id.as_bytes());

    ensure!(a.leave(&mut one)? == 0);
    ensure!(a.heartbeat(&mut one)? == code::UNKNOWN_MEMBER);
    ensure!(b.heartbeat(&mut two)? == code::REBALANCE);
    b.settle_alone(&mut two)?;
    ensure!((b.generation, b.members.len()) == (3, 1), "{b:?}");
    Ok(())
}

/// Trap 68: kafka-go and others would wait for ever for an id they do not ask for.
#[rstest]
fn trap_68_only_version_4_and_later_are_told_their_id_first(
    #[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)] version: i16,
) -> Result<()> {
    let broker = start()?;
    let mut client = client(&broker)?;
    let mut request = Member::new("g").join();
    if version == 0 {
        // It has no rebalance timeout; any value but the default cannot be written.
        request.rebalance_timeout_ms = -1;
    }
    let answer = client.call(version, &request)?;
    let expected = if version >= 4 { code::ID_REQUIRED } else { 0 };
    ensure!(answer.error_code == expected, "{answer:?}");
    ensure!(answer.member_id.starts_with("e2e-"), "{answer:?}");
    let answer = client.call(version, &request.with_member_id(answer.member_id))?;
    ensure!((answer.error_code, answer.generation_id) == (0, 1), "{answer:?}");
    ensure!(answer.members.len() == 1 && answer.leader == answer.member_id, "{answer:?}");
    ensure!(answer.protocol_name.as_deref() == Some("range"), "{answer:?}");
    ensure!(answer.protocol_type.is_some() == (version >= 7), "{answer:?}");
    Ok(())
}

/// Version 0 has no rebalance timeout. Its session timeout counts; without one a rebalance would not wait
/// for the members of the generation before.
#[test]
fn trap_70_a_rebalance_of_version_0_waits_for_the_session_timeout() -> Result<()> {
    let broker = start()?;
    let (mut one, mut two) = (client(&broker)?, client(&broker)?);
    let member = || Member { rebalance_timeout_ms: -1, ..Member::new("g") };
    let (mut a, mut b) = (member(), member());
    ensure!(a.joined(one.call(0, &a.join())?) == 0);
    let sent = a.send_sync(&mut one)?;
    Member::receive_synced(&mut one, sent)?;

    let join_b = two.send(0, &b.join())?;
    loop {
        match a.heartbeat(&mut one)? {
            0 => {}
            code::REBALANCE => break,
            other => bail!("it is not waited for: error {other}"),
        }
    }
    ensure!(a.joined(one.call(0, &a.join())?) == 0);
    ensure!(b.joined(two.receive::<JoinGroupRequest>(0, join_b)?) == 0);
    ensure!((a.generation, a.members.len(), b.generation) == (2, 2, 2), "{a:?} {b:?}");
    Ok(())
}

#[rstest]
#[case::trap_71_below_the_bounds(5_999, "consumer", code::INVALID_SESSION_TIMEOUT)]
#[case::trap_71_above_the_bounds(1_800_001, "consumer", code::INVALID_SESSION_TIMEOUT)]
#[case::trap_72_another_type(10_000, "connect", code::INCONSISTENT_PROTOCOL)]
fn a_join_that_does_not_fit_is_refused(
    #[case] session_timeout_ms: i32,
    #[case] kind: &'static str,
    #[case] expected: i16,
) -> Result<()> {
    let broker = start()?;
    let mut client = client(&broker)?;
    Member::new("g").settle_alone(&mut client)?;
    let member = Member { session_timeout_ms, ..Member::new("g") };
    let request = member.join().with_protocol_type(StrBytes::from_static_str(kind));
    let answer = client.call(9, &request)?;
    ensure!(answer.error_code == expected, "{answer:?}");
    Ok(())
}

#[rstest]
#[case::an_empty_name("", 24)]
#[case::a_group_nobody_has("nobody", code::UNKNOWN_MEMBER)]
fn a_heartbeat_without_a_group_is_refused(
    #[case] group: &'static str,
    #[case] expected: i16,
) -> Result<()> {
    let broker = start()?;
    let mut client = client(&broker)?;
    for version in 0..=4 {
        let request = HeartbeatRequest::default()
            .with_group_id(StrBytes::from_static_str(group).into())
            .with_member_id(StrBytes::from_static_str("m"));
        ensure!(client.call(version, &request)?.error_code == expected);
    }
    Ok(())
}

#[test]
fn trap_77_a_static_member_takes_its_place_again_and_its_old_self_is_fenced() -> Result<()> {
    let broker = start()?;
    let (mut one, mut two) = (client(&broker)?, client(&broker)?);
    let mut old = Member::fixed("g", "i");
    let first = old.settle_alone(&mut one)?;
    let mut new = Member::fixed("g", "i");
    let sent = new.send_join(&mut two)?;
    ensure!(new.receive_joined(&mut two, sent)? == 0);
    ensure!(new.id != old.id && new.generation == old.generation, "{new:?} {old:?}");
    ensure!(new.members.is_empty(), "it leads and must not assign");
    let sent = new.send_sync(&mut two)?;
    let second = Member::receive_synced(&mut two, sent)?;
    ensure!(second.assignment == first.assignment);
    ensure!(old.heartbeat(&mut one)? == code::FENCED);
    ensure!(new.heartbeat(&mut two)? == 0);
    ensure!(old.leave(&mut one)? == code::FENCED);
    ensure!(new.leave(&mut two)? == 0);
    Ok(())
}
