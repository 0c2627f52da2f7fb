//! Programs built by cargo: cargo-deny, cargo-fuzz, our driver over librdkafka, and crates with their tests.
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

/// A crate, and what it has locked at a version that our compiler no longer takes.
const OUTDATED: &[(&str, &str)] = &[("rskafka", "rsasl")];

/// The sources of a crate as they come from its registry, to run its own tests.
pub(super) fn unpack(name: &str) -> Result<()> {
    ensure(name, |place| {
        let manifest = format!(
            "[package]\nname = \"sources\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n\
             [dependencies]\n{name} = \"={}\"\n[workspace]\n",
            pin(name)
        );
        fs::write(place.join("Cargo.toml"), manifest)?;
        fs::write(place.join("lib.rs"), "")?;
        persist(|| {
            let mut cargo = process::cargo(&["vendor", "--quiet"]);
            cargo.current_dir(place);
            cargo
        })?;
        fs::rename(place.join("vendor").join(name), place.join("source"))?;
        // Its choice of a compiler; ours runs it, and a workspace of its own keeps it apart.
        let _ = fs::remove_file(place.join("source/rust-toolchain.toml"));
        fs::remove_file(place.join("Cargo.toml"))?;
        fs::remove_dir_all(place.join("vendor"))?;
        for (_, dependency) in OUTDATED.iter().filter(|(of, _)| *of == name) {
            persist(|| {
                let mut cargo = process::cargo(&["update", "--quiet", dependency]);
                cargo.current_dir(place.join("source"));
                cargo
            })?;
        }
        Ok(())
    })?;
    Ok(())
}
