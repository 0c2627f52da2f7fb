//! A broker process, and commands run against it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use broker_env::{Clock, OsClock};
use serde_json::Value;
use tempfile::TempDir;

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A broker in a directory of its own; it dies with this value.
#[derive(Debug)]
pub(crate) struct Broker {
    home: TempDir,
    process: Child,
    port: u64,
}

impl Broker {
    pub(crate) fn start() -> Self {
        let home = TempDir::with_prefix("ringtide-cli-").unwrap();
        let ports = home.path().join("ports.json");
        let mut process = ringtide()
            .args(["server", "--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0"])
            .args(["--set", "ring.size=16MiB", "--set", "logging.format=text"])
            .arg("--data")
            .arg(home.path().join("data"))
            .arg("--ports-file")
            .arg(&ports)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = loop {
            if let Ok(text) = fs::read_to_string(&ports) {
                let ports: Value = serde_json::from_str(&text).unwrap();
                break ports["kafka"].as_u64().unwrap();
            }
            assert!(process.try_wait().unwrap().is_none(), "the broker did not start");
            OsClock.sleep(Duration::from_millis(5));
        };
        Self { home, process, port }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Runs a command against this broker.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.run_with(args, "")
    }

    /// Runs a command with `input` on its standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Said {
        let mut command = ringtide();
        command.args(args).args(["-b", &format!("127.0.0.1:{}", self.port)]);
        finish(command, input)
    }

    /// Runs a command and takes its output for JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let said = self.run(&[args, &["-o", "json"]].concat());
        assert_eq!(said.code, 0, "{args:?}: {}", said.err);
        serde_json::from_str(&said.out).unwrap()
    }

    /// Kills the process; the directory stays until the value goes.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // A process that has ended already cannot be killed.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The program, without the settings of whoever runs the tests.
pub(crate) fn ringtide() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringtide"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("RINGTIDE_") {
            command.env_remove(variable);
        }
    }
    command
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command, input: &str) -> Said {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that takes no input may have ended before it is written.
    let _unread = process.stdin.take().unwrap().write_all(input.as_bytes());
    let output = process.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
