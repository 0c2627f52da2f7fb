//! The kernel's account of each thread of a process.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// All threads of a process at one moment, by id.
#[derive(Debug, Default)]
pub(super) struct Threads(BTreeMap<u32, Thread>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Thread {
    name: String,
    /// Nanoseconds on a processor since the thread began.
    ran_ns: u64,
    switches: u64,
}

impl Threads {
    pub(super) fn of(pid: u32) -> Result<Self> {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))
            .with_context(|| format!("process {pid} is gone"))?;
        let mut threads = BTreeMap::new();
        for task in tasks {
            let task = task?;
            let id = task.file_name().to_string_lossy().parse()?;
            // One that ends while it is read is as good as ended before.
            threads.extend(read(&task.path()).map(|thread| (id, thread)));
        }
        Ok(Self(threads))
    }

    /// CPU seconds of all threads since `earlier`; `None` if one of those is gone by now.
    pub(super) fn seconds_since(&self, earlier: &Self) -> Option<f64> {
        if earlier.0.keys().any(|id| !self.0.contains_key(id)) {
            return None;
        }
        Some(self.0.iter().map(|(id, thread)| thread.seconds_since(earlier.0.get(id))).sum())
    }

    /// CPU seconds since `earlier` by name, the busiest first. Threads that differ only by a number
    /// at the end of their names count together.
    pub(super) fn by_name_since(&self, earlier: &Self) -> Vec<(String, f64)> {
        let mut names: BTreeMap<String, f64> = BTreeMap::new();
        for (id, thread) in &self.0 {
            let stem = thread.name.trim_end_matches(|c: char| c.is_ascii_digit());
            let name = if stem == thread.name { stem.to_owned() } else { format!("{stem}*") };
            *names.entry(name).or_default() += thread.seconds_since(earlier.0.get(id));
        }
        let mut sorted: Vec<(String, f64)> = names.into_iter().collect();
        sorted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        sorted
    }

    /// Context switches since `earlier`, of threads that are still there.
    pub(super) fn switches_since(&self, earlier: &Self) -> f64 {
        let before = |id| earlier.0.get(id).map_or(0, |thread| thread.switches);
        let count: u64 =
            self.0.iter().map(|(id, thread)| thread.switches.saturating_sub(before(id))).sum();
        count as f64
    }
}

impl Thread {
    fn seconds_since(&self, earlier: Option<&Self>) -> f64 {
        self.ran_ns.saturating_sub(earlier.map_or(0, |thread| thread.ran_ns)) as f64 / 1e9
    }
}

fn read(task: &Path) -> Option<Thread> {
    let text = |file: &str| std::fs::read_to_string(task.join(file)).ok();
    parse(&text("schedstat")?, &text("status")?)
}

/// From the texts of a task's `schedstat` and `status`.
fn parse(schedstat: &str, status: &str) -> Option<Thread> {
    let ran_ns = schedstat.split_ascii_whitespace().next()?.parse().ok()?;
    let line = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.strip_prefix(':')?.trim())
    };
    let count = |key| line(key).and_then(|text| text.parse::<u64>().ok());
    let switches = count("voluntary_ctxt_switches")? + count("nonvoluntary_ctxt_switches")?;
    Some(Thread { name: line("Name")?.to_owned(), ran_ns, switches })
}

#[cfg(test)]
mod tests;
