//! Programs built by cargo: cargo-deny, cargo-fuzz, and our driver over librdkafka.
//!
//! They are run a few times and thrown away, so they are built without optimisation: that is what keeps
//! them inside the budget of a cold run.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::cache::{ensure, persist, pin};
use crate::process;

pub(super) fn install_program(name: &str) -> Result<PathBuf> {
    let place = ensure(name, |place| {
        let target = place.join("target");
        persist(|| {
            let mut cargo = process::cargo(&["install", "--quiet", "--locked", name]);
            cargo.args(["--version", pin(name)]).arg("--root").arg(place);
            cargo
                .arg("--target-dir")
                .arg(&target)
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "false");
            cargo
        })?;
        Ok(fs::remove_dir_all(target)?)
    })?;
    Ok(place.join("bin"))
}

/// A workspace of its own: librdkafka is C, and none of it belongs among the broker's dependencies.
pub(super) fn build_rdkafka_driver() -> Result<()> {
    persist(|| {
        let mut cargo = process::cargo(&["build", "--quiet", "--locked"]);
        cargo.arg("--target-dir").arg(super::rdkafka_target());
        cargo.current_dir(process::root().join("tests/e2e/clients/rdkafka")).env("CFLAGS", "-O0");
        cargo
    })
}
