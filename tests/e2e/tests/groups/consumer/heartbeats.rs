//! Members join, share, leave and are fenced (trap 83).

use anyhow::{Result, ensure};
use protocol_wire::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use protocol_wire::messages::{OffsetCommitRequest, TopicName};
use rstest::rstest;
use tests_e2e::broker::Broker;

use super::ask::{Member, Patience, client, describe, group_id, settle, text};

fn broker() -> Result<Broker> {
    let broker = Broker::start()?;
    client(&broker)?.create_topic("t", 4, &[])?;
    Ok(broker)
}

#[test]
fn trap_83_members_share_a_topic_and_take_over_from_who_leaves() -> Result<()> {
    let broker = broker()?;
    let (mut a, mut b) = (Member::new(&broker, "a")?, Member::new(&broker, "b")?);
    let first = a.ok()?;
    ensure!(first.heartbeat_interval_ms == 5_000);
    ensure!(a.owned.len() == 4, "a member alone has all: {:?}", a.owned);
    ensure!(a.ok()?.assignment.is_none(), "what did not change is not told");
    b.ok()?;
    settle(&mut [&mut a, &mut b], 4)?;
    ensure!((a.owned.len(), b.owned.len()) == (2, 2));

    let group = describe(&mut a.client, 1)?;
    ensure!(group.assignor_name.as_str() == "uniform");
    ensure!(group.group_epoch == group.assignment_epoch && group.group_epoch == a.epoch);
    let member = &group.members[0];
    ensure!((member.client_id.as_str(), member.client_host.as_str()) == ("e2e", "/127.0.0.1"));
    ensure!(member.member_type == 1);
    ensure!(member.assignment == member.target_assignment);
    ensure!(member.assignment.topic_partitions[0].topic_name.as_str() == "t");

    ensure!(a.leave(-1)?.member_epoch == -1);
    settle(&mut [&mut b], 4)?;
    ensure!(b.leave(-1)?.error_code == 0);
    ensure!(describe(&mut b.client, 0)?.group_state.as_str() == "Empty");
    Ok(())
}

#[test]
fn trap_83_a_static_member_leaves_for_a_while() -> Result<()> {
    let broker = broker()?;
    let mut a = Member::new(&broker, "a")?;
    a.instance = Some("i".to_owned());
    a.ok()?;
    ensure!(a.leave(-2)?.member_epoch == -2);
    let mut next = Member::new(&broker, "next")?;
    next.instance = Some("i".to_owned());
    next.ok()?;
    ensure!(next.owned.len() == 4 && next.epoch == 2, "{:?} at {}", next.owned, next.epoch);
    ensure!(a.beat()?.error_code == 82, "FENCED_INSTANCE_ID");
    Ok(())
}

#[rstest]
#[case::unknown_member("x", 1, None, 25)]
#[case::fenced("a", 9, None, 110)]
#[case::not_a_group_yet("a", 0, Some("nobody"), 0)]
#[case::no_such_group("a", 1, Some("other"), 69)]
fn trap_83_epochs_and_ids_are_checked(
    #[case] id: &str,
    #[case] epoch: i32,
    #[case] group: Option<&str>,
    #[case] code: i16,
) -> Result<()> {
    let broker = broker()?;
    let mut a = Member::new(&broker, "a")?;
    a.ok()?;
    a.owned.clear();
    a.epoch = epoch;
    let request = a.request().with_member_id(text(id));
    let request = match group {
        Some(group) => request.with_group_id(group_id(group)),
        None => request,
    };
    let answer = a.client.call(1, &request)?;
    ensure!(answer.error_code == code, "{answer:?}");
    Ok(())
}

#[test]
fn a_regular_expression_follows_topics_that_come_later() -> Result<()> {
    let broker = broker()?;
    let mut a = Member::new(&broker, "a")?;
    let join = a
        .request()
        .with_subscribed_topic_names(None)
        .with_subscribed_topic_regex(Some(text("t.*")));
    ensure!(a.client.call(1, &join)?.error_code == 0);
    a.epoch = 2;
    a.client.create_topic("t2", 1, &[])?;
    let patience = Patience::new();
    loop {
        let beat = a.request().with_topic_partitions(None);
        let answer = a.client.call(1, &beat)?;
        ensure!(answer.error_code == 0, "{answer:?}");
        a.epoch = answer.member_epoch;
        if answer.assignment.is_some_and(|assignment| assignment.topic_partitions.len() == 2) {
            break;
        }
        patience.wait("the topic was not found")?;
    }
    let bad = join.with_member_id(text("b")).with_subscribed_topic_regex(Some(text("t[")));
    ensure!(a.client.call(1, &bad)?.error_code == 128, "INVALID_REGULAR_EXPRESSION");
    Ok(())
}

/// KIP-1251: only members commit, at their epoch.
#[test]
fn members_commit_at_their_epoch() -> Result<()> {
    let broker = broker()?;
    let mut a = Member::new(&broker, "a")?;
    a.ok()?;
    let topic = a.client.metadata("t")?.topics[0].topic_id;
    let commit = |member: &str, epoch| {
        let partition = OffsetCommitRequestPartition::default()
            .with_committed_offset(7)
            .with_committed_metadata(Some(text("")));
        let topic = OffsetCommitRequestTopic::default()
            .with_name(TopicName(text("t")))
            .with_topic_id(topic)
            .with_partitions(vec![partition]);
        OffsetCommitRequest::default()
            .with_group_id(group_id("g"))
            .with_member_id(text(member))
            .with_generation_id_or_member_epoch(epoch)
            .with_topics(vec![topic])
    };
    let refused_from_9 = [("a", 2, 0), ("a", 3, 113), ("x", 2, 25), ("", -1, 25)];
    let by_version =
        [9, 10].map(|version| refused_from_9.map(|(m, e, code)| (m, e, version, code)));
    let cases = by_version.into_iter().flatten();
    for (member, epoch, version, code) in cases.chain([("a", 2, 8, 35)]) {
        let answer = a.client.call(version, &commit(member, epoch))?;
        let got = answer.topics[0].partitions[0].error_code;
        ensure!(got == code, "{member} at {epoch} in version {version}: {got}");
    }
    Ok(())
}
