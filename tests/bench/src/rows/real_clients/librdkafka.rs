//! librdkafka, through confluent-kafka for Python.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{Ran, SIZE, printed};

const SCRIPT: &str = include_str!("../../../clients/confluent_produce.py");

pub(super) fn produce(
    python: &Path,
    address: SocketAddr,
    topic: &str,
    records: u64,
) -> Result<Ran> {
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT]).args([&address.to_string(), topic]);
    command.args([records, SIZE].map(|number| number.to_string()));
    let text = printed(&command.output().context("run Python")?)?;
    let told: serde_json::Value = serde_json::from_str(&text)?;
    ensure!(told["failed"] == 0, "records failed: {text}");
    Ok(Ran { seconds: told["seconds"].as_f64().context("seconds")?, p99_ms: None })
}
