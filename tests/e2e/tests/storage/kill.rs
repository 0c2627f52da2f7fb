//! `kill -9` of the real process under the load of idempotent producers: nothing acknowledged is
//! lost, nothing is there twice, offsets have no gaps, each producer's order is kept.
//!
//! `RINGTIDE_KILLS` says how often (5 unless told); `RINGTIDE_SEED` repeats the same choices.

mod checker;
mod load;

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use broker_env::sim::Rng;
use broker_env::{Clock, OsClock};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;
use tests_e2e::length::number_from;

use checker::{Acknowledged, check_partition};
use load::{Load, Producer};

const TOPIC: &str = "kill";
const PARTITIONS: i32 = 4;
const PRODUCERS: u32 = 3;

#[test]
fn nothing_acknowledged_is_lost_or_doubled() -> Result<()> {
    let kills = number_from("RINGTIDE_KILLS", 5)?;
    let seed = number_from("RINGTIDE_SEED", 1)?;
    let launch = Launch::new()?;
    let broker = launch.start()?;
    Client::connect(broker.kafka())?.create_topic(TOPIC, PARTITIONS, &[])?;

    let load = Load::new(broker.kafka());
    let (survived, produced) = thread::scope(|scope| {
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|number| {
                let producer = Producer::new(number, seed);
                let load = &load;
                scope.spawn(move || load.fail_with(producer.run(load)))
            })
            .collect();
        let survived = kill_repeatedly(broker, &load, kills, seed);
        load.stop(survived.is_err());
        let join = |producer: ScopedJoinHandle<'_, _>| producer.join().unwrap();
        (survived, producers.into_iter().map(join).collect::<Vec<_>>())
    });
    // One failure stops the others: only together do they tell what happened.
    let failures: Vec<_> = survived.as_ref().err().into_iter().chain(errors(&produced)).collect();
    let log = || format!("RINGTIDE_SEED={seed}\n{}", tail(&launch.log()));
    ensure!(failures.is_empty(), "{failures:#?}\n{}", log());
    let broker = survived?;
    let acknowledged: Vec<_> = produced.into_iter().flatten().flatten().collect();

    let records = check_all(&broker, &acknowledged).with_context(log)?;
    ensure!(broker.terminate()?.success(), "SIGTERM does not end in exit 0");
    let broker = launch.start()?;
    ensure!(check_all(&broker, &acknowledged)? == records, "a clean restart changes the log");
    println!("{kills} kills, {} batches, {records} records", acknowledged.len());
    Ok(())
}

fn errors<T>(results: &[Result<T>]) -> impl Iterator<Item = &Error> {
    results.iter().filter_map(|result| result.as_ref().err())
}

/// Kills and restarts; now and then kills the recovery as well.
fn kill_repeatedly(mut broker: Broker, load: &Load, kills: u64, seed: u64) -> Result<Broker> {
    let mut rng = Rng::new(seed);
    for kill in 0..kills {
        load.wait_acknowledged(100 + rng.below(900))?;
        OsClock.sleep(Duration::from_micros(rng.below(2000)));
        let ends = load.ends();
        let launch = broker.kill()?;
        if kill % 3 == 1 {
            let recovering = launch.spawn()?;
            OsClock.sleep(Duration::from_micros(rng.below(60_000)));
            recovering.kill()?;
        }
        broker = launch.start().with_context(|| format!("after kill {kill}"))?;
        let mut client = Client::connect(broker.kafka())?;
        for (partition, end) in (0..).zip(ends) {
            let latest = client.latest(TOPIC, partition)?;
            ensure!(latest >= end, "kill {kill}: {TOPIC}-{partition} ends at {latest}, not {end}");
        }
        load.restarted(broker.kafka());
    }
    Ok(broker)
}

/// Reads everything and checks it; returns the number of records.
fn check_all(broker: &Broker, acknowledged: &[Acknowledged]) -> Result<usize> {
    let mut client = Client::connect(broker.kafka())?;
    let mut count = 0;
    for partition in 0..PARTITIONS {
        let end = client.latest(TOPIC, partition)?;
        let mut records = Vec::new();
        client.read(TOPIC, partition, 0, end, |fetched| {
            tests_e2e::payload::check(fetched, |offset, stamp| {
                records.push((offset, stamp));
                Ok(())
            })
        })?;
        let acknowledged = acknowledged.iter().filter(|batch| batch.partition == partition);
        check_partition(&records, acknowledged).with_context(|| format!("{TOPIC}-{partition}"))?;
        count += records.len();
    }
    Ok(count)
}

/// The end of a log, enough to see what went wrong.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines.split_at(lines.len().saturating_sub(60)).1.join("\n")
}
