//! Connections that cost the sender nothing: idle ones, slow ones, ones that never read.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Result, ensure};
use broker_env::{Clock, OsClock};
use protocol_types::ApiKey;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use protocol_wire::messages::{BrokerId, FetchRequest, StrBytes, TopicName};
use protocol_wire::samples::CORRELATION_ID;
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::attack::{Outcome, holds_memory, outcome, sample, serves, serves_over};

const MANY: usize = 1000;

#[test]
fn a_thousand_idle_connections_cost_little_and_block_nobody() -> Result<()> {
    ensure!(broker_env::limits::raise_file_limit() > 1100, "too few files may be open");
    let broker = Broker::start()?;
    serves(&broker)?;
    let files = open_files(&broker)?;
    let mut idle = Vec::with_capacity(MANY);
    holds_memory(&broker, MANY as u64 * (16 << 10), || {
        for _ in 0..MANY {
            idle.push(Client::connect(broker.kafka())?);
        }
        serves(&broker)
    })?;
    // Each is a connection like any other still.
    idle.iter_mut().try_for_each(serves_over)?;

    drop(idle);
    within_limit(|| Ok(open_files(&broker)? <= files + 8), "connections stay open")?;
    serves(&broker)
}

/// Each announces the largest frame there is and sends the beginning of it.
#[test]
fn a_thousand_frames_begun_and_never_ended_take_no_memory_for_what_they_announce() -> Result<()> {
    ensure!(broker_env::limits::raise_file_limit() > 1100, "too few files may be open");
    let broker = Broker::start()?;
    serves(&broker)?;
    let (produce, _) = sample(ApiKey::Produce, 9)?;
    let begun = [&(4_u32 << 20).to_be_bytes()[..], &produce[4..24]].concat();
    let mut open = Vec::with_capacity(MANY);
    // What they announce is 4 GiB. Each holds a buffer of 16 KiB and itself, 19 MB together; the allocator takes
    // memory in steps of 2 MiB for each thread, up to three more steps were seen.
    holds_memory(&broker, 32 << 20, || {
        for _ in 0..MANY {
            let mut client = Client::connect(broker.kafka())?;
            client.send_bytes(&begun)?;
            open.push(client);
        }
        serves(&broker)
    })?;
    drop(open);
    serves(&broker)
}

/// A few that together want all the memory there is for requests.
#[test]
fn frames_that_stall_with_the_request_memory_leave_small_requests_served() -> Result<()> {
    let broker = Broker::start()?;
    let (produce, _) = sample(ApiKey::Produce, 9)?;
    let begun = [&((4_u32 << 20) - 100).to_be_bytes()[..], &produce[4..24]].concat();
    let mut open = Vec::new();
    for _ in 0..8 {
        let mut client = Client::connect(broker.kafka())?;
        client.send_bytes(&begun)?;
        open.push(client);
        serves(&broker)?;
    }
    Ok(())
}

#[test]
fn slow_drips_are_answered_and_hold_up_nobody() -> Result<()> {
    let broker = Broker::start()?;
    let (frame, _) = sample(ApiKey::ApiVersions, 3)?;
    let mut slow =
        (0..64).map(|_| Ok(Client::connect(broker.kafka())?)).collect::<Result<Vec<_>>>()?;
    let mut honest = Client::connect(broker.kafka())?;
    for byte in &frame {
        for client in &mut slow {
            client.send_bytes(std::slice::from_ref(byte))?;
        }
        // An answer in between, so that the bytes do not arrive together.
        serves_over(&mut honest)?;
    }
    for client in &mut slow {
        let Outcome::Answered(answer) = outcome(client)? else {
            anyhow::bail!("a slow request was not answered");
        };
        ensure!(answer.starts_with(&CORRELATION_ID.to_be_bytes()), "not its answer");
    }
    Ok(())
}

/// Behind a fetch that waits for weeks, others that name very many partitions: they wait undecoded.
#[test]
fn fetches_behind_one_that_waits_take_no_memory_for_what_they_name() -> Result<()> {
    let broker = Broker::start()?;
    Client::connect(broker.kafka())?.create_topic("t", 1, &[])?;
    let waits = fetch([0]).with_max_wait_ms(i32::MAX).with_min_bytes(1);
    let names_many = fetch(0..200_000);
    let mut open = Vec::new();
    holds_memory(&broker, 256 << 20, || {
        for _ in 0..40 {
            let mut client = Client::connect(broker.kafka())?;
            client.send(4, &waits)?;
            client.send(4, &names_many)?;
            open.push(client);
            serves(&broker)?;
        }
        Ok(())
    })?;
    drop(open);
    serves(&broker)
}

fn fetch(partitions: impl IntoIterator<Item = i32>) -> FetchRequest {
    let partition =
        |index| FetchPartition::default().with_partition(index).with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(TopicName(StrBytes::from_static_str("t")))
        .with_partitions(partitions.into_iter().map(partition).collect());
    FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic])
}

/// Requests without end from a client that takes no answer: the broker stops reading.
#[test]
fn a_client_that_never_reads_fills_no_memory() -> Result<()> {
    let broker = Broker::start()?;
    let (frame, _) = sample(ApiKey::ApiVersions, 3)?;
    let requests = frame.repeat(1000);
    let mut deaf = TcpStream::connect(broker.kafka())?;
    deaf.set_write_timeout(Some(Duration::from_millis(500)))?;
    holds_memory(&broker, 24 << 20, || {
        let mut sent = 0;
        // 200 MB of requests would be 2 GB of answers.
        while sent < 200 << 20 {
            match deaf.write(&requests) {
                Ok(written) => sent += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return serves(&broker),
                Err(error) => return Err(error.into()),
            }
        }
        anyhow::bail!("the broker reads on without end")
    })?;
    // It reads on once its answers are taken.
    deaf.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut answers = vec![0; 1 << 20];
    deaf.read_exact(&mut answers)?;
    Ok(())
}

fn open_files(broker: &Broker) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{}/fd", broker.pid()))?.count())
}

/// Looks until `holds` or ten seconds are over.
fn within_limit(mut holds: impl FnMut() -> Result<bool>, otherwise: &str) -> Result<()> {
    let end = OsClock.now().0 + 10_000_000_000;
    while !holds()? {
        ensure!(OsClock.now().0 < end, "{otherwise}");
        OsClock.sleep(Duration::from_millis(5));
    }
    Ok(())
}
