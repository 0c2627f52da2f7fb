//! Kafka's own command line tools: what they print about our broker is what they print about Apache Kafka.
//!
//! A scenario is a list of commands in `tools/scenarios`; `tools/golden` holds what the tools printed when they
//! talked to Apache Kafka, and `tools/differences` the lines in which we differ, each with its reason. A difference
//! that is not listed fails, and so does one that is listed and no longer there.
//!
//! `RINGTIDE_TOOLS=full` runs every scenario against both, `ours` against our broker alone; `record` rewrites the
//! goldens. `RINGTIDE_TOOLS_ONLY` names one scenario.

mod differences;
mod driver;
mod run;
mod scenario;
mod transcript;

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use tests_e2e::broker::Launch;
use tests_e2e::installed;
use tests_e2e::peer::Peer;

use self::differences::Differences;
use self::driver::Driver;
use self::scenario::Scenario;
use self::transcript::{Transcript, compare};

/// Twelve commands, for every run of CI.
const REPRESENTATIVE: &str = "representative";

#[test]
fn representative_commands_print_what_they_print_of_apache_kafka() -> Result<()> {
    let mut driver = Driver::start()?;
    ours(&mut driver, REPRESENTATIVE)
}

#[test]
fn every_command_prints_what_it_prints_of_apache_kafka() -> Result<()> {
    let Ok(form) = env::var("RINGTIDE_TOOLS") else { return Ok(()) };
    let mut driver = Driver::start()?;
    let (mut commands, mut differing, mut failed) = (0, 0, vec![]);
    for name in chosen()? {
        let result = match form.as_str() {
            "full" => theirs(&mut driver, &name).and_then(|()| ours(&mut driver, &name)),
            "ours" => ours(&mut driver, &name),
            "record" => record(&mut driver, &name),
            _ => bail!("RINGTIDE_TOOLS={form}: full, ours or record"),
        };
        if let Err(error) = result {
            failed.push(format!("{name}: {error:#}"));
        }
        commands += Scenario::read(&folder(), &name)?.commands();
        differing += Differences::read(&folder(), &name)?.lines();
    }
    println!("tools: {commands} commands, {differing} lines differ for listed reasons");
    ensure!(failed.is_empty(), "{}", failed.join("\n\n"));
    Ok(())
}

/// Users read the reasons in `docs/compatibility.md`, so each stands there word for word.
#[test]
fn every_reason_stands_in_the_documentation() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let docs = fs::read_to_string(docs)?;
    for name in all()? {
        for reason in Differences::read(&folder(), &name)?.reasons() {
            assert!(docs.contains(reason), "{name}: not in docs/compatibility.md: {reason}");
        }
    }
    Ok(())
}

/// Runs a scenario against our broker.
fn ours(driver: &mut Driver, name: &str) -> Result<()> {
    let broker = Launch::new()?.start()?;
    let found = run::scenario(driver, broker.kafka(), &Scenario::read(&folder(), name)?)?;
    compare(&golden(name)?, &found, &Differences::read(&folder(), name)?)
        .context("Ringtide differs from the golden")
}

/// Runs a scenario against Apache Kafka.
fn theirs(driver: &mut Driver, name: &str) -> Result<()> {
    let found = run_theirs(driver, name)?;
    compare(&golden(name)?, &found, &Differences::default())
        .context("Kafka differs from its golden")
}

/// Writes the golden anew.
fn record(driver: &mut Driver, name: &str) -> Result<()> {
    let found = run_theirs(driver, name)?;
    Ok(fs::write(golden_path(name), found.to_string())?)
}

fn run_theirs(driver: &mut Driver, name: &str) -> Result<Transcript> {
    let peer = Peer::start(&installed::place("kafka").join("libs"))?;
    run::scenario(driver, peer.kafka(), &Scenario::read(&folder(), name)?)
}

fn golden(name: &str) -> Result<Transcript> {
    let path = golden_path(name);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(Transcript::parse(&text))
}

fn golden_path(name: &str) -> PathBuf {
    folder().join("golden").join(format!("{name}.txt"))
}

/// The scenarios to run now.
fn chosen() -> Result<Vec<String>> {
    let only = env::var("RINGTIDE_TOOLS_ONLY").ok();
    Ok(all()?.into_iter().filter(|name| only.as_ref().is_none_or(|only| only == name)).collect())
}

/// All scenarios, by name.
fn all() -> Result<Vec<String>> {
    let mut names = vec![];
    for entry in fs::read_dir(folder().join("scenarios"))? {
        let path = entry?.path();
        names.push(path.file_stem().context("no name")?.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Scenarios, goldens, differences and the driver.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools")
}
