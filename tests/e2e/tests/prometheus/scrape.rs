//! What a scrape costs where there is much to show.
//!
//! `RINGTIDE_SCRAPE_PARTITIONS` says how many partitions there are (1,000 unless told) and
//! `RINGTIDE_SCRAPE_GROUPS` how many groups (100 unless told), each with offsets of ten partitions.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;
use tests_e2e::length::number_from;

use super::server::get;
use super::{launch, load};

const OFFSETS_EACH: usize = 10;
const SCRAPES: usize = 20;
/// How long one may take with ten times the partitions and groups that CI has.
const LIMIT: Duration = Duration::from_millis(250);
/// Requests under way at once.
const WINDOW: usize = 100;
/// A survey is whole within seconds.
const LOOKS: u32 = 1_000;
const LOOK: Duration = Duration::from_millis(50);

/// Nothing is left out at the settings a broker has by itself, and each scrape answers in time.
#[test]
fn every_partition_and_group_is_shown_and_a_scrape_stays_cheap() -> Result<()> {
    let partitions = number_from("RINGTIDE_SCRAPE_PARTITIONS", 1_000)?;
    let groups = number_from("RINGTIDE_SCRAPE_GROUPS", 100)?;
    let broker = launch()?.start()?;
    fill(&broker, partitions, groups)?;
    let text = whole(&broker, partitions, groups)?;
    ensure!(value(&text, "ringtide_metrics_dropped_series")? == 0.0, "series are left out");

    let mut times = Vec::with_capacity(SCRAPES);
    for _ in 0..SCRAPES {
        let began = OsClock.now();
        get(broker.http(), "/metrics")?;
        times.push(Duration::from_nanos(OsClock.now().nanos_since(began)));
    }
    times.sort_unstable();
    let (median, longest) = (times[SCRAPES / 2], times[SCRAPES - 1]);
    println!(
        "scrape: {partitions} partitions, {groups} groups x {OFFSETS_EACH} offsets: {} lines, {:.1} MB, \
         median {median:.1?}, longest {longest:.1?}; survey {:.1} ms",
        text.lines().count(),
        text.len() as f64 / 1e6,
        value(&text, "ringtide_metrics_survey_seconds")? * 1e3,
    );
    ensure!(longest < LIMIT, "a scrape took {longest:?}");
    Ok(())
}

/// A record in every partition, and offsets of every group.
fn fill(broker: &Broker, partitions: usize, groups: usize) -> Result<()> {
    let mut client = Client::connect(broker.kafka())?;
    client.await_coordinators()?;
    client.create_topic("wide", i32::try_from(partitions)?, &[])?;
    let mut sent = VecDeque::with_capacity(WINDOW);
    for partition in 0..partitions {
        sent.push_back(client.send_produce("wide", i32::try_from(partition)?, load::batch()?)?);
        if sent.len() == WINDOW {
            receive(&mut client, sent.pop_front())?;
        }
    }
    while !sent.is_empty() {
        receive(&mut client, sent.pop_front())?;
    }
    for group in 0..groups {
        let first = group * OFFSETS_EACH;
        let of: Vec<(i32, i64)> = (first..first + OFFSETS_EACH)
            .map(|at| Ok((i32::try_from(at % partitions)?, 0)))
            .collect::<Result<_>>()?;
        let code = client.commit_offsets(&format!("group-{group}"), "wide", of)?;
        ensure!(code == 0, "error {code}");
    }
    Ok(())
}

fn receive(client: &mut Client, sent: Option<i32>) -> Result<()> {
    let produced = client.receive_produced(sent.context("nothing sent")?)?;
    ensure!(produced.error == 0, "{produced:?}");
    Ok(())
}

/// The text once a survey has seen all of it.
fn whole(broker: &Broker, partitions: usize, groups: usize) -> Result<String> {
    let mut last = [0; 6];
    for _ in 0..LOOKS {
        let (_, text) = get(broker.http(), "/metrics")?;
        let count = |family: &str| text.lines().filter(|line| line.starts_with(family)).count();
        let shown = [
            count("ringtide_partition_log_start_offset{topic=\"wide\""),
            count("ringtide_partition_high_watermark_offset{topic=\"wide\""),
            count("ringtide_partition_log_end_offset{topic=\"wide\""),
            count("ringtide_consumer_group_members{"),
            count("ringtide_consumer_group_lag{"),
            count("ringtide_consumer_group_committed_offset{"),
        ];
        let offsets = groups * OFFSETS_EACH;
        if shown == [partitions, partitions, partitions, groups, offsets, offsets] {
            return Ok(text);
        }
        last = shown;
        OsClock.sleep(LOOK);
    }
    bail!("shown: {last:?}")
}

fn value(text: &str, name: &str) -> Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(line.with_context(|| format!("no {name}"))?.parse()?)
}
