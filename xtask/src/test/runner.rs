//! Runs one suite: its commands in order, output to a log of its own, one line when it is done.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, anyhow, bail};

use super::suites::Suite;
use crate::{install, process};

/// A suite is stopped when it takes this many budgets, and a minute.
const PATIENCE: u64 = 4;
/// Lines of a failed suite's log that are shown.
const SHOWN: usize = 150;

pub(super) struct Runner {
    logs: PathBuf,
    /// Suites whose length can be chosen take their shortest.
    is_quick: bool,
}

/// How a suite ended. A suite that counts no tests of its own counts as one.
pub(super) struct Outcome {
    pub(super) passed: usize,
    pub(super) failed: usize,
}

impl Outcome {
    /// The runner itself panicked.
    pub(super) const BROKEN: Self = Self { passed: 0, failed: 1 };
}

impl Runner {
    pub(super) fn new(is_quick: bool) -> Result<Self> {
        let logs = process::target_dir().join("xtask");
        fs::create_dir_all(&logs)?;
        Ok(Self { logs, is_quick })
    }

    pub(super) fn logs(&self) -> &Path {
        &self.logs
    }

    pub(super) fn run(&self, suite: &Suite) -> Outcome {
        let log = self.logs.join(format!("{}.log", suite.name));
        let started = Instant::now();
        let mut result = run_commands(suite, &log, self.is_quick);
        let text = fs::read_to_string(&log).unwrap_or_default();
        let outcome = outcome(&text, result.is_ok());
        if result.is_ok() && outcome.failed > 0 {
            result = Err(anyhow!("no test has run"));
        }
        let seconds = started.elapsed().as_secs_f64();
        let verdict = match &result {
            Ok(()) => format!("ok, {} passed", outcome.passed),
            Err(error) => format!("FAILED: {error:#}"),
        };
        println!("{:<9}{seconds:>7.1} s of {:>3} s  {verdict}", suite.name, suite.budget);
        if result.is_err() {
            let lines: Vec<&str> = text.lines().collect();
            let from = lines.len().saturating_sub(SHOWN);
            println!("{}", lines.get(from..).unwrap_or_default().join("\n"));
        }
        outcome
    }
}

fn run_commands(suite: &Suite, log: &Path, is_quick: bool) -> Result<()> {
    fs::write(log, "").with_context(|| format!("cannot write {}", log.display()))?;
    let limit = Duration::from_secs(suite.budget * PATIENCE + 60);
    for words in suite.commands {
        let mut command = command(words)?;
        if is_quick {
            command.env("RINGTIDE_FUZZ_SECONDS", "1");
        }
        process::run_logged(&mut command, log, limit)?;
    }
    Ok(())
}

fn command(words: &[&str]) -> Result<Command> {
    let Some((program, arguments)) = words.split_first() else { bail!("an empty command") };
    let mut command = match *program {
        "cargo" => process::cargo(arguments),
        "xtask" => process::command(env::current_exe()?, arguments),
        "deny" => process::command(install::deny(), arguments),
        "hadolint" => process::command(install::hadolint(), arguments),
        "docker-compose" => process::command(program, arguments),
        other => bail!("unknown program {other}"),
    };
    command.envs(install::variables());
    Ok(command)
}

/// A suite of tests of which none ran has failed; one that counts no tests is one.
fn outcome(log: &str, is_ok: bool) -> Outcome {
    let (passed, failed) = count(log);
    match (is_ok, passed + failed) {
        (true, 0) if log.contains("test result: ") => Outcome { passed: 0, failed: 1 },
        (true, 0) => Outcome { passed: 1, failed: 0 },
        (false, _) if failed == 0 => Outcome { passed, failed: 1 },
        _ => Outcome { passed, failed },
    }
}

/// Tests that passed and failed by the summaries that test binaries print, added up.
pub(crate) fn count(log: &str) -> (usize, usize) {
    let (mut passed, mut failed) = (0, 0);
    for line in log.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let number = |word: &str| -> usize {
            let before = line.split(word).next().unwrap_or("");
            before.split_whitespace().last().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        passed += number(" passed");
        failed += number(" failed");
    }
    (passed, failed)
}

#[cfg(test)]
mod tests;
