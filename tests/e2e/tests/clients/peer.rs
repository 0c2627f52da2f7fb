//! The broker under test: one of ours on a port of its own, or the one that `XTASK_PEER` names, which shows
//! that the drivers ask for nothing that Apache Kafka does not give.

use std::env;
use std::net::SocketAddr;

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

    /// Kills our broker and starts it again, on another port; somebody else's goes on.
    pub(super) fn restart(self) -> Result<Self> {
        match self.ours {
            Some(broker) => Self::of(broker.kill()?.start()?),
            None => Ok(self),
        }
    }
}

/// A name that is not there yet, also where other runs left theirs.
pub(super) fn fresh(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}
