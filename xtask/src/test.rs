//! `test`: what CI runs, as a table of suites. One line per suite, with its time, budget and result; the
//! output of a suite that failed follows its line.
//!
//! A budget is a promise to the reader of the table, not a gate: a slow machine fails nothing. Only
//! a suite that hangs is stopped. The tools are installed while the checks that need none of them run.

mod runner;
mod suites;

use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

pub(crate) use self::runner::count;
use self::runner::{Outcome, Runner};
use self::suites::{SUITES, Suite};

#[derive(Args)]
pub(crate) struct Options {
    /// Only the suites that need no tools and no broker process
    #[arg(long)]
    quick: bool,
    /// Only this suite; may be given more than once
    #[arg(long = "only", value_name = "SUITE")]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for name in &options.only {
        if !SUITES.iter().any(|suite| suite.name == name) {
            let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
            bail!("no suite {name}; there are {}", names.join(", "));
        }
    }
    let chosen: Vec<_> = SUITES
        .iter()
        .filter(|suite| !options.quick || suite.is_quick)
        .filter(|suite| options.only.is_empty() || options.only.iter().any(|n| n == suite.name))
        .collect();
    let runner = Runner::new(options.quick)?;
    let started = Instant::now();
    let outcomes = run_all(&runner, &chosen);
    let passed: usize = outcomes.iter().map(|outcome| outcome.passed).sum();
    let failed: usize = outcomes.iter().map(|outcome| outcome.failed).sum();
    println!("\nin {} s; logs in {}", started.elapsed().as_secs(), runner.logs().display());
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}

/// In the order of the table, but for what runs beside the rest.
fn run_all(runner: &Runner, chosen: &[&Suite]) -> Vec<Outcome> {
    let end = |handle: ScopedJoinHandle<'_, Outcome>| handle.join().unwrap_or(Outcome::BROKEN);
    thread::scope(|scope| {
        let needs_tools = chosen.iter().any(|suite| suite.needs_tools);
        let mut install = needs_tools.then(|| scope.spawn(|| runner.run(&suites::INSTALL)));
        let mut outcomes = vec![];
        let mut beside = vec![];
        for suite in chosen {
            if suite.needs_tools {
                outcomes.extend(install.take().map(end));
            }
            if suite.runs_beside {
                beside.push(scope.spawn(|| runner.run(suite)));
            } else {
                outcomes.push(runner.run(suite));
            }
        }
        outcomes.extend(beside.into_iter().map(end));
        outcomes
    })
}
