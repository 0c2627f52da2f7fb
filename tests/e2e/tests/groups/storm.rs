//! Storms: groups that never settle, connections that come and go, connections that do nothing.
//!
//! `RINGTIDE_STORM_SECONDS` (5) says how long, `RINGTIDE_IDLE` (2,000) how many connections stand by;
//! a thousand more are opened and dropped every second. Produce goes on meanwhile. From half a minute on, the
//! thousand is asserted; a machine that is busy with other tests need not reach it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use protocol_wire::messages::ApiVersionsRequest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::groups::code;
use tests_e2e::client::{Client, Member};
use tests_e2e::length::number_from;
use tests_e2e::payload::{self, Stamp};

const CONNECTIONS_A_SECOND: u64 = 1_000;
/// They are opened a little faster, so that the last second need not be whole.
const PACE: u64 = CONNECTIONS_A_SECOND * 11 / 10;
/// Threads that share the work of opening them. Each waits for the broker most of the time.
const OPENERS: usize = 16;
/// A storm of this many seconds has to reach its rate.
const LONG_SECONDS: usize = 30;
/// Memory of the broker for a connection that has been used and is idle.
const IDLE_BYTES_MAX: u64 = 12 << 10;
const GROUPS: usize = 8;
const MEMBERS: usize = 4;
const TOPIC: &str = "storm";

/// What goes on at once, and whether it is to end.
#[derive(Default)]
struct Storm {
    over: AtomicBool,
    /// Numbers given to connections before they are opened.
    numbers: AtomicU64,
    /// Connections opened.
    connections: AtomicU64,
    rebalances: AtomicU64,
    produced: AtomicU64,
    /// The longest a producer waited, in nanoseconds.
    longest: AtomicU64,
}

#[test]
fn storms_hold_up_nobody_and_idle_connections_cost_little() -> Result<()> {
    let seconds = number_from("RINGTIDE_STORM_SECONDS", 5)?;
    let idle = number_from("RINGTIDE_IDLE", 2_000)?;
    let files = u64::try_from(idle)? + 1_000;
    ensure!(broker_env::limits::raise_file_limit() > files, "too few files may be open");
    let broker = Launch::new()?
        .set("max.connections", 19_000)
        .set("group.initial.rebalance.delay.ms", 0)
        .start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic(TOPIC, 1, &[])?;
    client.await_coordinators()?;

    let (mut standing, bytes) = stand_by(&broker, idle)?;
    let storm = Storm::default();
    let result = run(&storm, broker.kafka(), seconds);
    result.with_context(|| broker.launch().log())?;
    // Those that stood by are connections like any other still.
    standing.iter_mut().try_for_each(ask)?;

    let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
    let opened = count(&storm.connections);
    let asked = u64::try_from(seconds)?;
    println!(
        "storm of {seconds} s: {opened} connections, {} a second, {} rebalances, {} batches, longest {} ms; \
         {idle} idle connections at {bytes} bytes each",
        opened / asked.max(1),
        count(&storm.rebalances),
        count(&storm.produced),
        count(&storm.longest) / 1_000_000,
    );
    let is_enough = seconds < LONG_SECONDS || opened >= asked * CONNECTIONS_A_SECOND;
    ensure!(is_enough, "{opened} connections in {seconds} s");
    ensure!(bytes <= IDLE_BYTES_MAX, "{bytes} bytes for an idle connection");
    Ok(())
}

/// Opens connections, uses each once, and measures what they cost the broker.
fn stand_by(broker: &Broker, idle: usize) -> Result<(Vec<Client>, u64)> {
    // What the first ones cost is the broker's own: pools that fill, code that is loaded.
    let mut standing = Vec::with_capacity(idle);
    for _ in 0..100 {
        standing.push(Client::connect(broker.kafka())?);
    }
    standing.iter_mut().try_for_each(ask)?;
    let before = broker.anonymous_bytes()?;
    for _ in 100..idle {
        let mut client = Client::connect(broker.kafka())?;
        ask(&mut client)?;
        standing.push(client);
    }
    let grown = broker.anonymous_bytes()?.saturating_sub(before);
    Ok((standing, grown / u64::try_from(idle - 100)?))
}

fn ask(client: &mut Client) -> Result<()> {
    ensure!(client.call(0, &ApiVersionsRequest::default())?.error_code == 0);
    Ok(())
}

fn run(storm: &Storm, broker: SocketAddr, seconds: usize) -> Result<()> {
    let guarded = |result: Result<()>| {
        storm.over.fetch_or(result.is_err(), Ordering::Relaxed);
        result
    };
    let results = thread::scope(|scope| {
        let start = OsClock.now().0;
        let mut parts = vec![scope.spawn(move || guarded(produce(storm, broker)))];
        for _ in 0..OPENERS {
            parts.push(scope.spawn(move || guarded(come_and_go(storm, broker, start))));
        }
        for group in 0..GROUPS {
            parts.push(scope.spawn(move || guarded(rebalance(storm, broker, group))));
        }
        let end = OsClock.now().0 + u64::try_from(seconds).unwrap_or(1) * 1_000_000_000;
        let mut before = 0;
        while OsClock.now().0 < end && !storm.over.load(Ordering::Relaxed) {
            OsClock.sleep(Duration::from_secs(1));
            let produced = storm.produced.load(Ordering::Relaxed);
            if produced == before {
                storm.over.store(true, Ordering::Relaxed);
                return vec![Err(anyhow::anyhow!("nothing was produced for a second"))];
            }
            before = produced;
        }
        storm.over.store(true, Ordering::Relaxed);
        let lost = |_| Err(anyhow::anyhow!("a part of the storm panicked"));
        parts.into_iter().map(|part| part.join().unwrap_or_else(lost)).collect()
    });
    results.into_iter().collect()
}

/// Takes part in opening a thousand connections a second; every second one is dropped without a word, or with half
/// of one.
fn come_and_go(storm: &Storm, broker: SocketAddr, start: u64) -> Result<()> {
    while !storm.over.load(Ordering::Relaxed) {
        let number = storm.numbers.fetch_add(1, Ordering::Relaxed);
        let mut client = Client::connect(broker)?;
        storm.connections.fetch_add(1, Ordering::Relaxed);
        match number % 4 {
            0 => ask(&mut client)?,
            1 => drop(client.send(0, &ApiVersionsRequest::default())?),
            2 => client.send_bytes(&[0, 0, 0, 64, 0, 18])?,
            _ => {}
        }
        let due = start + number * (1_000_000_000 / PACE);
        OsClock.sleep(Duration::from_nanos(due.saturating_sub(OsClock.now().0)));
    }
    Ok(())
}

fn produce(storm: &Storm, broker: SocketAddr) -> Result<()> {
    let mut client = Client::connect(broker)?;
    while !storm.over.load(Ordering::Relaxed) {
        let sent = OsClock.now();
        let stamp = Stamp { writer: 1, number: storm.produced.load(Ordering::Relaxed) };
        let batch = payload::batch(stamp, 1, 1_000, OsClock.wall(), None)?;
        let produced = client.produce(TOPIC, 0, batch)?;
        ensure!(produced.error == 0, "{produced:?}");
        storm.longest.fetch_max(OsClock.now().nanos_since(sent), Ordering::Relaxed);
        storm.produced.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// A group whose members join with something new, sync, and join again without end.
fn rebalance(storm: &Storm, broker: SocketAddr, group: usize) -> Result<()> {
    let mut seats = Vec::new();
    for _ in 0..MEMBERS {
        let client = Client::connect(broker)?;
        // One that this thread cannot serve, as it waits for another, is soon out.
        let rebalance_timeout_ms = 500;
        seats.push((
            client,
            Member { rebalance_timeout_ms, ..Member::new(&format!("storm-{group}")) },
        ));
    }
    while !storm.over.load(Ordering::Relaxed) {
        let sent = seats.iter_mut().map(|(client, member)| {
            member.user_data += 1;
            member.send_join(client)
        });
        let sent = sent.collect::<Result<Vec<_>>>()?;
        let mut taking_part = Vec::new();
        for ((client, member), sent) in seats.iter_mut().zip(sent) {
            match member.receive_joined(client, sent)? {
                0 => taking_part.push((client, member)),
                code::REBALANCE | code::ID_REQUIRED => {}
                code::UNKNOWN_MEMBER => member.id = Default::default(),
                other => bail!("join: error {other}"),
            }
        }
        // The leader first: a follower that waits for it would hold this thread.
        taking_part.sort_by_key(|(_, member)| member.members.is_empty());
        for (client, member) in taking_part {
            let sent = member.send_sync(client)?;
            match Member::receive_synced(client, sent)?.error_code {
                0 | code::REBALANCE | code::ILLEGAL_GENERATION => {}
                code::UNKNOWN_MEMBER => member.id = Default::default(),
                other => bail!("sync: error {other}"),
            }
        }
        storm.rebalances.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
