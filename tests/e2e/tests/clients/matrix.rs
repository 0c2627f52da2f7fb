//! Every producer against every consumer, over all codecs.

use std::thread::{self, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::driver::{ALL, Driver};
use super::lines::{Consumed, Record};
use super::scenario::Scenario;
use super::stored;

#[test]
fn every_consumer_reads_what_every_producer_wrote() -> Result<()> {
    let scenario = Scenario::read()?;
    let broker = Broker::start()?;
    let topics = create_topics(&broker, &scenario)?;
    let names: Vec<&str> = topics.iter().map(|(_, _, topic)| topic.as_str()).collect();

    let written = in_parallel(&broker, |driver, bootstrap, path| {
        driver.run(&["produce", bootstrap, path, driver.name()])
    })?;
    for (driver, lines) in &written {
        let expected = topics.iter().filter(|(by, _, _)| by == driver).map(|(_, _, topic)| topic);
        let said: Vec<_> = lines.iter().filter_map(|line| line["topic"].as_str()).collect();
        ensure!(expected.eq(said.iter()), "{driver:?} wrote {said:?}");
    }

    let mut client = Client::connect(broker.kafka())?;
    for (driver, codec, topic) in &topics {
        for partition in 0..scenario.partitions()? {
            stored::check(&mut client, topic, partition, *driver, codec)
                .with_context(|| format!("{topic}-{partition}"))?;
        }
    }

    let read = in_parallel(&broker, |driver, bootstrap, path| {
        let mut words = vec!["consume", bootstrap, path];
        words.extend(&names);
        driver.run(&words)
    })?;
    for (consumer, lines) in &read {
        let consumed = Consumed::from(lines)?;
        for (producer, _, topic) in &topics {
            compare(&scenario, &consumed, *consumer, *producer, topic)
                .with_context(|| format!("{consumer:?} reads {topic}"))?;
        }
    }
    Ok(())
}

type Topics = Vec<(Driver, String, String)>;

/// A topic for each producer and codec. Event times lie years back, so retention by time is off.
fn create_topics(broker: &Broker, scenario: &Scenario) -> Result<Topics> {
    let mut client = Client::connect(broker.kafka())?;
    let mut topics = vec![];
    for driver in ALL {
        for codec in scenario.codecs() {
            let topic = format!("{}-{codec}", driver.name());
            client.create_topic(&topic, scenario.partitions()?, &[("retention.ms", "-1")])?;
            topics.push((driver, codec.to_owned(), topic));
        }
    }
    Ok(topics)
}

/// Runs every driver, all at once: they mostly wait.
fn in_parallel(
    broker: &Broker,
    run: impl Fn(Driver, &str, &str) -> Result<Vec<Value>> + Sync,
) -> Result<Vec<(Driver, Vec<Value>)>> {
    let bootstrap = broker.kafka().to_string();
    let path = Scenario::path();
    let path = path.to_str().context("path is not utf-8")?;
    thread::scope(|scope| {
        let run = &run;
        let bootstrap = bootstrap.as_str();
        let running: Vec<_> =
            ALL.map(|driver| (driver, scope.spawn(move || run(driver, bootstrap, path)))).into();
        let end = |(driver, thread): (Driver, ScopedJoinHandle<'_, Result<_>>)| {
            let lines = thread.join().map_err(|_| anyhow!("{driver:?} panicked"))?;
            Ok((driver, lines?))
        };
        running.into_iter().map(end).collect()
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
    if !consumer.tells_empty_header_from_null() {
        for (_, value) in &mut shown.headers {
            *value = value.take().filter(|value| !value.is_empty());
        }
    }
    shown
}
