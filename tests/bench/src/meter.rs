//! What a server, and this program beside it, use up during a window.
//!
//! CPU is the sum of the nanoseconds each thread was on a processor. User and system are that sum,
//! split as the process's own clock ticks are, so the split is no finer than a tick.

mod exported;
pub(crate) mod memory;
pub(crate) mod quiet;
mod threads;
pub(crate) mod trace;

use std::net::SocketAddr;

use anyhow::Result;

use crate::cpu::Cpu;
use crate::side::Server;
use exported::Exported;
use memory::Memory;
use threads::Threads;

/// Readings at the start of a window.
#[derive(Debug)]
pub(crate) struct Meter {
    pid: u32,
    http: Option<SocketAddr>,
    server: Reading,
    client: Reading,
    exported: Option<Exported>,
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
    /// What the server counted itself, if it is ours.
    pub exported: Option<Exported>,
}

impl Meter {
    pub(crate) fn start(server: &Server) -> Result<Self> {
        let (pid, http) = (server.pid, server.http);
        let exported = http.map(Exported::of).transpose()?;
        let client = Reading::of(std::process::id())?;
        Ok(Self { pid, http, server: Reading::of(pid)?, client, exported })
    }

    pub(crate) fn stop(&self) -> Result<Usage> {
        let (server, client) = (Reading::of(self.pid)?, Reading::of(std::process::id())?);
        let exported = self.http.map(Exported::of).transpose()?;
        Ok(Usage {
            cpu: server.cpu_since(&self.server),
            client: client.cpu_since(&self.client),
            threads: server.threads.by_name_since(&self.server.threads),
            switches: server.threads.switches_since(&self.server.threads),
            memory: Memory::of(self.pid)?,
            exported: exported.zip(self.exported).map(|(now, then)| now.since(then)),
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
