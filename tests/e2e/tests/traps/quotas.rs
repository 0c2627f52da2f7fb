//! Quotas: what a client beyond one is told, and that it is held whether it listens or not.
//!
//! Waits are compared with what the broker told, counted from before the request was sent: they can
//! only be longer.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use bytes::Bytes;
use protocol_records::BatchBuilder;
use protocol_types::{Codec, Timestamp};
use protocol_wire::messages::alter_client_quotas_request::{EntityData, EntryData, OpData};
use protocol_wire::messages::create_topics_request::CreatableTopic;
use protocol_wire::messages::describe_client_quotas_request::ComponentData;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use protocol_wire::messages::metadata_request::MetadataRequestTopic;
use protocol_wire::messages::{
    AlterClientQuotasRequest, BrokerId, CreateTopicsRequest, CreateTopicsResponse,
    DescribeClientQuotasRequest, DescribeClientQuotasResponse, FetchRequest, FetchResponse,
    MetadataRequest,
};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use super::Check;
use super::ask::{client, client_with_topic, only, produce_request, text, topic};

#[rstest]
#[case::trap_109_produce(produce_beyond_the_quota)]
#[case::trap_109_fetch(fetch_beyond_the_quota)]
#[case::trap_109_request_time(time_beyond_the_quota)]
#[case::trap_109_others_are_not_held(others_are_not_held)]
#[case::trap_109_what_is_in_force_is_described(described)]
fn quotas(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

type Entity<'a> = &'a [(&'a str, Option<&'a str>)];

fn alter(client: &mut Client, entity: Entity<'_>, key: &str, value: Option<f64>) -> Result<()> {
    let part = |(kind, name): &(&str, Option<&str>)| {
        EntityData::default().with_entity_type(text(kind)).with_entity_name(name.map(text))
    };
    let op = OpData::default()
        .with_key(text(key))
        .with_value(value.unwrap_or_default())
        .with_remove(value.is_none());
    let entry =
        EntryData::default().with_entity(entity.iter().map(part).collect()).with_ops(vec![op]);
    let answer = client.call(1, &AlterClientQuotasRequest::default().with_entries(vec![entry]))?;
    let entry = only(answer.entries)?;
    ensure!(entry.error_code == 0, "{entry:?}");
    Ok(())
}

fn describe(client: &mut Client, kind: &str) -> Result<DescribeClientQuotasResponse> {
    let component =
        ComponentData::default().with_entity_type(text(kind)).with_match_type(2).with_match(None);
    let request =
        DescribeClientQuotasRequest::default().with_components(vec![component]).with_strict(true);
    client.call(1, &request)
}

fn batch(value_len: usize) -> Result<Bytes> {
    let mut builder = BatchBuilder::new(Codec::None);
    builder.push(Timestamp(1), None, Some(&vec![7; value_len]), &[]);
    Ok(builder.build()?.into())
}

/// Milliseconds since `began`.
fn elapsed(began: protocol_types::Instant) -> u64 {
    OsClock.now().nanos_since(began) / 1_000_000
}

const DEFAULT_USER: Entity<'_> = &[("user", None)];

/// Ten seconds' worth is free, ten percent more is a second's wait.
const RATE: f64 = 1_000.0;
const BEYOND: usize = 11_000;

fn produce_beyond_the_quota(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    alter(&mut client, DEFAULT_USER, "producer_byte_rate", Some(RATE))?;
    let began = OsClock.now();
    let answer = client.call(9, &produce_request(-1, Some(batch(BEYOND)?)))?;
    let told = u64::try_from(answer.throttle_time_ms)?;
    ensure!(told >= 1_000, "told to wait {told} ms");
    ensure!(
        only(only(answer.responses)?.partition_responses)?.error_code == 0,
        "stored all the same"
    );

    // It does not wait, and is held.
    client.metadata("t")?;
    ensure!(elapsed(began) >= told, "answered after {} ms of {told}", elapsed(began));

    alter(&mut client, DEFAULT_USER, "producer_byte_rate", None)?;
    let answer = client.call(9, &produce_request(-1, Some(batch(BEYOND)?)))?;
    ensure!(answer.throttle_time_ms == 0, "{answer:?}");
    Ok(())
}

fn fetch(client: &mut Client) -> Result<FetchResponse> {
    let partition = FetchPartition::default()
        .with_partition(0)
        .with_current_leader_epoch(-1)
        .with_last_fetched_epoch(-1)
        .with_log_start_offset(-1)
        .with_partition_max_bytes(1 << 20);
    let wanted = FetchTopic::default().with_topic(topic("t")).with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_bytes(1 << 20)
        .with_topics(vec![wanted]);
    client.call(12, &request)
}

fn records(answer: &FetchResponse) -> usize {
    let partitions = answer.responses.iter().flat_map(|topic| &topic.partitions);
    partitions.map(|partition| partition.records.as_ref().map_or(0, Bytes::len)).sum()
}

fn fetch_beyond_the_quota(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let produced = client.call(9, &produce_request(-1, Some(batch(6_000)?)))?;
    ensure!(only(only(produced.responses)?.partition_responses)?.error_code == 0);
    alter(&mut client, DEFAULT_USER, "consumer_byte_rate", Some(RATE))?;
    let first = fetch(&mut client)?;
    ensure!(records(&first) > 6_000 && first.throttle_time_ms == 0, "{first:?}");

    let began = OsClock.now();
    let held = fetch(&mut client)?;
    let told = u64::try_from(held.throttle_time_ms)?;
    ensure!(told > 0 && held.error_code == 0, "{held:?}");
    ensure!(records(&held) == 0 && held.session_id == 0, "no records until it has waited");
    fetch(&mut client)?;
    ensure!(elapsed(began) >= told, "answered after {} ms of {told}", elapsed(began));
    Ok(())
}

fn time_beyond_the_quota(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    alter(&mut client, DEFAULT_USER, "request_percentage", Some(0.001))?;
    for _ in 0..100_000 {
        let began = OsClock.now();
        let told = u64::try_from(client.metadata("t")?.throttle_time_ms)?;
        if told > 0 {
            ensure!(told <= 1_000, "no longer than a sample: {told}");
            client.metadata("t")?;
            ensure!(elapsed(began) >= told, "answered after {} ms of {told}", elapsed(began));
            return Ok(());
        }
    }
    anyhow::bail!("never told to wait")
}

fn others_are_not_held(broker: &Broker) -> Result<()> {
    let mut held = client_with_topic(broker, &[])?.named("held");
    alter(&mut held, &[("client-id", Some("held"))], "producer_byte_rate", Some(1.0))?;
    let answer = held.call(9, &produce_request(-1, Some(batch(BEYOND)?)))?;
    ensure!(answer.throttle_time_ms > 600_000, "{answer:?}");
    let mut free = client(broker)?.named("free");
    let answer = free.call(9, &produce_request(-1, Some(batch(BEYOND)?)))?;
    ensure!(answer.throttle_time_ms == 0, "{answer:?}");
    let mut again = client(broker)?.named("held");
    let answer = again.call(9, &produce_request(-1, Some(batch(1)?)))?;
    ensure!(answer.throttle_time_ms > 600_000, "a new connection sheds no debt: {answer:?}");
    Ok(())
}

fn described(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    alter(&mut client, &[("user", Some("alice"))], "request_percentage", Some(12.5))?;
    alter(
        &mut client,
        &[("user", None), ("client-id", Some("c"))],
        "producer_byte_rate",
        Some(9.0),
    )?;
    let answer = describe(&mut client, "user")?;
    let entry = only(answer.entries.context("no entries")?)?;
    ensure!(only(entry.entity)?.entity_name == Some(text("alice")));
    let value = only(entry.values)?;
    ensure!(value.key == text("request_percentage") && value.value.to_bits() == 12.5_f64.to_bits());
    ensure!(describe(&mut client, "team")?.error_code == 35);
    Ok(())
}

/// A start of the broker that was killed finds the quotas again.
#[test]
fn quotas_survive_a_kill() -> Result<()> {
    let broker = Launch::new()?.start()?;
    alter(&mut client(&broker)?, DEFAULT_USER, "consumer_byte_rate", Some(77.0))?;
    let broker = broker.kill()?.start()?;
    let answer = describe(&mut client(&broker)?, "user")?;
    let value = only(only(answer.entries.context("no entries")?)?.values)?;
    ensure!(value.key == text("consumer_byte_rate"), "{value:?}");
    Ok(())
}

fn create(client: &mut Client, version: i16, name: &str) -> Result<CreateTopicsResponse> {
    let topic = CreatableTopic::default()
        .with_name(topic(name))
        .with_num_partitions(3)
        .with_replication_factor(1);
    let request = CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
    client.call(version, &request)
}

/// KIP-599: beyond the quota, clients that know the error get it, others are made to wait.
#[test]
fn trap_109_changes_of_partitions_are_limited() -> Result<()> {
    let broker = Launch::new()?.set("controller.quota.window.num", 1).start()?;
    let mut first = client(&broker)?;
    alter(&mut first, DEFAULT_USER, "controller_mutation_rate", Some(1.0))?;
    let created = create(&mut first, 7, "a")?;
    ensure!(created.throttle_time_ms == 0 && only(created.topics)?.error_code == 0);
    let refused = create(&mut first, 7, "b")?;
    ensure!(refused.throttle_time_ms > 0, "{refused:?}");
    let refused = only(refused.topics)?;
    ensure!(refused.error_code == 89, "{refused:?}");
    let message = "The throttling quota has been exceeded.";
    ensure!(refused.error_message == Some(text(message)), "{refused:?}");
    // Over other connections: the first is held back now.
    for _ in 0..2 {
        let asked = MetadataRequestTopic::default().with_name(Some(topic("asked-for")));
        let request = MetadataRequest::default().with_topics(Some(vec![asked]));
        let answer = client(&broker)?.call(8, &request)?;
        ensure!(answer.throttle_time_ms == 0, "{answer:?}");
        ensure!(only(answer.topics)?.error_code == 3, "created beyond the quota");
    }

    let waits = create(&mut client(&broker)?, 5, "b")?;
    ensure!(waits.throttle_time_ms > 0 && only(waits.topics)?.error_code == 0);
    Ok(())
}

/// The broker closes `client` without a word.
fn closed(client: &mut Client) -> bool {
    matches!(client.stream().read(&mut [0; 1]), Ok(0) | Err(_))
}

#[test]
fn trap_109_an_address_that_connects_too_often_is_turned_away() -> Result<()> {
    let broker = Launch::new()?.set("quota.window.num", 2).start()?;
    let mut first = client(&broker)?;
    alter(&mut first, &[("ip", Some("127.0.0.1"))], "connection_creation_rate", Some(1.0))?;
    let mut turned_away = 0;
    for _ in 0..5 {
        let mut next = client(&broker)?;
        turned_away += u32::from(next.metadata("t").is_err());
    }
    ensure!(turned_away > 0, "five at once at one a second");
    first.metadata("t")?;
    alter(&mut first, &[("ip", Some("127.0.0.1"))], "connection_creation_rate", None)?;
    client(&broker)?.metadata("t")?;
    Ok(())
}

#[test]
fn an_address_has_so_many_connections() -> Result<()> {
    let broker = Launch::new()?.set("max.connections.per.ip", 2).start()?;
    let (mut first, mut second) = (client(&broker)?, client(&broker)?);
    first.metadata("t")?;
    second.metadata("t")?;
    ensure!(closed(&mut client(&broker)?), "a third of the same address");
    drop(second);
    for _ in 0..1_000 {
        if client(&broker)?.metadata("t").is_ok() {
            return Ok(());
        }
    }
    anyhow::bail!("no place after one was given up")
}

/// Held for hours, it leaves: its place is free at once.
#[test]
fn trap_109_a_client_that_leaves_while_it_is_held_gives_its_place_back() -> Result<()> {
    let broker = Launch::new()?.set("max.connections.per.ip", 2).start()?;
    let mut first = client_with_topic(&broker, &[])?;
    alter(&mut first, DEFAULT_USER, "producer_byte_rate", Some(1.0))?;
    let mut held = client(&broker)?;
    let answer = held.call(9, &produce_request(-1, Some(batch(BEYOND)?)))?;
    ensure!(answer.throttle_time_ms > 1_000_000, "told to wait {}", answer.throttle_time_ms);
    drop(held);
    for _ in 0..1_000 {
        if client(&broker)?.metadata("t").is_ok() {
            return Ok(());
        }
    }
    anyhow::bail!("no place after the held one was given up")
}
