//! Runs commands and holds what they said.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tests_e2e::broker::{Broker, binary};

/// A user with a home of his own.
pub(super) struct Shell {
    home: TempDir,
    bootstrap: Option<String>,
    variables: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Shell {
    pub(super) fn new() -> Result<Self> {
        let home = TempDir::with_prefix("ringtide-home-")?;
        Ok(Self { home, bootstrap: None, variables: Vec::new() })
    }

    /// One whose commands speak to `broker`.
    pub(super) fn of(broker: &Broker) -> Result<Self> {
        Ok(Self { bootstrap: Some(broker.kafka().to_string()), ..Self::new()? })
    }

    pub(super) fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Runs a command line, split at blanks.
    pub(super) fn run(&self, line: &str) -> Result<Said> {
        self.feed(line, "")
    }

    /// Runs a command line with `input` on its standard input.
    pub(super) fn feed(&self, line: &str, input: &str) -> Result<Said> {
        let mut command = Command::new(binary()?);
        command.args(line.split_whitespace()).env_clear();
        command.env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        if let Some(bootstrap) = &self.bootstrap {
            command.env("RINGTIDE_BOOTSTRAP", bootstrap);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        // A command that takes no input may be gone by now.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output()?;
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs a command that must do what it is told; its standard output.
    pub(super) fn ok(&self, line: &str) -> Result<String> {
        let said = self.run(line)?;
        ensure!(said.code == 0, "ringtide {line}: {said:?}");
        Ok(said.out)
    }

    /// The result of a command as rows of JSON.
    pub(super) fn rows(&self, line: &str) -> Result<Vec<Value>> {
        let out = self.ok(&format!("{line} -o json"))?;
        let value: Value = serde_json::from_str(&out).with_context(|| format!("{line}: {out}"))?;
        value.as_array().cloned().with_context(|| format!("{line}: {out} is no list"))
    }
}

/// The lines of a table without its padding.
pub(super) fn lines(table: &str) -> Vec<String> {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    table.lines().map(line).filter(|line| !line.is_empty()).collect()
}
