//! A load whose every number is known.

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use bytes::Bytes;
use protocol_records::BatchBuilder;
use protocol_types::{Codec, Timestamp};
use protocol_wire::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use protocol_wire::messages::{
    ApiVersionsRequest, FindCoordinatorRequest, GroupId, OffsetCommitRequest, StrBytes, TopicName,
};
use std::time::Duration;
use tests_e2e::broker::Broker;
use tests_e2e::client::{Client, FetchFrom};

use super::server::get;

const BATCHES: u32 = 5;
const RECORDS: u32 = 4;
/// Where the group stands in partition 0.
const COMMITTED: i64 = 3;
/// A start, or a survey, takes no longer.
const TRIES: u32 = 1_000;
const LOOK: Duration = Duration::from_millis(20);

pub(super) struct Load {
    client: Client,
    batch_bytes: usize,
}

impl Load {
    /// Creates topic `load` with two partitions, produces to the first, reads it once, commits as
    /// group `g`, and makes an error.
    pub(super) fn start(broker: &Broker) -> Result<Self> {
        let mut client = Client::connect(broker.kafka())?;
        let introduction = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("known-load"))
            .with_client_software_version(StrBytes::from_static_str("1.2"));
        client.call(3, &introduction)?;
        client.create_topic("load", 2, &[])?;
        let batch = batch()?;
        let batch_bytes = batch.len();
        for _ in 0..BATCHES {
            let produced = client.produce("load", 0, batch.clone())?;
            ensure!(produced.error == 0, "{produced:?}");
        }
        let fetched = client.fetch(&FetchFrom::new("load", 0, 0))?;
        ensure!(fetched.records.len() == batch_bytes * BATCHES as usize);
        let mut load = Self { client, batch_bytes };
        load.commit()?;
        load.make_an_error()?;
        Ok(load)
    }

    /// More of everything that rates are made of, to the second partition.
    pub(super) fn go_on(&mut self) -> Result<()> {
        let produced = self.client.produce("load", 1, batch()?)?;
        ensure!(produced.error == 0, "{produced:?}");
        self.client.fetch(&FetchFrom::new("load", 1, produced.base_offset))?;
        self.make_an_error()
    }

    /// Queries and what they must yield.
    pub(super) fn expected(&self) -> Vec<(String, f64)> {
        let records = f64::from(BATCHES * RECORDS);
        let bytes = self.batch_bytes as f64 * f64::from(BATCHES);
        let of = |name: &str, labels: &str| format!("{name}{{{labels}}}");
        let partition = "topic=\"load\",partition=\"0\"";
        let group = "group=\"g\",topic=\"load\",partition=\"0\"";
        let committed = COMMITTED as f64;
        vec![
            ("up".to_owned(), 1.0),
            (of("ringtide_topic_partitions", "topic=\"load\""), 2.0),
            (of("ringtide_produce_bytes_total", "topic=\"load\""), bytes),
            (of("ringtide_fetch_bytes_total", "topic=\"load\",source=\"ring\""), bytes),
            (of("ringtide_partition_log_start_offset", partition), 0.0),
            (of("ringtide_partition_high_watermark_offset", partition), records),
            (of("ringtide_partition_log_end_offset", partition), records),
            (
                of("ringtide_kafka_request_duration_seconds_count", "api=\"Produce\""),
                f64::from(BATCHES) + 1.0,
            ),
            (
                of(
                    "ringtide_kafka_request_errors_total",
                    "api=\"Produce\",code=\"UNKNOWN_TOPIC_OR_PARTITION\"",
                ),
                1.0,
            ),
            (of("ringtide_kafka_client_connections", "client_software_name=\"known-load\""), 1.0),
            (of("ringtide_consumer_group_committed_offset", group), committed),
            (of("ringtide_consumer_group_lag", group), records - committed),
            (of("ringtide_consumer_group_members", "group=\"g\""), 0.0),
            (of("ringtide_consumer_groups", "state=\"Empty\""), 1.0),
            ("ringtide_metrics_dropped_series".to_owned(), 0.0),
        ]
    }

    fn commit(&mut self) -> Result<()> {
        let find = FindCoordinatorRequest::default()
            .with_coordinator_keys(vec![StrBytes::from_static_str("g")]);
        let partition = OffsetCommitRequestPartition::default()
            .with_partition_index(0)
            .with_committed_offset(COMMITTED)
            .with_committed_metadata(None);
        let topic = OffsetCommitRequestTopic::default()
            .with_name(TopicName(StrBytes::from_static_str("load")))
            .with_partitions(vec![partition]);
        let commit = OffsetCommitRequest::default()
            .with_group_id(GroupId(StrBytes::from_static_str("g")))
            .with_generation_id_or_member_epoch(-1)
            .with_topics(vec![topic]);
        for _ in 0..TRIES {
            // The coordinator's topic comes to be with the first who asks.
            self.client.call(4, &find)?;
            let answer = self.client.call(8, &commit)?;
            let topic = answer.topics.first().context("no topic")?;
            match topic.partitions.first().context("no partition")?.error_code {
                0 => return Ok(()),
                14..=16 => OsClock.sleep(LOOK),
                other => anyhow::bail!("error {other}"),
            }
        }
        anyhow::bail!("no coordinator")
    }

    fn make_an_error(&mut self) -> Result<()> {
        let refused = self.client.produce("load", 7, batch()?)?;
        ensure!(refused.error == 3, "{refused:?}");
        Ok(())
    }
}

/// What `/metrics` shows once partitions and groups were looked at.
pub(super) fn surveyed(broker: &Broker) -> Result<String> {
    let mut seen = 0;
    for _ in 0..TRIES {
        let (_, text) = get(broker.http(), "/metrics")?;
        // The first survey that has seen the load may be under way: the second one is whole.
        seen += u32::from(text.contains("ringtide_metrics_survey_seconds"));
        if seen > 30 {
            return Ok(text);
        }
        OsClock.sleep(LOOK);
    }
    anyhow::bail!("no survey")
}

/// Its records are old enough to lag behind by seconds.
pub(super) fn batch() -> Result<Bytes> {
    let mut builder = BatchBuilder::new(Codec::None);
    for _ in 0..RECORDS {
        builder.push(Timestamp(OsClock.wall().0 - 5_000), None, Some(&[7; 100]), &[]);
    }
    Ok(builder.build()?.into())
}
