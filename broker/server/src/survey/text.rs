//! Prometheus' text format, with bounds on the number of series and on their labels.

use std::{fmt::Write, sync::Arc};

use crate::metrics::durations::Distribution;

#[cfg(test)]
mod tests;

/// Most bytes of a series' labels. Clients choose names of groups, of up to 32 KiB, and each offset of
/// a group is some series; what they push (KIP-714) is cut to less.
const LABELS_BYTES_MAX: usize = 2 << 10;

/// Series being written, family by family.
#[derive(Debug)]
pub(super) struct Exposition {
    text: String,
    family: &'static str,
    series: u64,
    series_max: u64,
    dropped: u64,
}

impl Exposition {
    pub(super) const fn new(series_max: u64) -> Self {
        Self { text: String::new(), family: "", series: 0, series_max, dropped: 0 }
    }

    /// Begins a family of gauges.
    pub(super) fn gauge(&mut self, name: &'static str, help: &str) {
        self.family(name, "gauge", help);
    }

    /// Begins a family of counters.
    pub(super) fn counter(&mut self, name: &'static str, help: &str) {
        self.family(name, "counter", help);
    }

    /// Begins a family of histograms.
    pub(super) fn histogram(&mut self, name: &'static str, help: &str) {
        self.family(name, "histogram", help);
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// A series of the family begun last; none beyond the bounds. Labels are not cut: two series
    /// could become one.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        let bytes: usize = labels.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > LABELS_BYTES_MAX || self.series >= self.series_max {
            self.dropped += 1;
            return;
        }
        self.series += 1;
        self.text.push_str(self.family);
        for (at, (name, value)) in labels.iter().enumerate() {
            self.text.push(if at == 0 { '{' } else { ',' });
            self.text.push_str(name);
            self.text.push_str("=\"");
            self.escaped(value);
            self.text.push('"');
        }
        let close = if labels.is_empty() { "" } else { "}" };
        self.line(format_args!("{close} {value}\n"));
    }

    /// A series of the family of histograms begun last. The bound does not count it: its label comes
    /// from a table of ours and needs no escaping.
    pub(super) fn distribution(&mut self, label: (&str, &str), value: &Distribution) {
        let (family, (name, of)) = (self.family, label);
        for (bound, count) in &value.buckets {
            self.line(format_args!("{family}_bucket{{{name}=\"{of}\",le=\"{bound}\"}} {count}\n"));
        }
        let Distribution { count, sum_seconds, .. } = value;
        self.line(format_args!("{family}_bucket{{{name}=\"{of}\",le=\"+Inf\"}} {count}\n"));
        self.line(format_args!("{family}_sum{{{name}=\"{of}\"}} {sum_seconds}\n"));
        self.line(format_args!("{family}_count{{{name}=\"{of}\"}} {count}\n"));
    }

    fn escaped(&mut self, value: &str) {
        for c in value.chars() {
            match c {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                other => self.text.push(other),
            }
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(line);
    }

    /// The text, with how long it took to gather and what did not fit.
    pub(super) fn finish(mut self, nanos: u64) -> Arc<str> {
        let dropped = self.dropped;
        // These two always fit.
        self.series_max = u64::MAX;
        self.gauge(
            "ringtide_metrics_dropped_series",
            "Series left out of the last survey: beyond metrics.max_series, or with labels of over 2 KiB.",
        );
        self.sample(&[], float(dropped));
        self.gauge("ringtide_metrics_survey_seconds", "How long the last survey took.");
        self.sample(&[], float(nanos) / 1e9);
        self.text.into()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 52 bits")]
pub(super) const fn float(n: u64) -> f64 {
    n as f64
}
