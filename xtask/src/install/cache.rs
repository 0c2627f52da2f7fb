//! The cache of installed tools: where a tool stands, whether it is whole, and how to fill its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

use anyhow::Result;

use crate::process;

static PINS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let text = include_str!("../../../tests/e2e/clients/pins.json");
    serde_json::from_str(text).unwrap_or_default()
});

const TRIES: u32 = 4;

/// `$XTASK_CACHE`, or `~/.cache/ringtide`.
pub(crate) fn folder() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/ringtide");
    env::var_os("XTASK_CACHE").map_or_else(home, PathBuf::from)
}

/// The pinned version of `name`.
pub(crate) fn pin(name: &str) -> &'static str {
    PINS.get(name).map_or("unpinned", String::as_str)
}

/// The folder of `name` at its pinned version, whether or not it is there.
pub(crate) fn place(name: &str) -> PathBuf {
    folder().join(format!("{name}-{}", pin(name)))
}

/// Calls `fill` with the place of `name`, unless that place is already whole.
pub(crate) fn ensure(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let place = place(name);
    let marker = place.join(".whole");
    if marker.exists() {
        return Ok(place);
    }
    println!("install: {name} {}", pin(name));
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    fill(&place)?;
    fs::write(marker, "")?;
    Ok(place)
}

/// Runs a command that needs the network, again when it fails.
pub(crate) fn persist(mut command: impl FnMut() -> Command) -> Result<()> {
    for attempt in 1..TRIES {
        match process::run(&mut command()) {
            Ok(()) => return Ok(()),
            Err(error) => println!("install: {error:#}, attempt {attempt} of {TRIES}"),
        }
        process::pause(Duration::from_secs(u64::from(attempt) * 5));
    }
    process::run(&mut command())
}
