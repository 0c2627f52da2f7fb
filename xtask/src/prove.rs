//! `prove`: the long forms of what `test` runs in seconds. Each leaves a row in docs/PROOFS.md: date, commit,
//! machine, what was run, its figure.
//!
//! Length is asked for through environment variables that the tests read; its figure is what a test
//! prints about itself.

pub(crate) mod image;
pub(crate) mod machine;
mod proofs;

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use self::proofs::{PROOFS, Proof, Run};
use crate::{install, process, test};

#[derive(Args)]
pub(crate) struct Options {
    /// Only this proof; may be given more than once
    #[arg(long = "only", value_name = "PROOF")]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen = |proof: &&Proof| {
        options.only.is_empty() || options.only.iter().any(|name| name == proof.name)
    };
    // Before the first row changes the tree.
    let commit = machine::commit()?;
    process::build_release(&["--package=broker"])?;
    let mut failed = vec![];
    for proof in PROOFS.iter().filter(chosen) {
        let started = Instant::now();
        let result = prove(proof);
        let seconds = started.elapsed().as_secs();
        match &result {
            Ok(figure) => println!("{:<10}{seconds:>6} s  {figure}", proof.name),
            Err(error) => println!("{:<10}{seconds:>6} s  FAILED: {error:#}", proof.name),
        }
        if result.is_err() {
            failed.push(proof.name);
        }
        append(proof, &commit, &result, seconds)?;
    }
    if !failed.is_empty() {
        bail!("not proved: {}", failed.join(", "));
    }
    Ok(())
}

/// Runs it and returns the figures that it printed.
fn prove(proof: &Proof) -> Result<String> {
    let logs = process::target_dir().join("xtask");
    fs::create_dir_all(&logs)?;
    let log = logs.join(format!("prove-{}.log", proof.name));
    fs::write(&log, "")?;
    install::for_proof(proof.name)?;
    let commands = match proof.run {
        Run::Tests(words) => vec![tests(words)],
        Run::Xtask(words) => vec![process::command(env::current_exe()?, words)],
        Run::LibFuzzer(rows) => rows.iter().map(|row| libfuzzer(row)).collect::<Result<_>>()?,
    };
    for mut command in commands {
        command.envs(install::variables()).envs(proof.length.iter().copied());
        command.env("RINGTIDE_BIN", process::release_broker());
        process::run_logged(&mut command, &log, Duration::from_secs(proof.limit))
            .with_context(|| format!("see {}", log.display()))?;
    }
    let text = fs::read_to_string(&log)?;
    let Some(figure) = proof.figure else {
        return Ok(format!("{} tests passed", test::count(&text).0));
    };
    let figures: Vec<&str> =
        text.lines().filter(|line| line.contains(figure)).map(str::trim).collect();
    ensure!(!figures.is_empty(), "it printed no figure; see {}", log.display());
    Ok(figures.join("; "))
}

/// Names the whole workspace, as CI does: another choice of packages would build the dependencies again.
fn tests(words: &[&str]) -> Command {
    let mut command =
        process::cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--test=it"]);
    let (filter, rest) = words.split_at(1);
    command.args(filter).args(["--", "--nocapture"]).args(rest);
    command
}

/// One row of the fuzz table under libFuzzer, on the nightly compiler that its instrumentation needs.
fn libfuzzer(row: &str) -> Result<Command> {
    const SECONDS: &str = "-max_total_time=600";
    let mut path = vec![install::for_fuzzing()?];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let words = ["+nightly", "fuzz", "run", "--fuzz-dir=tests/fuzz/libfuzzer", row, "--", SECONDS];
    let mut command = process::command("cargo", &words);
    command.env("PATH", env::join_paths(path)?);
    command.env("CARGO_TARGET_DIR", process::target_dir().join("libfuzzer"));
    Ok(command)
}

fn append(proof: &Proof, commit: &str, result: &Result<String>, seconds: u64) -> Result<()> {
    let row = format!(
        "| {} | {} | {} | {} | {} | {seconds} s |\n",
        machine::today()?,
        commit,
        machine::describe()?,
        proof.what,
        outcome(result).replace('|', "\\|"),
    );
    let path = process::root().join("docs/PROOFS.md");
    let mut file = OpenOptions::new().append(true).open(&path)?;
    file.write_all(row.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// What the row says. Why a run failed names paths of this machine, which are nobody else's business.
fn outcome(result: &Result<String>) -> &str {
    result.as_ref().map_or("FAILED", String::as_str)
}
