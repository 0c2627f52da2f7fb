//! The process that runs Kafka's tools: one for a whole test, because its start costs more than a dozen tools.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests_e2e::installed;

use super::folder;

pub(super) struct Driver {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a tool did, normalised.
pub(super) struct Answer {
    pub(super) exit: i64,
    pub(super) out: Vec<String>,
    pub(super) err: Vec<String>,
}

impl Driver {
    pub(super) fn start() -> Result<Self> {
        let mut java = Command::new("java");
        // Short runs: the first compiler alone is the fastest.
        java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512M"]);
        java.args(["--add-opens=java.base/java.lang=ALL-UNNAMED", "-cp"]);
        java.arg(installed::place("kafka").join("libs/*"));
        java.arg(folder().join("Tools.java")).arg(folder().join("normalise.json"));
        let mut process = java
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start java: run `cargo xtask install`")?;
        let requests = process.stdin.take().context("no standard input")?;
        let answers = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, requests, answers })
    }

    pub(super) fn run(
        &mut self,
        words: &[String],
        input: &str,
        rules: &[String],
    ) -> Result<Answer> {
        let answer =
            self.ask(&json!({"do": "run", "words": words, "in": input, "rules": rules}))?;
        Answer::read(&answer)
    }

    /// Starts a tool that runs on under a name.
    pub(super) fn leave(&mut self, name: &str, words: &[String]) -> Result<()> {
        self.ask(&json!({"do": "start", "name": name, "words": words}))?;
        Ok(())
    }

    /// Whether a tool that runs on has printed this by now.
    pub(super) fn has_printed(&mut self, name: &str, text: &str) -> Result<bool> {
        let answer = self.ask(&json!({"do": "look", "name": name}))?;
        Ok(answer.get("out").and_then(Value::as_str).context("no output")?.contains(text))
    }

    pub(super) fn stop(&mut self, name: &str, rules: &[String]) -> Result<Answer> {
        Answer::read(&self.ask(&json!({"do": "stop", "name": name, "rules": rules}))?)
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("{request} was answered {line}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Answer {
    fn read(answer: &Value) -> Result<Self> {
        let lines = |name: &str| -> Vec<String> {
            let text = answer.get(name).and_then(Value::as_str).unwrap_or("");
            // A tool that prints one empty line prints something else than one that prints nothing, but
            // nobody would notice.
            text.lines().map(str::to_owned).collect()
        };
        let exit = answer.get("exit").and_then(Value::as_i64).context("no exit status")?;
        Ok(Self { exit, out: lines("out"), err: lines("err") })
    }
}
