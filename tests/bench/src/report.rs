//! Medians, ratios and the report.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::Options;
use crate::cpu::Cpu;
use crate::load::Window;

/// One measurement of one side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figure {
    pub mb_per_second: Option<f64>,
    pub per_second: Option<f64>,
    pub seconds: Option<f64>,
    pub cpu: Cpu,
    /// CPU seconds per GB.
    pub cpu_per_gb: Option<f64>,
    /// CPU microseconds per batch.
    pub cpu_us: Option<f64>,
    pub p50_us: Option<f64>,
    pub p99_us: Option<f64>,
    pub refused: u64,
}

impl Figure {
    pub(crate) fn of_window(window: &Window, batch: usize, cpu: Cpu) -> Self {
        let batches = window.batches as f64;
        let bytes = batches * batch as f64;
        Self {
            mb_per_second: Some(bytes / 1e6 / window.seconds),
            per_second: Some(batches / window.seconds),
            seconds: None,
            cpu,
            cpu_per_gb: Some(cpu.total() / (bytes / 1e9)),
            cpu_us: Some(cpu.total() * 1e6 / batches),
            p50_us: Some(window.p50_us),
            p99_us: Some(window.p99_us),
            refused: window.refused,
        }
    }

    pub(crate) fn of_bytes(bytes: f64, seconds: f64, cpu: Cpu) -> Self {
        Self {
            mb_per_second: Some(bytes / 1e6 / seconds),
            cpu,
            cpu_per_gb: Some(cpu.total() / (bytes / 1e9)),
            ..Self::default()
        }
    }

    pub(crate) fn of_time(seconds: f64, cpu: Cpu) -> Self {
        Self { seconds: Some(seconds), cpu, ..Self::default() }
    }
}

/// One row with the figures of each side.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    target: String,
    sides: Vec<(&'static str, Vec<Figure>)>,
}

impl Row {
    pub(crate) fn new(name: &str, target: &str) -> Self {
        Self { name: name.to_owned(), target: target.to_owned(), sides: Vec::new() }
    }

    pub(crate) fn add(&mut self, side: &'static str, figure: Figure) {
        println!("  {side:<9} {}", cells(&[figure]).join("  "));
        match self.sides.iter_mut().find(|(name, _)| *name == side) {
            Some((_, figures)) => figures.push(figure),
            None => self.sides.push((side, vec![figure])),
        }
    }
}

/// All rows of a run.
#[derive(Debug)]
pub(crate) struct Report {
    head: String,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(options: &Options, load: &str) -> Self {
        let Options { commit, machine, date, repeats, seconds, .. } = options;
        let head = format!(
            "## {date}, commit {commit}\n\n{machine}; load average at the start {load}; \
             {repeats} repeats of {seconds} s each, sides interleaved, medians (lowest–highest).\n"
        );
        Self { head, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints the report and puts it in front of the earlier ones in `path`.
    pub(crate) fn finish(self, path: Option<&Path>) -> Result<()> {
        const MARK: &str = "<!-- measured -->\n";
        let mut text = self.head;
        for row in &self.rows {
            let _ = write!(text, "\n### {}\n\nTarget: {}.\n\n", row.name, row.target);
            text.push_str("| side | MB/s | batches/s | time | CPU-s/GB | CPU µs a batch | user / system CPU-s | p50 / p99 ms | refused |\n");
            text.push_str("|---|---|---|---|---|---|---|---|---|\n");
            for (side, figures) in &row.sides {
                let _ = writeln!(text, "| {side} | {} |", cells(figures).join(" | "));
            }
        }
        println!("\n{text}");
        if let Some(path) = path {
            let known = std::fs::read_to_string(path).unwrap_or_default();
            let (front, back) = known.split_once(MARK).unwrap_or((&known, ""));
            std::fs::write(path, format!("{front}{MARK}\n{text}\n{}", back.trim_start()))?;
        }
        Ok(())
    }
}

fn cells(figures: &[Figure]) -> Vec<String> {
    let cell = |pick: fn(&Figure) -> Option<f64>, digits| spread(figures, pick, digits);
    let pair = |a: String, b: String| {
        if a == "–" { a } else { format!("{a} / {b}") }
    };
    vec![
        cell(|figure| figure.mb_per_second, 0),
        cell(|figure| figure.per_second, 0),
        cell(|figure| figure.seconds, 3),
        cell(|figure| figure.cpu_per_gb, 3),
        cell(|figure| figure.cpu_us, 2),
        pair(median(figures, |f| Some(f.cpu.user), 2), median(figures, |f| Some(f.cpu.system), 2)),
        pair(
            median(figures, |f| f.p50_us.map(|us| us / 1e3), 2),
            median(figures, |f| f.p99_us.map(|us| us / 1e3), 2),
        ),
        figures.iter().map(|figure| figure.refused).sum::<u64>().to_string(),
    ]
}

fn sorted(figures: &[Figure], pick: fn(&Figure) -> Option<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = figures.iter().filter_map(pick).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(figures: &[Figure], pick: fn(&Figure) -> Option<f64>, digits: usize) -> String {
    let values = sorted(figures, pick);
    values.get(values.len() / 2).map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

fn spread(figures: &[Figure], pick: fn(&Figure) -> Option<f64>, digits: usize) -> String {
    let values = sorted(figures, pick);
    match (values.first(), values.last()) {
        (Some(low), Some(high)) if values.len() > 1 => {
            format!("{} ({low:.digits$}–{high:.digits$})", median(figures, pick, digits))
        }
        _ => median(figures, pick, digits),
    }
}
