//! The broker under test: one of ours on a port of its own, or the one that `XTASK_PEER` names, which shows
//! that the drivers ask for nothing that Apache Kafka does not give.

use std::env;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, Result};
use tests_e2e::broker::{Broker, Launch};

/// A broker, as far as clients see it.
pub(super) struct Peer {
    ours: Option<Broker>,
    address: SocketAddr,
}

impl Peer {
    /// A broker whose groups settle as fast as a test wants, unless another one is named.
    pub(super) fn start() -> Result<Self> {
        Self::with(|launch| launch)
    }

    /// The same, with more settings.
    pub(super) fn with(more: impl FnOnce(Launch) -> Launch) -> Result<Self> {
        if let Some(named) = env::var_os("XTASK_PEER") {
            let address = named.to_str().context("XTASK_PEER")?.parse()?;
            return Ok(Self { ours: None, address });
        }
        let launch = Launch::new()?
            .set("group.initial.rebalance.delay.ms", 0)
            .set("group.min.session.timeout.ms", 500)
            .set("group.consumer.min.session.timeout.ms", 500)
            .set("group.consumer.session.timeout.ms", 3000)
            .set("group.consumer.min.heartbeat.interval.ms", 100)
            .set("group.consumer.heartbeat.interval.ms", 300)
            .set("offsets.topic.num.partitions", 5);
        Self::of(more(launch).start()?)
    }

    fn of(broker: Broker) -> Result<Self> {
        let address = broker.kafka();
        Ok(Self { ours: Some(broker), address })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As clients want it.
    pub(super) fn bootstrap(&self) -> String {
        self.address.to_string()
    }

    /// Kills our broker and starts it again, on another port unless it was given one; somebody else's goes on.
    pub(super) fn restart(self) -> Result<Self> {
        match self.ours {
            Some(broker) => Self::of(broker.kill()?.start()?),
            None => Ok(self),
        }
    }
}

/// A port that a restarted broker gets again: the system lends those below it to nobody's connections.
pub(super) fn lasting_port() -> Result<u16> {
    const PORTS: std::ops::Range<u16> = 20_000..32_000;
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    // Tests of one process, and processes, begin at different places.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let nth = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
    let start = usize::try_from(std::process::id() % 1_000 * 10 + nth)?;
    PORTS.cycle().skip(start).take(PORTS.len()).find(is_free).context("no free port")
}

/// A name that is not there yet, also where other runs left theirs.
pub(super) fn fresh(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}
