//! Costs along a growing number: a line through them, and a chart.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::bench::Bench;
use crate::report::{Comparison, Row};
use crate::svg::{Chart, Series};

/// What a cost may grow by when the number doubles.
pub(crate) const A_DOUBLING: f64 = 0.05;

/// Folder of the charts, beside the report.
const REPORT_FOLDER: &str = "benchmarks";

/// Slope of the line of least squares through the logarithms of `points`; `None` of fewer than two
/// different numbers.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let logs = || points.iter().map(|(x, y)| (x.ln(), y.ln()));
    let (x_mean, y_mean) =
        (logs().map(|(x, _)| x).sum::<f64>() / count, logs().map(|(_, y)| y).sum::<f64>() / count);
    let spread: f64 = logs().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let together: f64 = logs().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    Some(together / spread).filter(|slope| slope.is_finite())
}

/// The share by which the cost grows a doubling.
pub(crate) fn a_doubling(points: &[(f64, f64)]) -> Option<f64> {
    Some(2_f64.powf(slope(points)?) - 1.0)
}

pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Judges how the cost of a request grows, in percent.
pub(crate) fn judge(row: &mut Row, what: &str, points: &[(f64, f64)]) {
    let target = format!("{what} grows a doubling by % ≤ {:.0}", A_DOUBLING * 100.0);
    let measured = a_doubling(points).map(|share| share * 100.0);
    row.judge(&target, measured, A_DOUBLING * 100.0, Comparison::AtMost);
}

/// A chart to draw.
pub(crate) struct Drawn<'a> {
    /// Name of its file, without the ending.
    pub file: &'a str,
    pub title: &'a str,
    pub x_label: &'a str,
    pub y_label: &'a str,
}

impl Drawn<'_> {
    /// Writes the chart beside the report, if there is one, and links it from the row.
    pub(crate) fn draw(
        &self,
        bench: &Bench<'_>,
        row: &mut Row,
        series: &[(&str, &[(f64, f64)])],
    ) -> Result<()> {
        let Some(report) = &bench.options.report else { return Ok(()) };
        let positive =
            |points: &[(f64, f64)]| points.iter().copied().filter(|(_, y)| *y > 0.0).collect();
        let series = series.iter().filter(|(_, points)| !points.is_empty());
        let chart = Chart {
            title: self.title.to_owned(),
            x_label: self.x_label.to_owned(),
            y_label: self.y_label.to_owned(),
            series: series
                .map(|(name, points)| Series { name: (*name).to_owned(), points: positive(points) })
                .collect(),
        };
        let folder = report.parent().unwrap_or_else(|| Path::new("")).join(REPORT_FOLDER);
        std::fs::create_dir_all(&folder)?;
        let name = format!("{}.svg", self.file);
        std::fs::write(folder.join(&name), chart.draw()).context("write a chart")?;
        row.note(format!("![{}]({REPORT_FOLDER}/{name})", self.title));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
