//! How each driver is started, and where `cargo xtask install` puts what it needs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use super::Driver;

pub(super) fn of(driver: Driver) -> Command {
    match driver {
        Driver::Confluent => python("confluent-kafka", "confluent.py"),
        Driver::KafkaPython => python("kafka-python", "kafka_python.py"),
        Driver::KafkaPythonOld => python("kafka-python-old", "kafka_python.py"),
        Driver::Aiokafka => python("aiokafka", "aio_kafka.py"),
        Driver::Kcat => script(Path::new("python3"), "kcat.py"),
        Driver::Java => java("kafka-clients"),
        Driver::JavaOld => java("kafka-clients-old"),
        Driver::Kafkajs => node("kafkajs", "kafkajs.mjs"),
        Driver::Platformatic => node("platformatic", "platformatic.mjs"),
        Driver::Franz => Command::new(drivers().join("franz")),
        Driver::Rdkafka => {
            let target = built("XTASK_RDKAFKA", "rdkafka");
            Command::new(target.join("debug/rdkafka-driver"))
        }
    }
}

/// The folder of the drivers.
pub(in super::super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn python(library: &str, file: &str) -> Command {
    script(&place(library).join("bin/python"), file)
}

fn script(interpreter: &Path, file: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg("-B").arg(folder().join(file));
    command
}

fn java(library: &str) -> Command {
    let mut java = Command::new("java");
    // A short run of one of many: the first compiler alone and the simplest collector are the fastest.
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp"]);
    let jars = place(library).join("libs/*");
    java.arg(format!("{}:{}", jars.display(), drivers().join(library).display())).arg("Client");
    java
}

fn node(library: &str, file: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(folder().join(file)).env("DRIVER_MODULES", place(library).join("node_modules"));
    node
}

/// Where `cargo xtask install` puts a library at its pinned version.
pub(in super::super) fn place(name: &str) -> PathBuf {
    static PINS: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../clients/pins.json")).unwrap_or_default()
    });
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/ringtide");
    let cache = env::var_os("XTASK_CACHE").map_or_else(home, PathBuf::from);
    let version = PINS.get(name).and_then(Value::as_str).unwrap_or("unpinned");
    cache.join(format!("{name}-{version}"))
}

/// Where it puts the drivers that need compiling.
pub(in super::super) fn drivers() -> PathBuf {
    built("XTASK_DRIVERS", "drivers")
}

/// A folder in the workspace's target folder, unless the environment names another.
fn built(variable: &str, name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let target = || env::var_os("CARGO_TARGET_DIR").map_or(workspace, PathBuf::from);
    env::var_os(variable).map_or_else(|| target().join(name), PathBuf::from)
}
