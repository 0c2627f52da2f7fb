//! What a row of figures says about where it came from: date, commit, processor, memory, kernel.

use std::fs;

use anyhow::Result;

use crate::process;

pub(crate) fn today() -> Result<String> {
    Ok(process::output(&mut process::command("date", &["-u", "+%Y-%m-%d"]))?.trim().to_owned())
}

/// The commit, marked when the tree differs from it.
pub(crate) fn commit() -> Result<String> {
    let words = ["describe", "--always", "--abbrev=8", "--dirty=+", "--exclude=*"];
    Ok(process::output(&mut process::command("git", &words))?.trim().to_owned())
}

pub(crate) fn describe() -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let field = |text: &str, name: &str| -> String {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or("");
        line.split_once(':').map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = field(&fs::read_to_string("/proc/meminfo")?, "MemTotal");
    let kib: u64 = memory.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let model = field(&cpus, "model name");
    Ok(format!("{cores} x {model}, {} GiB, Linux {}", kib >> 20, kernel.trim()))
}
