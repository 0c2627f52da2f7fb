//! Fetch.

use anyhow::{Result, ensure};
use bytes::Bytes;
use protocol_records::batches;
use protocol_types::Codec;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use protocol_wire::messages::fetch_response::PartitionData;
use protocol_wire::messages::{BrokerId, FetchRequest, FetchResponse};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::{Client, FetchFrom};
use uuid::Uuid;

use super::Check;
use super::ask::{batch, client_with_topic, compressed, id_of, only, produce, topic};

#[rstest]
#[case::trap_11_records_are_never_null(never_null)]
#[case::trap_28_topics_go_by_id_from_version_13(by_id)]
#[case::trap_43_zstd_needs_fetch_10(zstd)]
#[case::trap_47_the_first_batch_comes_whole(first_batch)]
#[case::trap_48_a_batch_is_never_cut(middle_of_a_batch)]
#[case::trap_49_waiting_ends_with_data_or_time(waiting)]
#[case::enough_is_what_several_partitions_have(enough_together)]
#[case::trap_50_out_of_range(out_of_range)]
#[case::trap_52_sessions(sessions)]
#[case::trap_53_unknown_topic_id(unknown_id)]
#[case::trap_54_aborted_transactions(aborted)]
#[case::trap_56_leader_epochs(leader_epochs)]
#[case::a_history_that_parts_beyond_the_end(parted)]
#[case::long_names_make_no_session(long_names)]
#[case::trap_62_no_preferred_replica(preferred_replica)]
#[case::version_18_may_tell_a_high_watermark(high_watermark)]
fn fetched(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

fn partition(offset: i64) -> FetchPartition {
    FetchPartition::default()
        .with_partition(0)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1 << 20)
}

/// A request for `t-0` without a session and without waiting.
fn request(partition: FetchPartition, topic_id: Uuid) -> FetchRequest {
    let topic = FetchTopic::default()
        .with_topic(topic("t"))
        .with_topic_id(topic_id)
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_bytes(1 << 20)
        .with_session_epoch(-1)
        .with_topics(vec![topic])
}

fn fetch(client: &mut Client, version: i16, partition: FetchPartition) -> Result<PartitionData> {
    let id = if version >= 13 { id_of(client, "t")? } else { Uuid::nil() };
    let answer: FetchResponse = client.call(version, &request(partition, id))?;
    only(only(answer.responses)?.partitions)
}

/// Three batches of two records.
fn filled(broker: &Broker) -> Result<Client> {
    let mut client = client_with_topic(broker, &[])?;
    for _ in 0..3 {
        ensure!(produce(&mut client, 9, -1, Some(batch(&[1, 2])?))?.error_code == 0);
    }
    Ok(client)
}

fn never_null(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for version in 4..=18 {
        for offset in [6, 99] {
            let records = fetch(&mut client, version, partition(offset))?.records;
            ensure!(records.is_some_and(|records| records.is_empty()), "{version} {offset}");
        }
    }
    Ok(())
}

fn by_id(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for version in 4..=18 {
        let answer = fetch(&mut client, version, partition(0))?;
        let read: Vec<_> = batches(&answer.records.unwrap_or_default())
            .map(|batch| batch.map(|batch| batch.header().base_offset))
            .collect::<Result<_, _>>()?;
        ensure!(answer.error_code == 0 && read == [0, 2, 4], "version {version}: {read:?}");
        ensure!((answer.high_watermark, answer.last_stable_offset) == (6, 6));
    }
    Ok(())
}

fn zstd(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[("compression.type", "zstd")])?;
    ensure!(produce(&mut client, 9, -1, Some(compressed(Codec::Zstd)?))?.error_code == 0);
    for (version, code) in [(4, 76), (9, 76), (10, 0), (12, 0)] {
        let answer = fetch(&mut client, version, partition(0))?;
        ensure!(answer.error_code == code, "version {version}: {}", answer.error_code);
    }
    Ok(())
}

fn first_batch(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let large = batch(&[1; 1000])?;
    ensure!(produce(&mut client, 9, -1, Some(large.clone()))?.error_code == 0);
    let one_byte = FetchFrom { max_bytes: 1, ..FetchFrom::new("t", 0, 0) };
    ensure!(client.fetch(&one_byte)?.records.len() == large.len());
    Ok(())
}

fn middle_of_a_batch(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let fetched = client.fetch(&FetchFrom::new("t", 0, 3))?.records;
    let first = batches(&fetched).next().transpose()?;
    let base = first.map(|batch| batch.header().base_offset);
    ensure!(base == Some(2), "{base:?}");
    Ok(())
}

fn waiting(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let wait = |offset, min_bytes, max_wait_ms| FetchFrom {
        min_bytes,
        max_wait_ms,
        ..FetchFrom::new("t", 0, offset)
    };
    // Were one of these to wait its time out, the client would give up first.
    const LONG: i32 = 120_000;
    ensure!(!client.fetch(&wait(0, 1, LONG))?.records.is_empty(), "there is data");
    ensure!(client.fetch(&wait(99, 1, LONG))?.error == 1, "there is an error");
    ensure!(client.fetch(&wait(6, 1, 50))?.records.is_empty(), "the time is over");

    let poll = client.send_fetch(&wait(6, 1, LONG))?;
    let mut other = Client::connect(broker.kafka())?;
    ensure!(produce(&mut other, 9, -1, Some(batch(&[1])?))?.error_code == 0);
    ensure!(!client.receive_fetched(poll)?.records.is_empty(), "data came");
    Ok(())
}

/// A session waits for more than one batch, of readers of either kind: each batch comes to another of
/// its partitions, and none by itself is enough.
fn enough_together(broker: &Broker) -> Result<()> {
    const BATCHES: i32 = 3;
    for isolation in [0, 1] {
        let (mut client, mut other) =
            (Client::connect(broker.kafka())?, Client::connect(broker.kafka())?);
        let name = format!("several-{isolation}");
        client.create_topic(&name, BATCHES, &[])?;
        let one = batch(&[1])?;
        let topic = FetchTopic::default().with_topic(topic(&name)).with_partitions(
            (0..BATCHES).map(|index| partition(0).with_partition(index)).collect(),
        );
        let full = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_isolation_level(isolation)
            .with_max_bytes(1 << 20)
            .with_session_epoch(0)
            .with_topics(vec![topic]);
        let made = client.call(12, &full)?;
        ensure!(made.error_code == 0 && made.session_id != 0, "a session");
        // Were it to wait its time out, the client would give up first.
        let next = full
            .with_topics(Vec::new())
            .with_session_id(made.session_id)
            .with_session_epoch(1)
            .with_min_bytes(i32::try_from(one.len())? * BATCHES)
            .with_max_wait_ms(120_000);
        let poll = client.send(12, &next)?;
        for index in 0..BATCHES {
            ensure!(other.produce(&name, index, one.clone())?.error == 0);
        }
        let answer: FetchResponse = client.receive::<FetchRequest>(12, poll)?;
        let partitions = only(answer.responses)?.partitions;
        let whole =
            |found: &PartitionData| found.records.as_ref().map(Bytes::len) == Some(one.len());
        ensure!(partitions.len() == 3 && partitions.iter().all(whole), "{partitions:?}");
    }
    Ok(())
}

fn out_of_range(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for (offset, code) in [(0, 0), (6, 0), (7, 1), (-1, 1)] {
        let answer = fetch(&mut client, 12, partition(offset))?;
        ensure!(answer.error_code == code, "offset {offset}: {}", answer.error_code);
    }
    Ok(())
}

fn sessions(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let full = request(partition(6), Uuid::nil()).with_session_epoch(0);
    let made = client.call(12, &full)?;
    ensure!(made.error_code == 0 && made.responses.len() == 1);
    let next = |id: i32, epoch: i32| {
        FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_bytes(1 << 20)
            .with_session_id(id)
            .with_session_epoch(epoch)
    };
    ensure!(client.call(12, &next(987_654, 1))?.error_code == 70, "unknown session");
    // "No session" is a legal answer to a request for one.
    if made.session_id != 0 {
        let id = made.session_id;
        let quiet = client.call(12, &next(id, 1))?;
        ensure!(quiet.error_code == 0 && quiet.responses.is_empty(), "nothing changed");
        ensure!(client.call(12, &next(id, 7))?.error_code == 71, "wrong epoch");
        ensure!(produce(&mut client, 9, -1, Some(batch(&[1])?))?.error_code == 0);
        let moved = client.call(12, &next(id, 2))?;
        ensure!(moved.error_code == 0 && moved.responses.len() == 1, "{moved:?}");
    }
    Ok(())
}

fn unknown_id(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let answer = client.call(13, &request(partition(0), Uuid::from_u128(4)))?;
    let refused = only(only(answer.responses)?.partitions)?;
    ensure!(refused.error_code == 100, "{}", refused.error_code);
    Ok(())
}

fn aborted(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let uncommitted = request(partition(0), Uuid::nil());
    let committed = uncommitted.clone().with_isolation_level(1);
    for (request, null) in [(uncommitted, true), (committed, false)] {
        let answer = client.call(12, &request)?;
        let partition = only(only(answer.responses)?.partitions)?;
        ensure!(partition.aborted_transactions.is_none() == null);
        ensure!(!partition.records.unwrap_or_default().is_empty());
    }
    Ok(())
}

fn leader_epochs(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let now = only(only(client.metadata("t")?.topics)?.partitions)?.leader_epoch;
    for (epoch, code) in [(-1, 0), (now, 0), (now + 1, 75), (now - 1, 74)] {
        // Epoch −1 is "not known"; a first epoch of 0 would have none before it.
        let expected = if epoch == -1 { 0 } else { code };
        let answer = fetch(&mut client, 12, partition(0).with_current_leader_epoch(epoch))?;
        ensure!(answer.error_code == expected, "epoch {epoch}: {}", answer.error_code);
    }
    Ok(())
}

/// Kafka tells a reader beyond the end where its history parts from the log's, and nothing else.
fn parted(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let epoch = only(only(client.metadata("t")?.topics)?.partitions)?.leader_epoch;
    for (offset, end) in [(6, -1), (7, 6), (70, 6)] {
        let answer = fetch(&mut client, 12, partition(offset).with_last_fetched_epoch(epoch))?;
        ensure!(answer.error_code == 0, "offset {offset}: {}", answer.error_code);
        ensure!(answer.diverging_epoch.end_offset == end, "offset {offset}: {answer:?}");
        ensure!(answer.high_watermark == 6, "{answer:?}");
    }
    Ok(())
}

/// Sessions are reckoned by their partitions.
fn long_names(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for (length, makes) in [(249, true), (250, false), (30_000, false)] {
        let mut full = request(partition(0), Uuid::nil()).with_session_epoch(0);
        for asked in &mut full.topics {
            asked.topic = topic(&"x".repeat(length));
        }
        let answer = client.call(12, &full)?;
        ensure!(only(only(answer.responses)?.partitions)?.error_code == 3);
        ensure!((answer.session_id != 0) == makes, "{length}: session {}", answer.session_id);
    }
    Ok(())
}

/// Followers of the metadata quorum tell it (KIP-1166); what is answered does not depend on it.
fn high_watermark(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let unset = fetch(&mut client, 18, partition(0))?;
    ensure!((unset.error_code, unset.high_watermark) == (0, 6), "{unset:?}");
    for told in [-1, 0, 5] {
        let answer = fetch(&mut client, 18, partition(0).with_high_watermark(told))?;
        ensure!(answer == unset, "{told}: {answer:?}");
    }
    Ok(())
}

fn preferred_replica(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let answer = fetch(&mut client, 12, partition(0))?;
    ensure!(answer.preferred_read_replica == BrokerId(-1));
    Ok(())
}
