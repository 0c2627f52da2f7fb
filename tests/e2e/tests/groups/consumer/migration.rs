//! A group with classic members becomes a consumer group and goes back, over the wire.

use anyhow::{Result, ensure};
use bytes::Bytes;
use protocol_wire::messages::join_group_request::JoinGroupRequestProtocol;
use protocol_wire::messages::sync_group_request::SyncGroupRequestAssignment;
use protocol_wire::messages::{
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest,
};
use tests_e2e::broker::Launch;
use tests_e2e::client::Client;

use super::ask::{Member, Patience, client, describe, group_id, text};

const REBALANCE_IN_PROGRESS: i16 = 27;

/// The embedded subscription to "t", with what is owned.
fn subscription(owned: &[i32]) -> Bytes {
    let mut out = b"\x00\x01\x00\x00\x00\x01\x00\x01t\xff\xff\xff\xff".to_vec();
    out.extend_from_slice(&partitions(owned));
    out.into()
}

fn partitions(indexes: &[i32]) -> Vec<u8> {
    let mut out = b"\x00\x00\x00\x01\x00\x01t".to_vec();
    out.extend_from_slice(&i32::try_from(indexes.len()).unwrap_or(0).to_be_bytes());
    indexes.iter().for_each(|index| out.extend_from_slice(&index.to_be_bytes()));
    out
}

fn assignment(indexes: &[i32]) -> Bytes {
    [&b"\x00\x01"[..], &partitions(indexes), b"\xff\xff\xff\xff"].concat().into()
}

fn join(client: &mut Client, member: &str, owned: &[i32]) -> Result<JoinGroupResponse> {
    let protocol = JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(subscription(owned));
    let request = JoinGroupRequest::default()
        .with_group_id(group_id("g"))
        .with_member_id(text(member))
        .with_session_timeout_ms(30_000)
        .with_rebalance_timeout_ms(30_000)
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![protocol]);
    client.call(9, &request)
}

fn sync(client: &mut Client, member: &str, generation: i32, all: Option<&[i32]>) -> Result<Bytes> {
    let assign = |indexes: &[i32]| {
        SyncGroupRequestAssignment::default()
            .with_member_id(text(member))
            .with_assignment(assignment(indexes))
    };
    let request = SyncGroupRequest::default()
        .with_group_id(group_id("g"))
        .with_member_id(text(member))
        .with_generation_id(generation)
        .with_protocol_type(Some(text("consumer")))
        .with_protocol_name(Some(text("range")))
        .with_assignments(all.map(assign).into_iter().collect());
    let answer = client.call(5, &request)?;
    ensure!(answer.error_code == 0, "SyncGroup: error {}", answer.error_code);
    Ok(answer.assignment)
}

fn heartbeat(client: &mut Client, member: &str, generation: i32) -> Result<i16> {
    let request = HeartbeatRequest::default()
        .with_group_id(group_id("g"))
        .with_member_id(text(member))
        .with_generation_id(generation);
    Ok(client.call(4, &request)?.error_code)
}

#[test]
fn a_group_goes_to_the_new_protocol_and_back() -> Result<()> {
    let broker = Launch::new()?.set("group.initial.rebalance.delay.ms", 0).start()?;
    let mut old = client(&broker)?;
    old.create_topic("t", 4, &[])?;
    let id = join(&mut old, "", &[])?.member_id.to_string();
    let joined = join(&mut old, &id, &[])?;
    ensure!(joined.error_code == 0, "{joined:?}");
    sync(&mut old, &id, joined.generation_id, Some(&[0, 1, 2, 3]))?;

    let mut new = Member::new(&broker, "new")?;
    new.ok()?;
    ensure!(new.owned.is_empty(), "the classic member owns all: {:?}", new.owned);
    let group = describe(&mut new.client, 1)?;
    let kinds: Vec<i8> = group.members.iter().map(|member| member.member_type).collect();
    ensure!(kinds.contains(&0) && kinds.contains(&1), "{kinds:?}");

    // The classic member joins again until it has half and the other half is the new one's.
    let mut owned = vec![0, 1, 2, 3];
    let patience = Patience::new();
    let mut generation = joined.generation_id;
    while new.owned.len() < 2 {
        if heartbeat(&mut old, &id, generation)? == REBALANCE_IN_PROGRESS {
            generation = join(&mut old, &id, &owned)?.generation_id;
            let told = sync(&mut old, &id, generation, None)?;
            if told == assignment(&[0, 1]) {
                owned = vec![0, 1];
            }
        }
        new.ok()?;
        patience.wait(format_args!("{owned:?} and {:?}", new.owned))?;
    }
    ensure!(owned == [0, 1] && new.owned == [2, 3].into(), "{owned:?} and {:?}", new.owned);

    // The last member of the new protocol leaves: a classic group again.
    ensure!(new.leave(-1)?.error_code == 0);
    let gone = describe(&mut new.client, 1)?;
    ensure!(gone.error_code == 69, "{gone:?}");
    let joined = join(&mut old, &id, &owned)?;
    ensure!(joined.error_code == 0 && joined.leader.as_str() == id, "{joined:?}");
    let all = sync(&mut old, &id, joined.generation_id, Some(&[0, 1, 2, 3]))?;
    ensure!(all == assignment(&[0, 1, 2, 3]));
    Ok(())
}
