//! One driver program per client library: how it is started, and what its library cannot do.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A client library behind a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    Confluent,
    KafkaPython,
    KafkaPythonOld,
    Kcat,
    Java,
    Rdkafka,
}

pub(super) const ALL: [Driver; 6] = [
    Driver::Confluent,
    Driver::KafkaPython,
    Driver::KafkaPythonOld,
    Driver::Kcat,
    Driver::Java,
    Driver::Rdkafka,
];

impl Driver {
    /// Prefix of its topics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Confluent => "confluent",
            Self::KafkaPython => "kafka-python",
            Self::KafkaPythonOld => "kafka-python-old",
            Self::Kcat => "kcat",
            Self::Java => "java",
            Self::Rdkafka => "rdkafka",
        }
    }

    /// The name under which `scenario.json` lists records that it cannot write.
    pub(super) fn family(self) -> &'static str {
        if self == Self::KafkaPythonOld { Self::KafkaPython.name() } else { self.name() }
    }

    /// kcat cannot set the timestamp of a record.
    pub(super) fn sets_timestamps(self) -> bool {
        self != Self::Kcat
    }

    pub(super) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Kcat | Self::KafkaPythonOld)
    }

    /// kcat shows a header with an empty value as it shows one without a value.
    pub(super) fn tells_empty_header_from_null(self) -> bool {
        self != Self::Kcat
    }

    /// Runs the driver and returns the lines that it writes.
    pub(super) fn run(self, words: &[&str]) -> Result<Vec<Value>> {
        let mut command = self.command();
        let out = command
            .args(words)
            .output()
            .with_context(|| format!("cannot start {command:?}: run `cargo xtask install`"))?;
        let said = String::from_utf8_lossy(&out.stderr);
        ensure!(out.status.success(), "{self:?} {words:?}: {}\n{said}", out.status);
        let lines = String::from_utf8(out.stdout)?;
        lines.lines().map(|line| serde_json::from_str(line).context(line.to_owned())).collect()
    }

    fn command(self) -> Command {
        match self {
            Self::Confluent => python(&place("confluent-kafka").join("bin/python"), "confluent.py"),
            Self::KafkaPython | Self::KafkaPythonOld => {
                python(&place(self.name()).join("bin/python"), "kafka_python.py")
            }
            Self::Kcat => python(Path::new("python3"), "kcat.py"),
            Self::Java => {
                let mut java = Command::new("java");
                // One short run: the first compiler alone is the fastest.
                java.arg("-XX:TieredStopAtLevel=1").arg("-cp");
                java.arg(place("kafka-clients").join("libs/*")).arg(folder().join("Client.java"));
                java
            }
            Self::Rdkafka => {
                let target =
                    env::var_os("XTASK_RDKAFKA").map_or_else(default_target, PathBuf::from);
                Command::new(target.join("debug/rdkafka-driver"))
            }
        }
    }
}

/// The folder of the drivers.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn python(interpreter: &Path, script: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg("-B").arg(folder().join(script));
    command
}

/// Where `cargo xtask install` puts a library at its pinned version.
fn place(name: &str) -> PathBuf {
    static PINS: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../clients/pins.json")).unwrap_or_default()
    });
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/ringtide");
    let cache = env::var_os("XTASK_CACHE").map_or_else(home, PathBuf::from);
    let version = PINS.get(name).and_then(Value::as_str).unwrap_or("unpinned");
    cache.join(format!("{name}-{version}"))
}

/// As `cargo xtask install` builds it: in the workspace's target folder.
fn default_target() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    env::var_os("CARGO_TARGET_DIR").map_or(workspace, PathBuf::from).join("rdkafka")
}
