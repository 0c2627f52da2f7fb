//! What a server, and this program beside it, use up during a window.
//!
//! CPU is the sum of the nanoseconds each thread was on a processor. User and system are that sum,
//! split as the process's own clock ticks are, so the split is no finer than a tick.

pub(crate) mod memory;
pub(crate) mod quiet;
mod threads;
pub(crate) mod trace;

use anyhow::Result;

use crate::cpu::Cpu;
use memory::Memory;
use threads::Threads;

/// Readings at the start of a window.
#[derive(Debug)]
pub(crate) struct Meter {
    pid: u32,
    server: Reading,
    client: Reading,
}

#[derive(Debug)]
struct Reading {
    process: Cpu,
    threads: Threads,
}

/// What was used between two readings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    /// Of the server.
    pub cpu: Cpu,
    /// Of this program: a server is cheap at the client's cost, too.
    pub client: Cpu,
    /// CPU seconds of the server's threads by name, the busiest first.
    pub threads: Vec<(String, f64)>,
    /// Context switches of the server's threads, of either kind.
    pub switches: f64,
    /// Of the server, at the end.
    pub memory: Memory,
}

impl Meter {
    pub(crate) fn start(pid: u32) -> Result<Self> {
        let client = Reading::of(std::process::id())?;
        Ok(Self { pid, server: Reading::of(pid)?, client })
    }

    pub(crate) fn stop(&self) -> Result<Usage> {
        let (server, client) = (Reading::of(self.pid)?, Reading::of(std::process::id())?);
        Ok(Usage {
            cpu: server.cpu_since(&self.server),
            client: client.cpu_since(&self.client),
            threads: server.threads.by_name_since(&self.server.threads),
            switches: server.threads.switches_since(&self.server.threads),
            memory: Memory::of(self.pid)?,
        })
    }
}

impl Reading {
    fn of(pid: u32) -> Result<Self> {
        Ok(Self { process: Cpu::of(pid)?, threads: Threads::of(pid)? })
    }

    /// A thread that ended took its own account with it; the process's ticks still hold its time.
    fn cpu_since(&self, earlier: &Self) -> Cpu {
        let ticks = self.process.since(earlier.process);
        match self.threads.seconds_since(&earlier.threads) {
            Some(seconds) => ticks.scaled_to(seconds),
            None => ticks,
        }
    }
}
