//! The report of a run: a head, all targets with their outcome, then a table a row.

mod document;
pub(crate) mod figure;
pub(crate) mod row;
pub(crate) mod table;
pub(crate) mod verdict;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

pub(crate) use figure::Figure;
pub(crate) use row::Row;
pub(crate) use verdict::Comparison;

/// All rows of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Heading, machine and conditions.
    pub head: String,
    pub rows: Vec<Row>,
}

impl Report {
    /// Prints the report and adds it to the document at `path`.
    pub(crate) fn finish(self, path: Option<&Path>) -> Result<()> {
        let text = self.markdown();
        println!("\n{text}");
        path.map_or(Ok(()), |path| document::add(path, &text))
    }

    fn markdown(&self) -> String {
        let mut text = self.head.clone();
        let judged = || self.rows.iter().flat_map(|row| row.verdicts.iter().map(move |v| (row, v)));
        if judged().next().is_some() {
            text.push_str(
                "\n### Targets\n\n| row | target | limit | measured | |\n|---|---|---|---|---|\n",
            );
            for (row, verdict) in judged() {
                let _ = writeln!(text, "| {} | {} |", row.name, verdict.cells().join(" | "));
            }
        }
        for row in &self.rows {
            let _ = writeln!(text, "\n### {}", row.name);
            if !row.sides.is_empty() {
                let _ = write!(text, "\n{}", table::markdown(&row.sides));
            }
            for verdict in &row.verdicts {
                let [target, limit, measured, outcome] = verdict.cells();
                let _ = write!(text, "\n- {target}: {measured}, limit {limit}: {outcome}");
            }
            if !row.verdicts.is_empty() {
                text.push('\n');
            }
            if let Some(taken) = table::markdown_taken(&row.sides) {
                let _ = write!(text, "\n{taken}");
            }
            let threads = row.sides.iter().filter_map(|(side, figures)| {
                Some(format!("{side}: {}", table::threads(figures)?))
            });
            let threads: Vec<String> = threads.collect();
            if !threads.is_empty() {
                let _ = writeln!(text, "\nCPU by thread: {}.", threads.join("; "));
            }
            for note in &row.notes {
                let _ = writeln!(text, "\n{note}");
            }
        }
        text
    }
}
