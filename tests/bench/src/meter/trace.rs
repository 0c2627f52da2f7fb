//! System calls and syncs of a server, counted by `perf` in a window of its own: counting them costs
//! time, which must not be in the figures.
//!
//! A sync is a call after which bytes are durable: `fsync`, `fdatasync`, or a `pwritev2` that asks
//! for it. All sides are counted the same way.

use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// How long `perf` counts: its own account of the time is a sum over threads.
const SPAN_SECONDS: f64 = 1.0;
/// `RWF_DSYNC` and `RWF_SYNC` of pwritev2(2).
const DURABLE: &str = "flags & 6";

/// How often a server called the system.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Trace {
    pub syscalls_per_second: f64,
    pub syncs_per_second: f64,
}

/// `perf` while it counts.
#[derive(Debug)]
pub(crate) struct Tracing(Child);

/// Whether `perf` can count system calls here; if not, why and what to do about it.
pub(crate) fn available() -> Result<(), String> {
    let pid = std::process::id();
    let output = command(pid, 0.01).output().map_err(|error| {
        format!("perf does not start ({error}), so system calls and syncs are not counted")
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err("perf cannot count system calls here (it needs root, and tracefs mounted: `mount -t tracefs \
         nodev /sys/kernel/tracing`), so they and syncs are not counted"
        .to_owned())
}

impl Tracing {
    /// Counts for a second from about now on.
    pub(crate) fn start(pid: u32) -> Result<Self> {
        let child = command(pid, SPAN_SECONDS).spawn().context("start perf")?;
        Ok(Self(child))
    }

    pub(crate) fn is_running(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }

    /// Waits for the end. `None` if nothing could be counted.
    pub(crate) fn finish(self) -> Result<Option<Trace>> {
        let output = self.0.wait_with_output()?;
        Ok(parse(&String::from_utf8_lossy(&output.stderr)))
    }
}

fn command(pid: u32, seconds: f64) -> Command {
    let mut perf = Command::new("perf");
    perf.args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter"]);
    perf.args(["-e", "syscalls:sys_enter_fsync", "-e", "syscalls:sys_enter_fdatasync"]);
    perf.args(["-e", "syscalls:sys_enter_pwritev2", "--filter", DURABLE]);
    perf.args(["-p", &pid.to_string(), "--", "sleep", &seconds.to_string()]);
    perf.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    perf
}

/// From the output of `perf stat -x ,`: value, unit, event. An event that never happened is not
/// counted and counts as none.
fn parse(text: &str) -> Option<Trace> {
    let value = |event: &str| {
        let line = text.lines().find(|line| line.split(',').nth(2) == Some(event))?;
        Some(line.split(',').next()?.parse::<f64>().unwrap_or(0.0))
    };
    let syncs = ["sys_enter_fsync", "sys_enter_fdatasync", "sys_enter_pwritev2"]
        .iter()
        .map(|call| value(&format!("syscalls:{call}")))
        .sum::<Option<f64>>()?;
    Some(Trace {
        syscalls_per_second: value("raw_syscalls:sys_enter")? / SPAN_SECONDS,
        syncs_per_second: syncs / SPAN_SECONDS,
    })
}

#[cfg(test)]
mod tests;
