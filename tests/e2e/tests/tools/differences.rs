//! The lines in which a scenario may differ from Apache Kafka's, in groups that share a reason.
//!
//! A line `# TEXT` begins a group with its reason; `- LINE` is printed of Apache Kafka only, `+ LINE` of our broker only.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

#[derive(Debug, Default)]
pub(super) struct Differences {
    reasons: Vec<String>,
    lines: Vec<String>,
}

impl Differences {
    /// None when there is no such file.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join("differences").join(format!("{name}.txt"));
        let mut differences = Self::default();
        if !path.exists() {
            return Ok(differences);
        }
        for line in fs::read_to_string(path)?.lines().filter(|line| !line.is_empty()) {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("#", reason) => differences.reasons.push(reason.to_owned()),
                ("-" | "+", _) if !differences.reasons.is_empty() => {
                    differences.lines.push(line.to_owned());
                }
                _ => bail!("{name}: cannot read {line}"),
            }
        }
        Ok(differences)
    }

    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(String::as_str)
    }

    /// How many lines are listed.
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn lists(&self, line: &str) -> bool {
        self.lines.iter().any(|listed| listed == line)
    }

    /// Those that are not among the ones that occurred.
    pub(super) fn missing(&self, occurred: &[String]) -> Vec<&str> {
        let is_gone = |line: &&String| !occurred.contains(line);
        self.lines.iter().filter(is_gone).map(String::as_str).collect()
    }
}
