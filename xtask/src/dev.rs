//! `dev`: from a checkout to a running broker in one command.
//!
//! It runs the binary with the defaults that the binary itself carries, so that what a developer sees is
//! what a user sees; it must not grow settings of its own.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};
use clap::Args;

use crate::process;

#[derive(Args)]
pub(crate) struct Options {
    /// Build with optimisations
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut build = process::cargo(&["build", "--package", "broker"]);
    if options.release {
        build.arg("--release");
    }
    process::run(&mut build)?;
    println!("{}", TRY);
    let profile = if options.release { "release" } else { "debug" };
    let binary = process::target_dir().join(profile).join("ringtide");
    // Replaced rather than spawned: signals reach the broker, and its exit code is ours.
    let error = process::command(&binary, &[]).exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}

const TRY: &str = "\
try, from another terminal:
  produce   printf 'k1:hello\\nk2:world\\n' | kcat -b localhost:9092 -t greetings -P -K:
  consume   kcat -b localhost:9092 -t greetings -C -o beginning -e -f '%p/%o %k = %s\\n'
  query     kcat -b localhost:9092 -L     curl -s localhost:8080/metrics
";
