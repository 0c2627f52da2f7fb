//! CPU time of a process, as the kernel accounts it.

use anyhow::{Context as _, Result};

/// CPU seconds of a process since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cpu {
    pub user: f64,
    pub system: f64,
}

impl Cpu {
    /// Of all threads of `pid`, living and ended, in steps of a clock tick (10 ms as a rule).
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("process {pid} is gone"))?;
        let (user, system) = ticks(&stat).context("a process's stat has times")?;
        let per_second = rustix::param::clock_ticks_per_second() as f64;
        Ok(Self { user: user / per_second, system: system / per_second })
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { user: self.user - earlier.user, system: self.system - earlier.system }
    }

    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }

    /// The same shares of another total: of one that is known better than in ticks.
    pub(crate) fn scaled_to(self, total: f64) -> Self {
        let known = self.total();
        let user = if known > 0.0 { total * self.user / known } else { 0.0 };
        Self { user, system: total - user }
    }
}

/// User and system ticks of a text in the form of `/proc/PID/stat`.
fn ticks(stat: &str) -> Option<(f64, f64)> {
    // The name, field 2, may hold spaces and brackets; the times are fields 14 and 15 of proc(5).
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let user = fields.nth(11)?.parse().ok()?;
    let system = fields.next()?.parse().ok()?;
    Some((user, system))
}

#[cfg(test)]
mod tests;
