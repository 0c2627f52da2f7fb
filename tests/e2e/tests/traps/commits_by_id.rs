//! OffsetCommit and OffsetFetch 10, which know topics by their ids alone (KIP-848).

use anyhow::{Result, ensure};
use protocol_wire::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use protocol_wire::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use protocol_wire::messages::{GroupId, OffsetCommitRequest, OffsetFetchRequest};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;
use uuid::Uuid;

use super::Check;
use super::ask::{client_with_topic, id_of, only, text};

const VERSION: i16 = 10;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const UNKNOWN_TOPIC_ID: i16 = 100;
const OF_NOTHING: Uuid = Uuid::from_u128(7);

/// What is said of each partition, by topic.
type Topics<T> = Vec<(Uuid, Vec<T>)>;

#[rstest]
#[case::trap_64_all_and_several_groups(all_and_several_groups)]
#[case::trap_63_nothing_committed(nothing_committed)]
#[case::trap_66_generations_of_nobody(generations)]
#[case::trap_25_a_topic_made_again(made_again)]
#[case::trap_29_unknown_ids(unknown_ids)]
fn commits_by_id(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

/// A client of a broker whose coordinators have loaded, and the id of topic `t`.
fn ready(broker: &Broker) -> Result<(Client, Uuid)> {
    let mut client = client_with_topic(broker, &[])?;
    client.await_coordinators()?;
    let id = id_of(&mut client, "t")?;
    Ok((client, id))
}

/// Commits offset 7 for partitions of each topic; the topics of the answer with each partition's code.
fn commit(client: &mut Client, topics: &[(Uuid, &[i32])]) -> Result<Topics<(i32, i16)>> {
    commit_as(client, -1, "", topics)
}

fn commit_as(
    client: &mut Client,
    generation: i32,
    member: &str,
    topics: &[(Uuid, &[i32])],
) -> Result<Topics<(i32, i16)>> {
    let partition = |index: &i32| {
        OffsetCommitRequestPartition::default()
            .with_partition_index(*index)
            .with_committed_offset(7)
            .with_committed_leader_epoch(5)
            .with_committed_metadata(Some(text("note")))
    };
    let topic = |(id, partitions): &(Uuid, &[i32])| {
        OffsetCommitRequestTopic::default()
            .with_topic_id(*id)
            .with_partitions(partitions.iter().map(partition).collect())
    };
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_generation_id_or_member_epoch(generation)
        .with_member_id(text(member))
        .with_topics(topics.iter().map(topic).collect());
    let answered = client.call(VERSION, &request)?.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter();
        let codes = partitions.map(|found| (found.partition_index, found.error_code));
        (topic.topic_id, codes.collect())
    });
    Ok(answered.collect())
}

/// One partition's answer: number, error, offset, leader epoch, metadata.
type Found = (i32, i16, i64, i32, String);

fn nothing(index: i32, error: i16) -> Found {
    (index, error, -1, -1, String::new())
}

fn committed(index: i32) -> Found {
    (index, 0, 7, 5, "note".to_owned())
}

fn group(name: &str, topics: Option<&[(Uuid, &[i32])]>) -> OffsetFetchRequestGroup {
    let topic = |(id, partitions): &(Uuid, &[i32])| {
        OffsetFetchRequestTopics::default()
            .with_topic_id(*id)
            .with_partition_indexes(partitions.to_vec())
    };
    OffsetFetchRequestGroup::default()
        .with_group_id(GroupId(text(name)))
        .with_topics(topics.map(|topics| topics.iter().map(topic).collect()))
}

/// The topics of each group's answer.
fn fetch(
    client: &mut Client,
    groups: Vec<OffsetFetchRequestGroup>,
) -> Result<Vec<(String, Topics<Found>)>> {
    let request = OffsetFetchRequest::default().with_groups(groups).with_require_stable(true);
    let mut answered = Vec::new();
    for group in client.call(VERSION, &request)?.groups {
        ensure!(group.error_code == 0, "{group:?}");
        let topics = group.topics.into_iter().map(|topic| {
            let partitions = topic.partitions.into_iter().map(|found| {
                let metadata =
                    found.metadata.map_or_else(|| "null".to_owned(), |it| it.to_string());
                let (offset, epoch) = (found.committed_offset, found.committed_leader_epoch);
                (found.partition_index, found.error_code, offset, epoch, metadata)
            });
            (topic.topic_id, partitions.collect())
        });
        answered.push((group.group_id.to_string(), topics.collect()));
    }
    Ok(answered)
}

/// The topics of group `g`.
fn fetch_of_g(client: &mut Client, topics: Option<&[(Uuid, &[i32])]>) -> Result<Topics<Found>> {
    Ok(only(fetch(client, vec![group("g", topics)])?)?.1)
}

fn all_and_several_groups(broker: &Broker) -> Result<()> {
    let (mut client, t) = ready(broker)?;
    client.create_topic("u", 2, &[])?;
    let u = id_of(&mut client, "u")?;
    let codes = commit(&mut client, &[(u, &[1]), (t, &[0])])?;
    ensure!(codes == [(u, vec![(1, 0)]), (t, vec![(0, 0)])], "{codes:?}");
    // By name it is the same offset.
    ensure!(client.committed_offsets("g", "u", vec![0, 1])? == (0, vec![-1, 7]));

    let groups = vec![
        group("g", None),
        group("nobody", Some(&[(t, &[0])])),
        group("g", Some(&[])),
        group("g", Some(&[(u, &[1, 0]), (t, &[0])])),
    ];
    let found = fetch(&mut client, groups)?;
    let expected = [
        ("g", vec![(t, vec![committed(0)]), (u, vec![committed(1)])]),
        ("nobody", vec![(t, vec![nothing(0, 0)])]),
        ("g", vec![]),
        ("g", vec![(u, vec![committed(1), nothing(0, 0)]), (t, vec![committed(0)])]),
    ];
    ensure!(found == expected.map(|(name, topics)| (name.to_owned(), topics)), "{found:?}");
    Ok(())
}

fn nothing_committed(broker: &Broker) -> Result<()> {
    let (mut client, t) = ready(broker)?;
    let found = fetch_of_g(&mut client, Some(&[(t, &[0, 5, -1])]))?;
    ensure!(found == [(t, vec![nothing(0, 0), nothing(5, 0), nothing(-1, 0)])], "{found:?}");
    ensure!(fetch_of_g(&mut client, None)?.is_empty());
    Ok(())
}

/// What is wrong with the whole is told to the partitions that were fit to be asked for.
fn generations(broker: &Broker) -> Result<()> {
    let (mut client, t) = ready(broker)?;
    let topics: &[(Uuid, &[i32])] = &[(OF_NOTHING, &[0]), (t, &[0, 4])];
    let mut refused = |code| {
        let codes = commit_as(&mut client, 3, "m", topics)?;
        let expected = [
            (OF_NOTHING, vec![(0, UNKNOWN_TOPIC_ID)]),
            (t, vec![(0, code), (4, UNKNOWN_TOPIC_OR_PARTITION)]),
        ];
        ensure!(codes == expected, "{codes:?}");
        ensure!(commit(&mut client, &[(t, &[0])])? == [(t, vec![(0, 0)])]);
        anyhow::Ok(())
    };
    refused(69)?; // GROUP_ID_NOT_FOUND
    refused(25) // UNKNOWN_MEMBER_ID
}

fn made_again(broker: &Broker) -> Result<()> {
    let (mut client, old) = ready(broker)?;
    commit(&mut client, &[(old, &[0])])?;
    let unknown = [(old, vec![nothing(0, UNKNOWN_TOPIC_ID)])];

    client.delete_topic("t")?;
    ensure!(fetch_of_g(&mut client, Some(&[(old, &[0])]))? == unknown);
    ensure!(fetch_of_g(&mut client, None)?.is_empty(), "what is gone has no id");

    client.create_topic("t", 1, &[])?;
    let new = id_of(&mut client, "t")?;
    ensure!(new != old);
    let found = fetch_of_g(&mut client, Some(&[(new, &[0])]))?;
    ensure!(found == [(new, vec![nothing(0, 0)])], "{found:?}");
    ensure!(fetch_of_g(&mut client, Some(&[(old, &[0])]))? == unknown);
    ensure!(fetch_of_g(&mut client, None)?.is_empty());
    ensure!(client.committed_offsets("g", "t", vec![0])? == (0, vec![-1]));

    let codes = commit(&mut client, &[(old, &[0]), (new, &[0])])?;
    ensure!(codes == [(old, vec![(0, UNKNOWN_TOPIC_ID)]), (new, vec![(0, 0)])], "{codes:?}");
    ensure!(fetch_of_g(&mut client, None)? == [(new, vec![committed(0)])]);
    Ok(())
}

/// An id of nothing costs the rest of the request nothing.
fn unknown_ids(broker: &Broker) -> Result<()> {
    let (mut client, t) = ready(broker)?;
    let topics: &[(Uuid, &[i32])] = &[(OF_NOTHING, &[0, 1]), (t, &[0, 4, -1]), (Uuid::nil(), &[0])];
    let codes = commit(&mut client, topics)?;
    let missing = UNKNOWN_TOPIC_OR_PARTITION;
    let expected = [
        (OF_NOTHING, vec![(0, UNKNOWN_TOPIC_ID), (1, UNKNOWN_TOPIC_ID)]),
        (t, vec![(0, 0), (4, missing), (-1, missing)]),
        (Uuid::nil(), vec![(0, UNKNOWN_TOPIC_ID)]),
    ];
    ensure!(codes == expected, "{codes:?}");

    let found = fetch_of_g(&mut client, Some(topics))?;
    let unknown = |index| nothing(index, UNKNOWN_TOPIC_ID);
    let expected = [
        (OF_NOTHING, vec![unknown(0), unknown(1)]),
        (t, vec![committed(0), nothing(4, 0), nothing(-1, 0)]),
        (Uuid::nil(), vec![unknown(0)]),
    ];
    ensure!(found == expected, "{found:?}");

    // Nobody's id alone needs no group.
    let codes = commit_as(&mut client, 3, "m", &[(OF_NOTHING, &[0])])?;
    ensure!(codes == [(OF_NOTHING, vec![(0, UNKNOWN_TOPIC_ID)])], "{codes:?}");
    Ok(())
}
