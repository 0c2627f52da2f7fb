//! The lines in which a scenario may differ from Apache Kafka's, in groups that share a reason.
//!
//! A line `# TEXT` begins a group with its reason, `$ COMMAND` names the command whose lines come next: `- LINE` is
//! printed of Apache Kafka only, `+ LINE` of our broker only. A line stands as often as it differs; of a command that a
//! scenario runs several times, all runs count together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// How often each line of each command differs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(BTreeMap<(String, String), usize>);

#[derive(Debug, Default)]
pub(super) struct Differences {
    reasons: Vec<String>,
    counts: Counts,
}

impl Counts {
    pub(super) fn add(&mut self, command: &str, line: &str) {
        *self.0.entry((command.to_owned(), line.to_owned())).or_default() += 1;
    }

    fn of(&self, key: &(String, String)) -> usize {
        self.0.get(key).copied().unwrap_or(0)
    }
}

impl Differences {
    /// None when there is no such file.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join("differences").join(format!("{name}.txt"));
        if !path.exists() {
            return Ok(Self::default());
        }
        Self::parse(&fs::read_to_string(path)?).context(name.to_owned())
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut differences = Self::default();
        let mut command = None;
        for line in text.lines().filter(|line| !line.is_empty()) {
            match (line.split_once(' ').unwrap_or((line, "")), command) {
                (("#", reason), _) => {
                    differences.reasons.push(reason.to_owned());
                    command = None;
                }
                (("$", text), _) if !differences.reasons.is_empty() => command = Some(text),
                (("-" | "+", _), Some(command)) => differences.counts.add(command, line),
                _ => bail!("cannot read {line}"),
            }
        }
        Ok(differences)
    }

    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(String::as_str)
    }

    /// How many lines are listed.
    pub(super) fn lines(&self) -> usize {
        self.counts.0.values().sum()
    }

    /// What is listed and has not occurred, or the other way round, or another number of times.
    pub(super) fn unlike(&self, occurred: &Counts) -> Vec<String> {
        let mut unlike = vec![];
        for key @ (command, line) in self.counts.0.keys().chain(occurred.0.keys()) {
            let (listed, found) = (self.counts.of(key), occurred.of(key));
            let report = match (listed, found) {
                (0, 1) => format!("$ {command}\n{line}"),
                (_, 0) => format!("$ {command}\nlisted, and no longer different: {line}"),
                _ => format!("$ {command}\nlisted {listed} times, found {found} times: {line}"),
            };
            if listed != found && !unlike.contains(&report) {
                unlike.push(report);
            }
        }
        unlike
    }
}
