//! What tools see of groups, and how they end.

use anyhow::{Context, Result, ensure};
use protocol_wire::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest, StrBytes,
};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::groups::code;
use tests_e2e::client::{Client, Member};

/// A broker with the stable group `full` of one static member, and the empty group `empty`.
fn two_groups() -> Result<(Broker, Client, Member)> {
    let broker = Launch::new()?.set("group.initial.rebalance.delay.ms", 0).start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.await_coordinators()?;
    let mut member = Member::fixed("full", "i");
    member.settle_alone(&mut client)?;
    let mut gone = Member::new("empty");
    gone.settle_alone(&mut client)?;
    ensure!(gone.leave(&mut client)? == 0);
    Ok((broker, client, member))
}

/// Trap 82.
#[rstest]
#[case::everything(&[], &[], &["empty", "full"])]
#[case::by_state(&["Stable"], &[], &["full"])]
#[case::in_any_case(&["eMPTY"], &["CLASSIC"], &["empty"])]
#[case::another_type(&[], &["consumer"], &[])]
fn trap_82_groups_are_listed_by_state_and_type(
    #[case] states: &[&'static str],
    #[case] types: &[&'static str],
    #[case] expected: &[&str],
) -> Result<()> {
    let (_broker, mut client, _) = two_groups()?;
    let texts =
        |texts: &[&'static str]| texts.iter().copied().map(StrBytes::from_static_str).collect();
    let request = ListGroupsRequest::default()
        .with_states_filter(texts(states))
        .with_types_filter(texts(types));
    let answer = client.call(5, &request)?;
    ensure!(answer.error_code == 0);
    let mut found: Vec<_> = answer.groups.iter().map(|group| group.group_id.to_string()).collect();
    found.sort();
    ensure!(found == expected, "{answer:?}");
    for group in answer.groups {
        ensure!(&*group.group_type == "Classic" && &*group.protocol_type == "consumer");
    }
    Ok(())
}

#[test]
fn groups_are_listed_in_every_version() -> Result<()> {
    let (_broker, mut client, _) = two_groups()?;
    for version in 0..=5 {
        let answer = client.call(version, &ListGroupsRequest::default())?;
        ensure!((answer.error_code, answer.groups.len()) == (0, 2), "{version}: {answer:?}");
    }
    Ok(())
}

/// Trap 79.
#[rstest]
fn trap_79_groups_are_described_in_every_version(
    #[values(0, 1, 2, 3, 4, 5, 6)] version: i16,
) -> Result<()> {
    let (_broker, mut client, member) = two_groups()?;
    let ids = ["full", "empty", "missing"].map(|id| StrBytes::from_static_str(id).into());
    let request = DescribeGroupsRequest::default().with_groups(ids.to_vec());
    let groups = client.call(version, &request)?.groups;
    let [full, empty, missing] = &groups[..] else { anyhow::bail!("{groups:?}") };
    ensure!((full.error_code, &*full.group_state, &*full.protocol_data) == (0, "Stable", "range"));
    let described = full.members.first().context("no member")?;
    ensure!(described.member_id == member.id);
    ensure!(&*described.client_id == "e2e" && &*described.client_host == "/127.0.0.1");
    ensure!(described.member_metadata.len() == 23, "the chosen protocol's: {described:?}");
    ensure!(*described.member_assignment == *member.id.as_bytes());
    ensure!(described.group_instance_id.is_some() == (version >= 4));
    ensure!((empty.error_code, &*empty.group_state, empty.members.len()) == (0, "Empty", 0));
    let error = if version >= 6 { code::NOT_FOUND } else { 0 };
    ensure!((missing.error_code, &*missing.group_state) == (error, "Dead"), "{missing:?}");
    Ok(())
}

/// Trap 80.
#[rstest]
fn trap_80_groups_are_deleted_in_every_version(#[values(0, 1, 2)] version: i16) -> Result<()> {
    let (broker, mut client, _) = two_groups()?;
    let ids = ["full", "empty", "missing", "empty"].map(|id| StrBytes::from_static_str(id).into());
    let request = DeleteGroupsRequest::default().with_groups_names(ids.to_vec());
    let results = client.call(version, &request)?.results;
    let codes: Vec<_> = results.iter().map(|result| result.error_code).collect();
    ensure!(codes == [code::NON_EMPTY, 0, code::NOT_FOUND, code::NOT_FOUND], "{results:?}");

    let launch = broker.kill()?;
    let broker = launch.start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.await_coordinators()?;
    let answer = client.call(5, &ListGroupsRequest::default())?;
    let left: Vec<_> = answer.groups.iter().map(|group| group.group_id.to_string()).collect();
    ensure!(left == ["full"], "{left:?}");
    Ok(())
}
