//! Targets, judged by the figures of the run itself.

/// On which side of its limit a value should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtLeast,
    AtMost,
}

/// One target of a row and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// In words, with the unit of both numbers.
    pub target: String,
    measured: Option<f64>,
    limit: Option<f64>,
    comparison: Comparison,
}

impl Verdict {
    /// Either number is empty if a side it needs was not measured.
    pub(crate) fn new(
        target: &str,
        measured: Option<f64>,
        limit: Option<f64>,
        comparison: Comparison,
    ) -> Self {
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        let (measured, limit) = (finite(measured), finite(limit));
        Self { target: target.to_owned(), measured, limit, comparison }
    }

    /// `None` if it cannot be judged.
    pub(crate) fn reached(&self) -> Option<bool> {
        let (measured, limit) = (self.measured?, self.limit?);
        Some(match self.comparison {
            Comparison::AtLeast => measured >= limit,
            Comparison::AtMost => measured <= limit,
        })
    }

    /// Cells of the table of verdicts: target, limit, measured, outcome.
    pub(crate) fn cells(&self) -> [String; 4] {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), significant);
        let sign = match self.comparison {
            Comparison::AtLeast => '≥',
            Comparison::AtMost => '≤',
        };
        let outcome = match self.reached() {
            Some(true) => "reached",
            Some(false) => "**missed**",
            None => "not measured",
        };
        let limit = format!("{sign} {}", number(self.limit));
        [self.target.clone(), limit, number(self.measured), outcome.to_owned()]
    }
}

/// Three significant digits, whole above a hundred.
pub(crate) fn significant(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests;
