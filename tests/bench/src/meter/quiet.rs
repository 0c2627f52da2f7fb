//! Whether anything else keeps the machine busy: then no figure would mean anything.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

const SPAN: Duration = Duration::from_secs(2);
/// The most of all cores that others may use.
const BUSY_MAX: f64 = 0.15;

/// How busy the machine was before anything was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quiet {
    /// Share of all cores in use.
    pub busy: f64,
    /// Of the last minute.
    pub load: f64,
}

impl Quiet {
    /// Watches the machine for two seconds. An error if it is busy, unless that is `accepted`.
    pub(crate) fn check(accepted: bool) -> Result<Self> {
        let before = Ticks::read()?;
        std::thread::sleep(SPAN);
        let busy = Ticks::read()?.busy_since(before);
        let quiet = Self { busy, load: load_average()? };
        if quiet.is_busy() && !accepted {
            bail!(
                "{:.0} % of the cores are busy with something else, more than {:.0} %: stop it, or \
                 give --busy-ok, which marks the report",
                busy * 100.0,
                BUSY_MAX * 100.0
            );
        }
        Ok(quiet)
    }

    /// For the head of the report.
    pub(crate) fn describe(&self) -> String {
        let mark = if self.is_busy() { "**Not quiet**: " } else { "" };
        let busy = self.busy * 100.0;
        format!(
            "{mark}before the start {busy:.0} % of the cores were busy, load average {:.2}",
            self.load
        )
    }

    fn is_busy(&self) -> bool {
        self.busy > BUSY_MAX
    }
}

/// Load average of the last minute.
pub(crate) fn load_average() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    text.split(' ').next().and_then(|first| first.parse().ok()).context("a load average")
}

/// Clock ticks of all cores since the machine started.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ticks {
    idle: f64,
    all: f64,
}

impl Ticks {
    fn read() -> Result<Self> {
        Self::parse(&std::fs::read_to_string("/proc/stat")?).context("ticks of all cores")
    }

    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        // user, nice, system, idle, waiting for disks, interrupts (two kinds), stolen by other guests
        let ticks: Vec<f64> =
            line.split_ascii_whitespace().take(8).map_while(|text| text.parse().ok()).collect();
        Some(Self { idle: ticks.get(3)? + ticks.get(4)?, all: ticks.iter().sum() })
    }

    /// Share of the cores that was in use since `earlier`.
    fn busy_since(self, earlier: Self) -> f64 {
        let all = self.all - earlier.all;
        if all > 0.0 { 1.0 - (self.idle - earlier.idle) / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests;
