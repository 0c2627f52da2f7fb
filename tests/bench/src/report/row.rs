//! One row: the figures of each side, and its targets.

use crate::report::figure::Figure;
use crate::report::table;
use crate::report::verdict::{Comparison, Verdict};

/// One row with the figures of each side.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub name: String,
    /// In the order in which they were first measured.
    pub sides: Vec<(String, Vec<Figure>)>,
    pub verdicts: Vec<Verdict>,
    /// Paragraphs below the table, such as what the load was.
    pub notes: Vec<String>,
    /// Whether it could not be measured.
    pub failed: bool,
}

impl Row {
    pub(crate) fn new(name: &str) -> Self {
        println!("\n{name}");
        let (sides, verdicts, notes) = (Vec::new(), Vec::new(), Vec::new());
        Self { name: name.to_owned(), sides, verdicts, notes, failed: false }
    }

    /// A row that could not be measured, with the reason.
    pub(crate) fn failed(name: &str, error: &anyhow::Error) -> Self {
        let note = format!("**Not measured**: {error:#}.");
        Self { notes: vec![note], failed: true, ..Self::new(name) }
    }

    /// Takes one measurement of `side` in and shows it.
    pub(crate) fn add(&mut self, side: &str, figure: Figure) {
        println!("  {side:<10} {}", table::line(&figure));
        match self.sides.iter_mut().find(|(name, _)| name == side) {
            Some((_, figures)) => figures.push(figure),
            None => self.sides.push((side.to_owned(), vec![figure])),
        }
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The median over the repeats of a side; `None` if the side or the value was not measured.
    pub(crate) fn median(&self, side: &str, pick: impl Fn(&Figure) -> Option<f64>) -> Option<f64> {
        let (_, figures) = self.sides.iter().find(|(name, _)| name == side)?;
        table::median(&table::sorted(figures, pick))
    }

    /// Median of one side over median of another.
    pub(crate) fn ratio(
        &self,
        side: &str,
        other: &str,
        pick: impl Fn(&Figure) -> Option<f64> + Copy,
    ) -> Option<f64> {
        Some(self.median(side, pick)? / self.median(other, pick)?)
    }

    /// What was measured of a side, in the order in which it was.
    pub(crate) fn figures(&self, side: &str) -> &[Figure] {
        let found = self.sides.iter().find(|(name, _)| name == side);
        found.map_or(&[], |(_, figures)| figures)
    }

    /// Adds a target. `measured` and `limit` are in the unit that `target` names.
    pub(crate) fn judge(
        &mut self,
        target: &str,
        measured: Option<f64>,
        limit: impl Into<Option<f64>>,
        comparison: Comparison,
    ) {
        let verdict = Verdict::new(target, measured, limit.into(), comparison);
        println!("  {}", verdict.cells().join(" | "));
        self.verdicts.push(verdict);
    }
}
