//! Where `cargo xtask install` puts what the tests run: one folder of its cache per name and pinned version.

use std::env;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;

static PINS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../clients/pins.json")).unwrap_or_default()
});

/// The folder of `name`, whether or not it is there.
#[must_use]
pub fn place(name: &str) -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/ringtide");
    let cache = env::var_os("XTASK_CACHE").map_or_else(home, PathBuf::from);
    let version = PINS.get(name).and_then(Value::as_str).unwrap_or("unpinned");
    cache.join(format!("{name}-{version}"))
}
