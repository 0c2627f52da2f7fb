//! System packages: kcat, and what the other installers stand on. Debian's names.
//!
//! Nothing is asked of the package manager when every program is already there, so that an ordinary
//! user with the tools installed needs no rights.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::cache::{ensure, persist, pin};
use crate::process;

/// A command that shows the package is there, and the package.
const NEEDED: &[(&[&str], &str)] = &[
    (&["kcat", "-V"], "kcat"),
    (&["python3", "-m", "venv", "-h"], "python3-venv"),
    (&["python3", "-c", "import ensurepip"], "python3-venv"),
    (&["javac", "-version"], "default-jdk-headless"),
    (&["mvn", "-v"], "maven"),
    (&["node", "--version"], "nodejs"),
    (&["npm", "--version"], "npm"),
    (&["go", "version"], "golang-go"),
    (&["make", "-v"], "make"),
    // Reads the composition; it runs nothing, so no engine is needed.
    (&["docker-compose", "version"], "docker-compose"),
    (&["cc", "--version"], "gcc"),
    (&["g++", "--version"], "g++"),
    (&["test", "-e", "/usr/include/zlib.h"], "zlib1g-dev"),
    (&["valgrind", "--version"], "valgrind"),
    (&["strace", "--version"], "strace"),
];

pub(super) fn install() -> Result<()> {
    let mut missing: Vec<&str> =
        NEEDED.iter().filter(|(probe, _)| !works(probe)).map(|(_, package)| *package).collect();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    println!("install: apt packages {}", missing.join(" "));
    persist(|| apt(&["update", "-qq"]))?;
    let mut words = vec!["install", "-y", "-qq", "--no-install-recommends"];
    words.extend(&missing);
    persist(|| apt(&words)).with_context(|| format!("install by hand: {}", missing.join(" ")))
}

/// A package for those who need no other.
pub(super) fn install_one(probe: &[&str], package: &str) -> Result<()> {
    if works(probe) {
        return Ok(());
    }
    persist(|| apt(&["update", "-qq"]))?;
    persist(|| apt(&["install", "-y", "-qq", "--no-install-recommends", package]))
        .with_context(|| format!("install by hand: {package}"))
}

/// Downloads a package at its pinned version and unpacks it into the cache: nothing is installed, so
/// this needs no rights and starts no service.
pub(super) fn unpack(name: &str) -> Result<()> {
    ensure(name, |place| {
        let package = format!("{name}={}", pin(name));
        let download = || {
            let mut command = apt(&["download", "-qq", &package]);
            command.current_dir(place);
            command
        };
        if process::run(&mut download()).is_err() {
            // The lists may be old, or there may be none.
            persist(|| apt(&["update", "-qq"]))?;
            persist(download)?;
        }
        for entry in fs::read_dir(place)? {
            let archive = entry?.path();
            if archive.extension().is_some_and(|extension| extension == "deb") {
                process::run(process::command("dpkg-deb", &["-x"]).arg(&archive).arg(place))?;
                fs::remove_file(&archive)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn works(probe: &[&str]) -> bool {
    let Some((program, arguments)) = probe.split_first() else { return true };
    process::command(program, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn apt(words: &[&str]) -> std::process::Command {
    let mut command = process::command("apt-get", words);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
