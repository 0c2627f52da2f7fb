//! What a process has used, as the kernel accounts it.

use anyhow::{Context as _, Result};

/// CPU seconds of a process since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cpu {
    pub user: f64,
    pub system: f64,
}

impl Cpu {
    /// Of all threads of `pid`, living and ended.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("process {pid} is gone"))?;
        let fields = stat.rsplit_once(')').context("a process's stat has a name")?.1;
        let mut fields = fields.split_ascii_whitespace();
        let mut ticks = |skip| fields.nth(skip).and_then(|text| text.parse::<f64>().ok());
        // Fields 14 and 15 of proc(5); the name was field 2.
        let user = ticks(11).context("user time")?;
        let system = ticks(0).context("system time")?;
        let per_second = rustix::param::clock_ticks_per_second() as f64;
        Ok(Self { user: user / per_second, system: system / per_second })
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { user: self.user - earlier.user, system: self.system - earlier.system }
    }

    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}

/// Resident memory of a process in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm"))?;
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).context("resident")?;
    Ok(pages * rustix::param::page_size() as u64)
}
