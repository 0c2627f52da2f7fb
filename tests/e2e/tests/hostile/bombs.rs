//! Small batches that unpack to much, where the broker has to unpack them.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use protocol_records::BatchBuilder;
use protocol_types::{Codec, ErrorCode, Timestamp};
use protocol_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use protocol_wire::messages::{ProduceRequest, StrBytes, TopicName};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::attack::{holds_memory, serves};

/// What one record of a bomb holds; 32 times `max.message.bytes` is what the broker looks at.
const UNPACKED: usize = 64 << 20;

/// A compacted topic needs keys, so each record is looked at.
#[rstest]
#[case::gzip(Codec::Gzip)]
#[case::zstd(Codec::Zstd)]
#[case::lz4(Codec::Lz4)]
fn a_batch_that_unpacks_to_much_is_refused_within_bounds(#[case] codec: Codec) -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic("compacted", 1, &[("cleanup.policy", "compact")])?;
    let bomb = bomb(codec, UNPACKED)?;
    let mut produce = |times: usize| -> Result<()> {
        (0..times).try_for_each(|_| {
            let answer = client.produce("compacted", 0, bomb.clone())?;
            let too_large = ErrorCode::MessageTooLarge as i16;
            ensure!(answer.error == too_large, "error {}", answer.error);
            Ok(())
        })
    };
    // Buffers that the allocator may keep, or give back and take again: what many bombs hold is
    // little more than what one does, and far from what they unpack to together.
    holds_memory(&broker, 160 << 20, || produce(11))?;
    serves(&broker)
}

/// One request of small batches that each may unpack to 32 MiB: together they may not.
#[test]
fn what_a_request_unpacks_to_is_bounded() -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic("compacted", 1, &[("cleanup.policy", "compact")])?;
    let batch = bomb(Codec::Zstd, 30 << 20)?;
    let partition = PartitionProduceData::default().with_index(0).with_records(Some(batch));
    let topic = TopicProduceData::default()
        .with_name(TopicName(StrBytes::from_static_str("compacted")))
        .with_partition_data(vec![partition; 200]);
    let request = ProduceRequest::default().with_acks(-1).with_topic_data(vec![topic]);
    holds_memory(&broker, 160 << 20, || {
        let answer = client.call(9, &request)?;
        let topic = answer.responses.first().context("no topic")?;
        let codes = topic.partition_responses.iter().map(|found| found.error_code);
        let (taken, refused): (Vec<_>, Vec<_>) = codes.partition(|code| *code == 0);
        // 128 MiB hold four of them.
        ensure!((taken.len(), refused.len()) == (4, 196), "{} taken", taken.len());
        ensure!(refused.iter().all(|code| *code == ErrorCode::MessageTooLarge as i16));
        Ok(())
    })?;
    serves(&broker)
}

/// Millions of records without a key in a few kilobytes: the answer names a few of them.
#[test]
fn blame_for_millions_of_records_is_bounded() -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic("compacted", 1, &[("cleanup.policy", "compact")])?;
    let mut builder = BatchBuilder::new(Codec::Zstd);
    (0..100_000).for_each(|_| builder.push(Timestamp(1), None, None, &[]));
    let batch = Bytes::from(builder.build()?);
    holds_memory(&broker, 16 << 20, || {
        let answer = client.produce("compacted", 0, batch)?;
        ensure!(answer.error == ErrorCode::InvalidRecord as i16, "error {}", answer.error);
        Ok(())
    })?;
    serves(&broker)
}

fn bomb(codec: Codec, unpacked: usize) -> Result<Bytes> {
    let mut builder = BatchBuilder::new(codec);
    builder.push(Timestamp(1), Some(b"key"), Some(&vec![0; unpacked]), &[]);
    Ok(builder.build()?.into())
}
