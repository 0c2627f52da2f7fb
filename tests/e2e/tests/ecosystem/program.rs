//! One program per framework: how it is started, and how its counts are read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tests_e2e::installed::place;

/// Flights per carrier.
pub(super) type Counts = BTreeMap<String, u64>;

#[derive(Clone, Copy, Debug)]
pub(super) enum Program {
    Bytewax,
    Quix,
    Faust,
    Spark,
    Flink,
    Streams,
}

impl Program {
    /// As `prove` calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bytewax => "bytewax",
            Self::Quix => "quix",
            Self::Faust => "faust",
            Self::Spark => "spark",
            Self::Flink => "flink",
            Self::Streams => "streams",
        }
    }

    pub(super) fn run(self, broker: SocketAddr, folder: &Path, count: usize) -> Result<Counts> {
        let (mut command, more) = match self {
            Self::Bytewax => (python("bytewax", "bytewax_count.py"), vec![]),
            Self::Quix => (python("quixstreams", "quix_count.py"), vec![folder.into()]),
            Self::Faust => (python("faust-streaming", "faust_count.py"), vec![folder.into()]),
            Self::Spark => {
                let jars = place("spark-sql-kafka-0-10_2.13");
                (python("pyspark", "spark_count.py"), vec![folder.to_path_buf(), jars])
            }
            Self::Flink => {
                let jars = place("flink-sql-connector-kafka");
                (python("apache-flink", "flink_count.py"), vec![folder.to_path_buf(), jars])
            }
            Self::Streams => {
                let mut java = Command::new("java");
                java.arg("-cp").arg(place("kafka-streams").join("libs/*"));
                java.arg(scripts().join("WordCount.java"));
                (java, vec![folder.into()])
            }
        };
        command.arg(broker.to_string()).arg("flights").arg(count.to_string()).args(more);
        counts(&mut command)
    }
}

/// Fills the topic as the demonstration does.
pub(super) fn produce_flights(broker: SocketAddr, count: usize) -> Result<()> {
    let mut python = Command::new(place("confluent-kafka").join("bin/python"));
    python.arg("-B").arg(flights().join("produce.py")).arg("--bootstrap").arg(broker.to_string());
    python.arg("--data").arg(place("nycflights13")).args(["--sample", &count.to_string()]);
    let status = python.stdout(Stdio::null()).status()?;
    ensure!(status.success(), "cannot produce: {status}");
    Ok(())
}

pub(super) fn expected(count: usize) -> Result<Counts> {
    let mut python = Command::new("python3");
    python.arg("-B").arg(scripts().join("expected.py")).arg(flights());
    counts(python.arg(place("nycflights13")).arg(count.to_string()))
}

/// Runs it and reads the one line of JSON among what it prints.
fn counts(command: &mut Command) -> Result<Counts> {
    let out = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let (text, errors) =
        (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    ensure!(out.status.success(), "{command:?}: {}\n{text}\n{errors}", out.status);
    // Before it may stand what a terminal would take for a command.
    let line = text.lines().rev().find_map(|line| line.get(line.find('{')?..));
    let line =
        line.with_context(|| format!("{command:?} has counted nothing\n{text}\n{errors}"))?;
    Ok(serde_json::from_str(line)?)
}

fn python(environment: &str, script: &str) -> Command {
    let mut command = Command::new(place(environment).join("bin/python"));
    command.arg("-B").arg(scripts().join(script));
    command
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ecosystem")
}

fn flights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/flights")
}
