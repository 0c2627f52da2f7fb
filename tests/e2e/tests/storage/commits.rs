//! Committed offsets: they survive `kill -9`, and their log does not grow with their number.
//!
//! `RINGTIDE_KILLS` says how often to kill (10 unless told), `RINGTIDE_COMMITS` how many offsets to
//! commit to a broker that is left alone (60,000 unless told); `RINGTIDE_SEED` repeats choices.

mod committer;
mod flat;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use broker_env::sim::Rng;
use broker_env::{Clock, OsClock};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;
use tests_e2e::length::number_from;

use committer::{Committer, Shared};

const TOPIC: &str = "t";
const CONSUMERS: u16 = 20;

#[test]
fn no_committed_offset_goes_back() -> Result<()> {
    let kills = number_from("RINGTIDE_KILLS", 10)?;
    let seed = number_from("RINGTIDE_SEED", 1)?;
    let launch = Launch::new()?;
    let broker = launch.start()?;
    Client::connect(broker.kafka())?.create_topic(TOPIC, i32::from(CONSUMERS), &[])?;

    let shared = Shared::new(broker.kafka());
    let broker = Mutex::new(Some(broker));
    let outcome = thread::scope(|scope| {
        let consumers: Vec<_> = (0..CONSUMERS)
            .map(|number| {
                let shared = &shared;
                scope.spawn(move || shared.fail_with(Committer::new(number).run(shared)))
            })
            .collect();
        let killed = kill_repeatedly(&broker, &shared, kills, seed);
        shared.stop(killed.is_err());
        let ended = consumers.into_iter().map(|consumer| consumer.join().unwrap());
        let ended: Vec<Result<Committer>> = ended.collect();
        killed.and_then(|()| ended.into_iter().collect::<Result<Vec<_>>>())
    });
    let consumers = outcome.with_context(|| format!("RINGTIDE_SEED={seed}\n{}", launch.log()))?;

    let broker = broker.into_inner()?.context("a broker runs")?;
    check_all(&broker, &consumers)?;
    ensure!(broker.terminate()?.success(), "SIGTERM does not end in exit 0");
    check_all(&launch.start()?, &consumers)?;
    let commits: u64 = consumers.iter().map(Committer::commits).sum();
    println!("{kills} kills, {CONSUMERS} consumers, {commits} commits, none went back");
    Ok(())
}

/// Kills and restarts; now and then kills the load of the coordinators as well.
fn kill_repeatedly(
    broker: &Mutex<Option<Broker>>,
    shared: &Shared,
    kills: u64,
    seed: u64,
) -> Result<()> {
    let mut rng = Rng::new(seed);
    for kill in 0..kills {
        shared.wait_commits(50 + rng.below(500))?;
        OsClock.sleep(Duration::from_micros(rng.below(3000)));
        let running = broker.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.take();
        let launch = running.context("a broker runs")?.kill()?;
        if kill % 3 == 1 {
            let loading = launch.start()?;
            OsClock.sleep(Duration::from_micros(rng.below(20_000)));
            drop(loading.kill()?);
        }
        let restarted = launch.start().with_context(|| format!("after kill {kill}"))?;
        shared.restarted(restarted.kafka());
        *broker.lock().map_err(|_| anyhow::anyhow!("poisoned"))? = Some(restarted);
    }
    Ok(())
}

fn check_all(broker: &Broker, consumers: &[Committer]) -> Result<()> {
    let mut client = Client::connect(broker.kafka())?;
    consumers.iter().try_for_each(|consumer| consumer.check(&mut client))
}
