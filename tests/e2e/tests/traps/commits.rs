//! FindCoordinator, OffsetCommit, OffsetFetch and OffsetDelete.

use anyhow::{Context, Result, ensure};
use protocol_records::batches;
use protocol_wire::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use protocol_wire::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use protocol_wire::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use protocol_wire::messages::{
    FindCoordinatorRequest, GroupId, InitProducerIdRequest, OffsetCommitRequest,
    OffsetDeleteRequest, OffsetFetchRequest, TransactionalId,
};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::{Client, FetchFrom};

use super::Check;
use super::ask::{client, client_with_topic, id_of, only, text, topic};

#[rstest]
#[case::trap_63_nothing_committed(nothing_committed)]
#[case::trap_64_all_none_and_several_groups(all_none_and_several_groups)]
#[case::trap_65_require_stable(require_stable)]
#[case::trap_66_generations_of_nobody(generations)]
#[case::trap_67_metadata(metadata)]
#[case::trap_81_find_coordinator(find_coordinator)]
#[case::trap_111_the_topic_is_readable(readable_topic)]
#[case::deleted_offsets(deleted)]
#[case::partitions_that_do_not_exist(unknown_partitions)]
fn commits(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

/// A client of a broker whose coordinators have loaded.
fn ready(broker: &Broker) -> Result<Client> {
    let mut client = client_with_topic(broker, &[])?;
    client.await_coordinators()?;
    Ok(client)
}

/// OffsetFetch for one group before v8: error, and (error, offset, epoch, metadata) of each.
#[expect(clippy::type_complexity, reason = "spelled out where it is compared")]
fn fetch(
    client: &mut Client,
    version: i16,
    partitions: Option<&[i32]>,
) -> Result<(i16, Vec<(i16, i64, i32, Option<String>)>)> {
    let topics = partitions.map(|partitions| {
        vec![
            OffsetFetchRequestTopic::default()
                .with_name(topic("t"))
                .with_partition_indexes(partitions.to_vec()),
        ]
    });
    let mut request =
        OffsetFetchRequest::default().with_group_id(GroupId(text("g"))).with_topics(topics);
    request.require_stable = version >= 7;
    let answer = client.call(version, &request)?;
    let partitions = answer.topics.into_iter().flat_map(|topic| topic.partitions);
    let entry =
        |found: protocol_wire::messages::offset_fetch_response::OffsetFetchResponsePartition| {
            let metadata = found.metadata.map(|metadata| metadata.to_string());
            (found.error_code, found.committed_offset, found.committed_leader_epoch, metadata)
        };
    Ok((answer.error_code, partitions.map(entry).collect()))
}

fn nothing_committed(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    for version in 1..=7 {
        let (error, found) = fetch(&mut client, version, Some(&[0, 5]))?;
        let nothing = (0, -1, -1, Some(String::new()));
        ensure!((error, &found) == (0, &vec![nothing.clone(), nothing]), "v{version}: {found:?}");
    }
    let found = client.committed_offsets("nobody", "no-topic", vec![3, 4])?;
    ensure!(found == (0, vec![-1, -1]), "{found:?}");
    Ok(())
}

fn all_none_and_several_groups(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    ensure!(client.commit_offsets("g", "t", [(0, 7)])? == 0);
    for version in 2..=7 {
        let (_, all) = fetch(&mut client, version, None)?;
        ensure!(all.len() == 1 && all.iter().all(|found| found.1 == 7), "v{version}: {all:?}");
    }
    let none = OffsetFetchRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_topics(Some(Vec::new()));
    ensure!(client.call(7, &none)?.topics.is_empty(), "an empty list means none");

    let group = |name, all: bool| {
        let these = OffsetFetchRequestTopics::default()
            .with_name(topic("t"))
            .with_partition_indexes(vec![0]);
        OffsetFetchRequestGroup::default()
            .with_group_id(GroupId(text(name)))
            .with_topics((!all).then(|| vec![these]))
    };
    let groups = vec![group("g", true), group("nobody", false), group("g", false)];
    let answer = client.call(9, &OffsetFetchRequest::default().with_groups(groups))?;
    let found: Vec<(String, Vec<i64>)> = answer
        .groups
        .iter()
        .map(|group| {
            let partitions = group.topics.iter().flat_map(|topic| &topic.partitions);
            let offsets = partitions.map(|partition| partition.committed_offset).collect();
            (group.group_id.to_string(), offsets)
        })
        .collect();
    let expected = [("g", vec![7]), ("nobody", vec![-1]), ("g", vec![7])];
    ensure!(found == expected.map(|(name, offsets)| (name.to_owned(), offsets)), "{found:?}");
    Ok(())
}

fn require_stable(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    ensure!(client.commit_offsets("g", "t", [(0, 7)])? == 0);
    // There are no transactions, so nothing is unstable.
    let (error, found) = fetch(&mut client, 7, Some(&[0]))?;
    ensure!(error == 0 && found.iter().all(|found| (found.0, found.1) == (0, 7)), "{found:?}");
    Ok(())
}

fn commit_as(client: &mut Client, version: i16, generation: i32, member: &str) -> Result<i16> {
    let partition = OffsetCommitRequestPartition::default()
        .with_partition_index(0)
        .with_committed_offset(1)
        .with_committed_metadata(None);
    // A version carries the one or the other.
    let topic = OffsetCommitRequestTopic::default()
        .with_name(topic("t"))
        .with_topic_id(id_of(client, "t")?)
        .with_partitions(vec![partition]);
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_generation_id_or_member_epoch(generation)
        .with_member_id(text(member))
        .with_topics(vec![topic]);
    let answer = client.call(version, &request)?;
    Ok(only(only(answer.topics)?.partitions)?.error_code)
}

fn generations(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    // Nobody's group: unknown, then without members.
    ensure!(commit_as(&mut client, 8, 3, "m")? == 22, "ILLEGAL_GENERATION up to v8");
    for version in 9..=10 {
        let code = commit_as(&mut client, version, 3, "m")?;
        ensure!(code == 69, "GROUP_ID_NOT_FOUND from v9 on, v{version}: {code}");
    }
    for version in 2..=10 {
        ensure!(commit_as(&mut client, version, -1, "")? == 0, "v{version}");
    }
    ensure!(commit_as(&mut client, 9, 3, "m")? == 25, "UNKNOWN_MEMBER_ID");
    Ok(())
}

fn metadata(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    let mut commit = |metadata: Option<String>| {
        let partition = OffsetCommitRequestPartition::default()
            .with_partition_index(0)
            .with_committed_offset(1)
            .with_committed_leader_epoch(5)
            .with_committed_metadata(metadata.as_deref().map(text));
        let topic = OffsetCommitRequestTopic::default()
            .with_name(topic("t"))
            .with_partitions(vec![partition]);
        let request = OffsetCommitRequest::default()
            .with_group_id(GroupId(text("g")))
            .with_generation_id_or_member_epoch(-1)
            .with_topics(vec![topic]);
        let code = only(only(client.call(8, &request)?.topics)?.partitions)?.error_code;
        let (_, found) = fetch(&mut client, 6, Some(&[0]))?;
        let (_, _, epoch, metadata) = only(found)?;
        anyhow::Ok((code, epoch, metadata.unwrap_or_else(|| "null".to_owned())))
    };
    ensure!(commit(Some("note".to_owned()))? == (0, 5, "note".to_owned()));
    let kept = commit(Some("x".repeat(4097)))?;
    ensure!(kept == (12, 5, "note".to_owned()), "OFFSET_METADATA_TOO_LARGE: {kept:?}");
    ensure!(commit(None)? == (0, 5, String::new()), "null comes back empty");
    Ok(())
}

fn find_coordinator(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    for version in 0..=3 {
        let request = FindCoordinatorRequest::default().with_key(text("g"));
        let answer = client.call(version, &request)?;
        let found = (answer.error_code, answer.node_id.0, answer.port);
        ensure!(found == (0, 1, broker.kafka().port().into()), "v{version}: {found:?}");
    }
    for version in 4..=6 {
        let keys = vec![text("a"), text("b")];
        let request = FindCoordinatorRequest::default().with_coordinator_keys(keys);
        let answer = client.call(version, &request)?;
        let found: Vec<_> = answer
            .coordinators
            .iter()
            .map(|found| (found.key.to_string(), found.error_code, found.node_id.0))
            .collect();
        let expected = [("a".to_owned(), 0, 1), ("b".to_owned(), 0, 1)];
        ensure!(found == expected, "v{version}: {found:?}");
    }
    // Who coordinates a transaction refuses it for good; a kind of key that does not exist is the client's fault.
    for (kind, code, node, port) in [(1, 0, 1, broker.kafka().port().into()), (7, 42, -1, -1)] {
        let request = FindCoordinatorRequest::default().with_key(text("x")).with_key_type(kind);
        let answer = client.call(2, &request)?;
        let found = (answer.error_code, answer.node_id.0, answer.port, answer.host.is_empty());
        ensure!(found == (code, node, port, node == -1), "{found:?}");
    }
    let init =
        InitProducerIdRequest::default().with_transactional_id(Some(TransactionalId(text("x"))));
    for version in 0..=5 {
        let answer = client.call(version, &init)?;
        ensure!((answer.error_code, answer.producer_id.0) == (35, -1), "v{version}: {answer:?}");
    }
    let topic = only(client.metadata("__consumer_offsets")?.topics)?;
    ensure!(topic.is_internal && topic.partitions.len() == 50, "{topic:?}");
    Ok(())
}

fn readable_topic(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    ensure!(client.commit_offsets("my-group", "t", [(0, 42)])? == 0);
    // The partition is Java's hash of the name, modulo 50.
    let fetched = client.fetch(&FetchFrom::new("__consumer_offsets", 36, 0))?;
    ensure!(fetched.error == 0 && fetched.high_watermark == 1, "{fetched:?}");
    let batch = batches(&fetched.records).next().context("a batch")??;
    let decoded = batch.decode(1 << 20)?;
    let record = decoded.records().next().context("a record")??;
    ensure!(record.key == Some(b"\0\x01\0\x08my-group\0\x01t\0\0\0\0"), "{record:?}");
    let value = record.value.context("a value")?;
    ensure!(value.starts_with(b"\0\x04\0\0\0\0\0\0\0\x2a\xff\xff\xff\xff\x01"), "{value:?}");
    Ok(())
}

fn deleted(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    ensure!(client.commit_offsets("g", "t", [(0, 7)])? == 0);
    let mut delete = |group: &str, index| {
        let partition = OffsetDeleteRequestPartition::default().with_partition_index(index);
        let topic = OffsetDeleteRequestTopic::default()
            .with_name(topic("t"))
            .with_partitions(vec![partition]);
        let request = OffsetDeleteRequest::default()
            .with_group_id(GroupId(text(group)))
            .with_topics(vec![topic]);
        let answer = client.call(0, &request)?;
        let codes = answer.topics.iter().flat_map(|topic| &topic.partitions);
        anyhow::Ok((answer.error_code, codes.map(|code| code.error_code).collect::<Vec<_>>()))
    };
    ensure!(delete("nobody", 0)? == (69, vec![]), "GROUP_ID_NOT_FOUND");
    ensure!(delete("g", 9)? == (0, vec![3]), "UNKNOWN_TOPIC_OR_PARTITION");
    ensure!(delete("g", 0)? == (0, vec![0]));
    ensure!(client.committed_offsets("g", "t", vec![0])? == (0, vec![-1]));
    Ok(())
}

fn unknown_partitions(broker: &Broker) -> Result<()> {
    let mut client = ready(broker)?;
    ensure!(client.commit_offsets("g", "t", [(4, 7)])? == 3);
    ensure!(client.commit_offsets("g", "nowhere", [(0, 7)])? == 3);
    ensure!(client.commit_offsets("g", "t", [(-1, 7)])? == 3);
    ensure!(client.committed_offsets("g", "nowhere", vec![0])? == (0, vec![-1]));
    Ok(())
}
