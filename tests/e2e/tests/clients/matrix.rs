//! Every producer against every consumer. In CI each consumer reads one topic of each producer, chosen so that
//! every pair of producer and consumer, producer and codec, codec and consumer occurs; with
//! `RINGTIDE_CLIENTS` it reads all.

use std::collections::BTreeMap;
use std::env;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use tests_e2e::client::Client;

use super::driver::{ALL, Driver};
use super::lines::{Consumed, Record};
use super::outcomes::{Capability, passed};
use super::peer::{Peer, fresh};
use super::scenario::Scenario;
use super::stored;

/// Drivers that run at a time.
const WORKERS: usize = 2;

#[test]
fn every_consumer_reads_what_every_producer_wrote() -> Result<()> {
    let scenario = Scenario::read()?;
    let path = Scenario::path();
    let path = path.to_str().context("path is not utf-8")?;
    let peer = Peer::start()?;
    let bootstrap = peer.bootstrap();
    let topics = create_topics(&peer, &scenario)?;

    let written =
        for_each(|driver| driver.run(&["produce", &bootstrap, path, &fresh(driver.name())]))?;
    for (driver, lines) in &written {
        let expected = topics.iter().filter(|topic| topic.by == *driver).map(|topic| &topic.name);
        let said: Vec<_> = lines.iter().filter_map(|line| line["topic"].as_str()).collect();
        ensure!(expected.eq(said.iter()), "{driver:?} wrote {said:?}");
    }

    let mut client = Client::connect(peer.address())?;
    for topic in &topics {
        for partition in 0..scenario.partitions()? {
            stored::check(&mut client, &topic.name, partition, topic.by, &topic.codec)
                .with_context(|| format!("{}-{partition}", topic.name))?;
        }
    }

    let read = for_each(|driver| {
        let mut words = vec!["consume", &bootstrap, path];
        words.extend(chosen(&topics, driver, &scenario).map(|topic| topic.name.as_str()));
        driver.run(&words)
    })?;
    for (consumer, lines) in &read {
        let consumed = Consumed::from(lines)?;
        for topic in chosen(&topics, *consumer, &scenario) {
            compare(&scenario, &consumed, *consumer, topic.by, &topic.name)
                .with_context(|| format!("{consumer:?} reads {}", topic.name))?;
        }
    }
    for driver in ALL {
        passed(driver, Capability::Records)?;
        if driver.is_idempotent() {
            passed(driver, Capability::Idempotence)?;
        }
    }
    Ok(())
}

struct Topic {
    by: Driver,
    codec: String,
    name: String,
}

/// A topic for each producer and each codec that it has. Event times lie years back, so retention by time is off.
fn create_topics(peer: &Peer, scenario: &Scenario) -> Result<Vec<Topic>> {
    let mut client = Client::connect(peer.address())?;
    let mut topics = vec![];
    for by in ALL {
        for codec in scenario.codecs().into_iter().filter(|codec| by.has_codec(codec)) {
            let name = format!("{}-{codec}", fresh(by.name()));
            client.create_topic(&name, scenario.partitions()?, &[("retention.ms", "-1")])?;
            topics.push(Topic { by, codec: codec.to_owned(), name });
        }
    }
    Ok(topics)
}

/// What this consumer reads, of each producer. Going over the producers, the codec moves on, and each consumer
/// starts with another one: in the square of producers and consumers every row and column holds every codec.
fn chosen<'a>(
    topics: &'a [Topic],
    consumer: Driver,
    scenario: &Scenario,
) -> impl Iterator<Item = &'a Topic> {
    let place = |driver| ALL.iter().position(|other| *other == driver).unwrap_or(0);
    let mut by_producer = BTreeMap::new();
    for topic in topics.iter().filter(|topic| consumer.reads(&topic.codec, topic.by)) {
        by_producer.entry(place(topic.by)).or_insert_with(Vec::new).push(topic);
    }
    let codecs: Vec<String> = scenario.codecs().into_iter().map(str::to_owned).collect();
    let reads_all = env::var_os("RINGTIDE_CLIENTS").is_some();
    let start = place(consumer);
    by_producer.into_iter().flat_map(move |(producer, topics)| {
        let wanted = codecs.get((start + producer) % codecs.len());
        let instead = topics.iter().copied().next();
        let found = topics.iter().copied().find(|topic| wanted == Some(&topic.codec)).or(instead);
        if reads_all { topics } else { found.into_iter().collect() }
    })
}

/// Runs every driver, a few at a time: they mostly wait, but not only.
fn for_each(
    run: impl Fn(Driver) -> Result<Vec<Value>> + Sync,
) -> Result<Vec<(Driver, Vec<Value>)>> {
    let waiting = Mutex::new(ALL.iter());
    let worker = || -> Result<Vec<_>> {
        let mut done = vec![];
        loop {
            let next = waiting.lock().map_err(|_| anyhow!("a driver's thread panicked"))?.next();
            let Some(driver) = next else { return Ok(done) };
            done.push((*driver, run(*driver)?));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        let mut done = vec![];
        for worker in workers {
            done.extend(worker.join().map_err(|_| anyhow!("a driver's thread panicked"))??);
        }
        Ok(done)
    })
}

fn compare(
    scenario: &Scenario,
    consumed: &Consumed,
    consumer: Driver,
    producer: Driver,
    topic: &str,
) -> Result<()> {
    let written = scenario.written_by(producer)?;
    for (partition, expected) in &written {
        let key = (topic.to_owned(), *partition);
        let found = consumed.records.get(&key).map_or(&[][..], Vec::as_slice);
        ensure!(
            found.len() == expected.len(),
            "partition {partition}: {} records instead of {}",
            found.len(),
            expected.len()
        );
        for (found, expected) in found.iter().zip(expected) {
            let expected = as_shown_by(consumer, expected, found);
            ensure!(
                *found == expected,
                "partition {partition}: {found:?}\ninstead of {expected:?}"
            );
        }
    }
    if producer.sets_timestamps() {
        for (partition, asked, expected) in scenario.lookups(&written)? {
            let found = consumed.lookups.get(&(topic.to_owned(), partition, asked));
            ensure!(
                found == Some(&expected),
                "partition {partition}: time {asked} is at {found:?}, not {expected:?}"
            );
        }
    }
    Ok(())
}

/// The record as this consumer can show it; an unknown timestamp is the one that it found.
fn as_shown_by(consumer: Driver, record: &Record, found: &Record) -> Record {
    let mut shown = record.clone();
    shown.timestamp = record.timestamp.or(found.timestamp);
    if !consumer.keeps_order_of_headers() {
        let keys: Vec<_> = record.headers.iter().map(|(key, _)| key.clone()).collect();
        shown.headers.sort_by_key(|(key, _)| keys.iter().position(|first| first == key));
    }
    if !consumer.tells_empty_header_from_null() {
        for (_, value) in &mut shown.headers {
            *value = value.take().filter(|value| !value.is_empty());
        }
    }
    shown
}
