//! What a scenario's tools printed: per command, in order; as text, and compared line by line.
//!
//! Lines of standard error begin with `! `, an exit status other than 0 is the line `= STATUS`.

use std::fmt;

use anyhow::{Result, ensure};

use super::differences::{Counts, Differences};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) command: String,
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Transcript {
    entries: Vec<Entry>,
}

impl Transcript {
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut transcript = Self::default();
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                transcript.push(Entry { command: command.to_owned(), lines: vec![] });
            } else if let Some(entry) = transcript.entries.last_mut() {
                entry.lines.push(line.to_owned());
            }
        }
        transcript
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            writeln!(f, "$ {}", entry.command)?;
            for line in &entry.lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Fails with every difference that is not listed for its command, and every listed one that did not occur there.
pub(super) fn compare(
    golden: &Transcript,
    found: &Transcript,
    differences: &Differences,
) -> Result<()> {
    let commands =
        |transcript: &Transcript| transcript.entries.iter().map(|e| e.command.clone()).collect();
    let (expected, ran): (Vec<String>, Vec<String>) = (commands(golden), commands(found));
    ensure!(expected == ran, "the golden is of other commands: record it again");
    let mut occurred = Counts::default();
    for (golden, found) in golden.entries.iter().zip(&found.entries) {
        for line in diff(&golden.lines, &found.lines) {
            occurred.add(&golden.command, &line);
        }
    }
    let unlike = differences.unlike(&occurred);
    ensure!(unlike.is_empty(), "{}", unlike.join("\n"));
    Ok(())
}

/// Lines only in `golden` after `- `, lines only in `found` after `+ `, by their longest common subsequence.
#[expect(clippy::indexing_slicing, reason = "rows and columns are below the lengths of the tables")]
fn diff(golden: &[String], found: &[String]) -> Vec<String> {
    let width = found.len() + 1;
    let mut common = vec![0_usize; (golden.len() + 1) * width];
    let at = |table: &[usize], row: usize, column: usize| table[row * width + column];
    for row in (0..golden.len()).rev() {
        for column in (0..found.len()).rev() {
            common[row * width + column] = if golden[row] == found[column] {
                at(&common, row + 1, column + 1) + 1
            } else {
                at(&common, row + 1, column).max(at(&common, row, column + 1))
            };
        }
    }
    let (mut row, mut column, mut lines) = (0, 0, vec![]);
    while row < golden.len() || column < found.len() {
        if row < golden.len() && column < found.len() && golden[row] == found[column] {
            row += 1;
            column += 1;
        } else if column == found.len()
            || row < golden.len() && at(&common, row + 1, column) >= at(&common, row, column + 1)
        {
            lines.push(format!("- {}", golden[row]));
            row += 1;
        } else {
            lines.push(format!("+ {}", found[column]));
            column += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests;
