//! ListOffsets, OffsetForLeaderEpoch and DeleteRecords.

use anyhow::{Result, ensure};
use protocol_wire::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use protocol_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use protocol_wire::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use protocol_wire::messages::{
    BrokerId, DeleteRecordsRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest,
};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::Check;
use super::ask::{batch, client_with_topic, only, produce, topic};

#[rstest]
#[case::traps_56_and_58_fenced_and_undefined_epochs(undefined_epochs)]
#[case::trap_59_special_timestamps(special_timestamps)]
#[case::trap_59_max_timestamp_after_deletion(max_timestamp_after_deletion)]
#[case::trap_60_lookup_by_time_is_per_record(by_time)]
#[case::trap_106_delete_records(delete_records)]
fn offsets(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

/// Two batches, their timestamps out of order.
fn filled(broker: &Broker) -> Result<Client> {
    let mut client = client_with_topic(broker, &[])?;
    for timestamps in [&[100, 300, 200][..], &[150, 250]] {
        ensure!(produce(&mut client, 9, -1, Some(batch(timestamps)?))?.error_code == 0);
    }
    Ok(client)
}

/// (error, offset) at a timestamp.
fn list(client: &mut Client, version: i16, timestamp: i64) -> Result<(i16, i64)> {
    let partition = ListOffsetsPartition::default()
        .with_partition_index(0)
        .with_current_leader_epoch(-1)
        .with_timestamp(timestamp);
    let topic = ListOffsetsTopic::default().with_name(topic("t")).with_partitions(vec![partition]);
    let request =
        ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(vec![topic]);
    let answer = only(only(client.call(version, &request)?.topics)?.partitions)?;
    Ok((answer.error_code, answer.offset))
}

fn undefined_epochs(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    let now = only(only(client.metadata("t")?.topics)?.partitions)?.leader_epoch;
    // (asked, current) → (error, epoch, end)
    for (asked, current, expected) in [
        (now, -1, (0, now, 5)),
        (now, now, (0, now, 5)),
        (now + 7, -1, (0, -1, -1)),
        (-1, -1, (0, -1, -1)),
        (now, now + 1, (75, -1, -1)),
    ] {
        for version in 2..=4 {
            let partition = OffsetForLeaderPartition::default()
                .with_partition(0)
                .with_current_leader_epoch(current)
                .with_leader_epoch(asked);
            let topic = OffsetForLeaderTopic::default()
                .with_topic(topic("t"))
                .with_partitions(vec![partition]);
            let replica = BrokerId(if version >= 3 { -1 } else { -2 });
            let request = OffsetForLeaderEpochRequest::default()
                .with_replica_id(replica)
                .with_topics(vec![topic]);
            let end = only(only(client.call(version, &request)?.topics)?.partitions)?;
            let end = (end.error_code, end.leader_epoch, end.end_offset);
            ensure!(end == expected, "{asked} {current} version {version}: {end:?}");
        }
    }
    Ok(())
}

fn special_timestamps(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for (version, timestamp, expected) in [
        (1, -1, (0, 5)),
        (1, -2, (0, 0)),
        (7, -3, (0, 1)),
        (8, -4, (0, 0)),
        (9, -5, (0, -1)),
        (10, -1, (0, 5)),
        (11, -1, (0, 5)),
        (11, -3, (0, 1)),
        (11, -6, (0, -1)),
        // A special that came later than the version.
        (6, -3, (35, -1)),
        (7, -4, (35, -1)),
        (8, -5, (35, -1)),
        (10, -6, (35, -1)),
        (11, -7, (35, -1)),
    ] {
        let listed = list(&mut client, version, timestamp)?;
        ensure!(listed == expected, "version {version}, {timestamp}: {listed:?}");
    }
    Ok(())
}

/// The largest timestamp of what is left: of the first batch 300 was deleted, so 250 is it, and
/// then, with the second batch cut in its middle, the only one.
fn max_timestamp_after_deletion(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    ensure!(list(&mut client, 7, -3)? == (0, 1));
    for (log_start, newest) in [(2, 4), (4, 4), (5, -1)] {
        ensure!(delete(&mut client, "t", log_start)? == (0, log_start));
        let listed = list(&mut client, 7, -3)?;
        ensure!(listed == (0, newest), "from {log_start}: {listed:?}");
    }
    Ok(())
}

fn by_time(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for (timestamp, offset) in [(0, 0), (100, 0), (101, 1), (300, 1), (301, -1)] {
        let found = client.list_offset("t", 0, timestamp)?;
        ensure!((found.error, found.offset) == (0, offset), "{timestamp}: {found:?}");
        ensure!((found.timestamp == -1) == (offset == -1), "{timestamp}: {found:?}");
        ensure!((found.leader_epoch >= 0) == (offset >= 0), "{timestamp}: {found:?}");
    }
    Ok(())
}

/// (error, log start) after deleting up to `offset`.
fn delete(client: &mut Client, name: &str, offset: i64) -> Result<(i16, i64)> {
    let partition = DeleteRecordsPartition::default().with_partition_index(0).with_offset(offset);
    let topic =
        DeleteRecordsTopic::default().with_name(topic(name)).with_partitions(vec![partition]);
    let request = DeleteRecordsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
    let deleted = only(only(client.call(2, &request)?.topics)?.partitions)?;
    Ok((deleted.error_code, deleted.low_watermark))
}

fn delete_records(broker: &Broker) -> Result<()> {
    let mut client = filled(broker)?;
    for (name, offset, expected) in [
        ("t", 6, (1, -1)),
        ("t", -2, (1, -1)),
        ("t", 2, (0, 2)),
        ("t", 1, (0, 2)),
        ("t", -1, (0, 5)),
        ("gone", 0, (3, -1)),
    ] {
        let deleted = delete(&mut client, name, offset)?;
        ensure!(deleted == expected, "{name} {offset}: {deleted:?}");
    }
    ensure!(client.earliest("t", 0)? == 5, "trap 59: the earliest offset is the log start");

    let configs = [("cleanup.policy", "compact")];
    client.create_topic("compacted", 1, &configs)?;
    let anything = [("cleanup.policy", "compact,delete")];
    client.create_topic("__consumer_offsets", 1, &anything)?;
    for (name, expected) in [("compacted", (44, -1)), ("__consumer_offsets", (17, -1))] {
        let deleted = delete(&mut client, name, -1)?;
        ensure!(deleted == expected, "{name}: {deleted:?}");
    }
    Ok(())
}
