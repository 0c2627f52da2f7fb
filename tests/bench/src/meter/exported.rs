//! What a broker of ours counts itself: syncs and groups of its ring, for the very window that `perf`
//! must not disturb.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result};

/// Counters of the ring since the broker started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Exported {
    /// Calls that waited for the disk.
    pub syncs: f64,
    /// Groups that were written, each with one call.
    pub groups: f64,
}

impl Exported {
    /// From the address that answers `/metrics`.
    pub(crate) fn of(http: SocketAddr) -> Result<Self> {
        let mut socket = TcpStream::connect(http).context("connect to /metrics")?;
        socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Self::parse(&answer).context("the ring's counters are not exported")
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            lines.find(|(known, _)| *known == name)?.1.trim().parse().ok()
        };
        let syncs = value("ringtide_wal_syncs_total")?;
        Some(Self { syncs, groups: value("ringtide_wal_groups_total")? })
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { syncs: self.syncs - earlier.syncs, groups: self.groups - earlier.groups }
    }
}

#[cfg(test)]
mod tests;
