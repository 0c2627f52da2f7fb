//! `fix`: the one subcommand that changes source files. It applies the formatter and those of
//! clippy's corrections that are safe to apply by machine.

use anyhow::Result;

use crate::process;

pub(crate) fn run() -> Result<()> {
    process::run(&mut process::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--fix",
        "--allow-dirty",
        "--allow-staged",
    ]))?;
    process::run(&mut process::cargo(&["fmt", "--all"]))
}
