//! Memory of a process.

use anyhow::{Context as _, Result};

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub resident: u64,
    /// The most there was since the process began.
    pub peak: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .with_context(|| format!("process {pid} is gone"))?;
        let bytes = |key| kilobytes(&status, key).map(|kb| kb << 10);
        let resident = bytes("VmRSS:").context("resident memory")?;
        Ok(Self { resident, peak: bytes("VmHWM:").context("peak memory")? })
    }
}

/// The mappings of a process at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mappings(Vec<Mapping>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mapping {
    /// First and last address, as the kernel prints them.
    range: String,
    /// Bytes.
    resident: u64,
}

impl Mappings {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let smaps = std::fs::read_to_string(format!("/proc/{pid}/smaps"))
            .with_context(|| format!("process {pid} is gone"))?;
        Ok(Self::parse(&smaps))
    }

    fn parse(smaps: &str) -> Self {
        let mut mappings: Vec<Mapping> = Vec::new();
        for line in smaps.lines() {
            if let Some(kb) = kilobytes(line, "Rss:") {
                if let Some(mapping) = mappings.last_mut() {
                    mapping.resident = kb << 10;
                }
            } else if let Some((range, _)) = line.split_once(' ')
                && range.contains('-')
            {
                mappings.push(Mapping { range: range.to_owned(), resident: 0 });
            }
        }
        Self(mappings)
    }

    /// The range with the most resident memory: a broker's ring, once a lap was written.
    pub(crate) fn largest(&self) -> Option<&str> {
        let largest = self.0.iter().max_by_key(|mapping| mapping.resident)?;
        Some(&largest.range)
    }

    /// Resident bytes outside `range`.
    pub(crate) fn resident_beside(&self, range: &str) -> u64 {
        let others = self.0.iter().filter(|mapping| mapping.range != range);
        others.map(|mapping| mapping.resident).sum()
    }
}

/// The value of the first line that begins with `key`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
