//! Kafka Connect, distributed: a file goes through a topic into another file, while worker and broker are restarted,
//! and both files are the same.
//!
//! Connect keeps its own state in compacted topics and a consumer group here, so this is also a run of those.

pub(crate) mod http;
pub(crate) mod worker;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use serde_json::json;
use tempfile::TempDir;
use tests_e2e::broker::Launch;
use tests_e2e::installed;

use self::worker::{Discovery, Worker};

/// Lines that are appended between two events.
const LINES: usize = 2000;
/// They have arrived after this time, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(50);

#[test]
fn a_file_crosses_restarts_of_worker_and_broker_unchanged() -> Result<()> {
    let folder = TempDir::with_prefix("ringtide-connect-")?;
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let launch = Launch::new()?.on_port(tests_e2e::broker::free_port()?);
    let broker = launch.start()?;
    append(&input, 0)?;
    let plugins = [installed::place("connect-file")];
    let worker = Worker::start(folder.path(), broker.kafka(), &plugins, Discovery::Services)?;
    let connector = |class: &str, file: &Path| {
        let class = format!("org.apache.kafka.connect.file.FileStream{class}Connector");
        json!({"connector.class": class, "tasks.max": "1", "file": file,
               "topic": "lines", "topics": "lines"})
    };
    worker.configure("source", &connector("Source", &input))?;
    worker.configure("sink", &connector("Sink", &output))?;
    wait_lines(&output, LINES).with_context(|| worker.log())?;

    append(&input, 1)?;
    let broker = broker.kill()?.start()?;
    append(&input, 2)?;
    wait_lines(&output, 3 * LINES).with_context(|| worker.log())?;

    append(&input, 3)?;
    worker.stop()?;
    append(&input, 4)?;
    let worker = Worker::start(folder.path(), broker.kafka(), &plugins, Discovery::Services)?;
    wait_lines(&output, 5 * LINES).with_context(|| worker.log())?;
    worker.stop()?;

    let (read, written) = (fs::read(&input)?, fs::read(&output)?);
    ensure!(read == written, "the files differ");
    println!("connect: {} lines, {} bytes, files identical", 5 * LINES, written.len());
    Ok(())
}

/// The lines number `LINES * part` and on.
fn append(path: &Path, part: usize) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let lines: String = (part * LINES..(part + 1) * LINES)
        .map(|number| {
            format!("{number}: a line of {} signs{}\n", number % 97, "~".repeat(number % 97))
        })
        .collect();
    Ok(file.write_all(lines.as_bytes())?)
}

fn wait_lines(path: &Path, count: usize) -> Result<()> {
    let end = OsClock.now().0 + u64::try_from(PATIENCE.as_nanos())?;
    loop {
        let found = fs::read_to_string(path).map_or(0, |text| text.lines().count());
        if found >= count {
            return Ok(());
        }
        ensure!(OsClock.now().0 < end, "{found} lines of {count} have arrived");
        OsClock.sleep(LOOK);
    }
}
