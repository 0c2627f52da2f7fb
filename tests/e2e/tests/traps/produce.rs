//! Produce and InitProducerId.

use anyhow::{Result, ensure};
use bytes::Bytes;
use protocol_records::{BatchBuilder, batches};
use protocol_types::{Codec, ProducerId};
use protocol_wire::messages::{self as m, InitProducerIdRequest, TransactionalId};
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::FetchFrom;

use super::Check;
use super::ask::{batch, built, client, client_with_topic, compressed, produce, sequenced, text};

#[rstest]
#[case::trap_33_acks(acks)]
#[case::trap_34_too_large_for_the_topic(too_large)]
#[case::traps_35_and_36_log_append_time(log_append_time)]
#[case::traps_35_and_36_create_time(create_time)]
#[case::trap_37_duplicates_are_answered_with_the_original_offset(duplicates)]
#[case::trap_38_a_gap_is_refused(gap)]
#[case::trap_39_an_unknown_producer_may_start_anywhere(unknown_producer)]
#[case::trap_40_epochs(epochs)]
#[case::trap_41_each_asker_gets_an_identity(identities)]
#[case::trap_42_compacted_topics_need_keys(keys)]
#[case::trap_43_zstd_by_version(zstd)]
#[case::trap_44_malformed_records(malformed)]
#[case::trap_46_the_log_start_is_told(log_start)]
#[case::trap_85_empty_transactional_id(empty_transactional_id)]
fn produced(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

const ALL: i16 = -1;
const ONE: i16 = 1;

fn acks(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    for (acks, code) in [(ALL, 0), (ONE, 0), (2, 21), (-2, 21)] {
        let answer = produce(&mut client, 9, acks, Some(batch(&[1])?))?;
        ensure!(answer.error_code == code, "acks {acks}: {}", answer.error_code);
    }
    Ok(())
}

fn too_large(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[("max.message.bytes", "2000")])?;
    let answer = produce(&mut client, 9, ALL, Some(batch(&[1; 500])?))?;
    ensure!((answer.error_code, answer.log_start_offset) == (10, -1), "{answer:?}");
    client.alter_topic("t", "max.message.bytes", "100000")?;
    ensure!(produce(&mut client, 9, ALL, Some(batch(&[1; 500])?))?.error_code == 0);
    Ok(())
}

fn log_append_time(broker: &Broker) -> Result<()> {
    let configs = [("message.timestamp.type", "LogAppendTime")];
    let mut client = client_with_topic(broker, &configs)?;
    let answer = produce(&mut client, 9, ALL, Some(batch(&[5, 6])?))?;
    ensure!(answer.log_append_time_ms > 1_000_000_000_000, "{}", answer.log_append_time_ms);
    let stored = client.fetch(&FetchFrom::new("t", 0, 0))?.records;
    for stored in batches(&stored) {
        let stored = stored?;
        ensure!(stored.crc_matches(), "the checksum was reckoned again");
        ensure!(stored.header().attributes.0 & 8 != 0, "bit 3");
        ensure!(stored.header().max_timestamp == answer.log_append_time_ms);
    }
    Ok(())
}

fn create_time(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let sent = batch(&[5, 6])?;
    let answer = produce(&mut client, 9, ALL, Some(sent.clone()))?;
    ensure!(answer.log_append_time_ms == -1);
    let stored = client.fetch(&FetchFrom::new("t", 0, 0))?.records;
    // All but base offset, length and leader epoch is as it was sent.
    ensure!(stored.get(16..) == sent.get(16..));
    Ok(())
}

fn duplicates(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let (id, _) = client.init_producer_id()?;
    let mut send = |sequence| produce(&mut client, 9, ALL, Some(sequenced(id, 0, sequence, 2)?));
    for n in 0..6 {
        ensure!(send(2 * n)?.base_offset == i64::from(2 * n));
    }
    for n in 1..6 {
        let again = send(2 * n)?;
        ensure!((again.error_code, again.base_offset) == (0, i64::from(2 * n)), "{again:?}");
    }
    ensure!(send(0)?.error_code == 46, "older than the last five");
    ensure!(client.latest("t", 0)? == 12, "nothing is stored twice");
    Ok(())
}

fn gap(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let (id, _) = client.init_producer_id()?;
    ensure!(produce(&mut client, 9, ALL, Some(sequenced(id, 0, 0, 3)?))?.error_code == 0);
    // Sequences count records, not batches.
    for (sequence, code) in [(1, 45), (4, 45), (3, 0)] {
        let answer = produce(&mut client, 9, ALL, Some(sequenced(id, 0, sequence, 1)?))?;
        ensure!(answer.error_code == code, "{sequence}: {}", answer.error_code);
    }
    Ok(())
}

fn unknown_producer(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let answer = produce(&mut client, 9, ALL, Some(sequenced(ProducerId(987), 4, 100, 1)?))?;
    ensure!(answer.error_code == 0, "{}", answer.error_code);
    Ok(())
}

fn epochs(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let (id, _) = client.init_producer_id()?;
    for (epoch, sequence, code) in [(1, 0, 0), (2, 5, 45), (2, 0, 0), (1, 1, 47)] {
        let answer = produce(&mut client, 9, ALL, Some(sequenced(id, epoch, sequence, 1)?))?;
        ensure!(answer.error_code == code, "{epoch} {sequence}: {}", answer.error_code);
    }
    Ok(())
}

fn identities(broker: &Broker) -> Result<()> {
    let (mut one, mut other) = (client(broker)?, client(broker)?);
    let (first, epoch) = one.init_producer_id()?;
    let (second, _) = other.init_producer_id()?;
    ensure!(first != second && epoch.0 == 0);
    for version in 0..=5 {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(None)
            .with_transaction_timeout_ms(60_000);
        ensure!(one.call(version, &request)?.error_code == 0, "version {version}");
    }
    Ok(())
}

fn keys(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[("cleanup.policy", "compact")])?;
    let answer = produce(&mut client, 8, ALL, Some(batch(&[1, 2])?))?;
    ensure!(answer.error_code == 87, "{}", answer.error_code);
    let blamed: Vec<_> = answer.record_errors.iter().map(|error| error.batch_index).collect();
    ensure!(blamed == [0, 1], "{blamed:?}");
    ensure!(answer.log_start_offset == 0, "{}", answer.log_start_offset);
    ensure!(answer.error_message.is_some_and(|message| !message.is_empty()));
    ensure!(client.latest("t", 0)? == 0, "nothing of the batch is stored");
    Ok(())
}

fn zstd(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    for (version, code) in [(3, 76), (6, 76), (7, 0), (11, 0)] {
        let answer = produce(&mut client, version, ALL, Some(compressed(Codec::Zstd)?))?;
        ensure!(answer.error_code == code, "version {version}: {}", answer.error_code);
    }
    Ok(())
}

fn malformed(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let good = batch(&[1, 2])?.to_vec();
    let changed = |at: usize, to: u8| {
        let mut bytes = good.clone();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = to;
        }
        bytes
    };
    let rows: [(&str, Vec<u8>, &[i16]); 6] = [
        ("two batches", [good.clone(), good.clone()].concat(), &[87]),
        ("trailing byte", [&good[..], &[0]].concat(), &[2, 87]),
        ("no bytes", Vec::new(), &[2, 87]),
        ("changed record", changed(good.len() - 1, 0xee), &[2]),
        ("magic 1", changed(16, 1), &[87, 43]),
        ("wrong count", changed(60, 9), &[2, 87]),
    ];
    for (name, bytes, codes) in rows {
        let answer = produce(&mut client, 9, ALL, Some(Bytes::from(bytes)))?;
        ensure!(codes.contains(&answer.error_code), "{name}: {}", answer.error_code);
    }
    let null = produce(&mut client, 9, ALL, None)?;
    ensure!(null.error_code != 0, "null records");
    ensure!(client.latest("t", 0)? == 0);
    Ok(())
}

fn log_start(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    for version in [5, 9, 11] {
        ensure!(produce(&mut client, version, ALL, Some(batch(&[1])?))?.log_start_offset == 0);
    }
    Ok(())
}

fn empty_transactional_id(broker: &Broker) -> Result<()> {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(Some(TransactionalId(text(""))))
        .with_producer_id(m::ProducerId(-1))
        .with_producer_epoch(-1);
    let code = client(broker)?.call(4, &request)?.error_code;
    ensure!(code == 42, "{code}");
    Ok(())
}

/// Each codec is stored as it was sent.
#[rstest]
#[case::none(Codec::None)]
#[case::gzip(Codec::Gzip)]
#[case::trap_45_snappy(Codec::Snappy)]
#[case::lz4(Codec::Lz4)]
#[case::zstd(Codec::Zstd)]
fn a_codec_is_stored_as_sent(#[case] codec: Codec) -> Result<()> {
    let broker = Broker::start()?;
    let mut client = client_with_topic(&broker, &[])?;
    let sent = built(BatchBuilder::new(codec), &[1, 2, 3])?;
    ensure!(produce(&mut client, 9, ALL, Some(sent.clone()))?.error_code == 0);
    ensure!(client.fetch(&FetchFrom::new("t", 0, 0))?.records[16..] == sent[16..]);
    Ok(())
}
