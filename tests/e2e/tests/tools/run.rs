//! Runs a scenario against a broker, whichever it is, and writes down what the tools printed.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use broker_env::{Clock, OsClock};
use tempfile::TempDir;

use super::driver::{Answer, Driver};
use super::scenario::{Command, Scenario, Step, Stop};
use super::transcript::{Entry, Transcript};

/// Something that a scenario waits for happens within this time.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn scenario(
    driver: &mut Driver,
    broker: SocketAddr,
    scenario: &Scenario,
) -> Result<Transcript> {
    let folder = TempDir::with_prefix("ringtide-tools-")?;
    let mut files = BTreeMap::new();
    let mut transcript = Transcript::default();
    for step in &scenario.steps {
        match step {
            Step::Run(command) => {
                let words = words(command, broker, &files);
                match &command.runs_as {
                    Some(name) => driver.leave(name, &words)?,
                    None => transcript.push(entry(command, ask(driver, command, &words)?)),
                }
            }
            Step::Stop(Stop { name, after, rules }) => {
                if let Some(text) = after {
                    wait_for(driver, name, text)?;
                }
                let command = Command { text: format!("stop {name}"), ..Command::default() };
                transcript.push(entry(&command, driver.stop(name, rules)?));
            }
            Step::File { name, lines } => {
                let path = folder.path().join(name);
                fs::write(&path, lines.join("\n"))?;
                files.insert(format!("{{{name}}}"), path.to_string_lossy().into_owned());
            }
        }
    }
    Ok(transcript)
}

/// The command line with the broker's address where this tool wants it, and the paths of files.
fn words(command: &Command, broker: SocketAddr, files: &BTreeMap<String, String>) -> Vec<String> {
    let mut words: Vec<String> =
        command.words.iter().map(|word| files.get(word).unwrap_or(word).clone()).collect();
    let tool = words.first().map_or("", String::as_str);
    // The options of `cluster` belong to its subcommands, those of the others stand before them.
    let place = if tool == "cluster" { words.len() } else { 1 };
    words.splice(place..place, ["--bootstrap-server".to_owned(), broker.to_string()]);
    words
}

fn ask(driver: &mut Driver, command: &Command, words: &[String]) -> Result<Answer> {
    let input: String = command.input.iter().map(|line| format!("{line}\n")).collect();
    let end = deadline()?;
    loop {
        let answer = driver.run(words, &input, &command.rules)?;
        let Some(text) = &command.until else { return Ok(answer) };
        if answer.out.iter().any(|line| line.contains(text.as_str())) {
            return Ok(answer);
        }
        ensure!(OsClock.now().0 < end, "{}: no {text} in {:#?}", command.text, answer.out);
        OsClock.sleep(PAUSE);
    }
}

/// Returns once a tool that runs on has printed it.
fn wait_for(driver: &mut Driver, name: &str, text: &str) -> Result<()> {
    let end = deadline()?;
    while !driver.has_printed(name, text)? {
        ensure!(OsClock.now().0 < end, "{name} does not print {text}");
        OsClock.sleep(PAUSE);
    }
    Ok(())
}

fn deadline() -> Result<u64> {
    Ok(OsClock.now().0 + u64::try_from(PATIENCE.as_nanos())?)
}

fn entry(command: &Command, answer: Answer) -> Entry {
    let mut lines = answer.out;
    if command.is_unordered {
        lines.sort();
    }
    lines.extend(answer.err.into_iter().map(|line| format!("! {line}")));
    if answer.exit != 0 {
        lines.push(format!("= {}", answer.exit));
    }
    Entry { command: command.text.clone(), lines }
}
