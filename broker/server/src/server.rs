//! Starting and stopping the Kafka server.

use std::{io, sync::Arc, time::Duration};

use broker_env::threads::JoinHandle;
use config::{BrokerConfig, Listener};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{
    acceptor::{Acceptor, BindError},
    broker::{Broker, ServerDeps},
    dispatch, network_thread,
};

/// Why the server did not start.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("a server thread could not be started: {0}")]
    Thread(#[from] io::Error),
    #[error("a server thread ended before it was ready")]
    Ended,
}

/// The Kafka server; see [`Server::start`].
#[derive(Debug)]
pub struct Server;

/// A server that accepts connections.
#[derive(Debug)]
pub struct RunningServer {
    broker: Arc<Broker>,
    acceptor: Acceptor,
    shards: Vec<(oneshot::Sender<Duration>, JoinHandle<()>)>,
}

impl Server {
    /// Binds every listener, starts as many shards as the hosted partitions were opened for, and
    /// accepts. When it returns, clients can connect.
    ///
    /// # Errors
    /// A listener cannot be bound, or a thread cannot be started.
    pub async fn start(
        config: Arc<BrokerConfig>,
        deps: ServerDeps,
    ) -> Result<RunningServer, StartError> {
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(config, deps)).await;
        started.map_err(|_| StartError::Ended)?
    }

    fn start_blocking(
        config: Arc<BrokerConfig>,
        deps: ServerDeps,
    ) -> Result<RunningServer, StartError> {
        let (acceptor, listeners) = Acceptor::bind(&config.listeners)?;
        let broker = Arc::new(Broker::new(config, listeners, dispatch::apis(), deps));
        let follower = Arc::downgrade(&broker);
        broker.controller.on_change(move |image, delta| {
            if let Some(broker) = follower.upgrade() {
                broker.follow(image, delta);
            }
        });
        let count = broker.partitions.signals().shards();
        let started: io::Result<Vec<_>> =
            (0..count).map(|at| network_thread::start(at, &broker)).collect();
        let (handles, shards) = started?.into_iter().unzip();
        acceptor.start(Arc::clone(&broker), handles)?;
        Ok(RunningServer { broker, acceptor, shards })
    }
}

impl RunningServer {
    /// The listeners as configured, with the ports that were bound.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.broker.listeners
    }

    /// What its connections share.
    pub(crate) fn broker(&self) -> Arc<Broker> {
        Arc::clone(&self.broker)
    }

    /// The bound port of each listener.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        self.listeners().iter().map(|listener| listener.bind.port).collect()
    }

    /// Stops accepting, lets running requests finish and closes all connections. Takes `limit` at
    /// most: a client that does not take its answer by then is cut off.
    pub async fn drain(self, limit: Duration) {
        let drained = tokio::task::spawn_blocking(move || self.drain_blocking(limit)).await;
        if drained.is_err() {
            tracing::error!("draining the server ended in a panic");
        }
    }

    fn drain_blocking(self, limit: Duration) {
        self.acceptor.stop();
        let threads: Vec<JoinHandle<()>> = self
            .shards
            .into_iter()
            .map(|(drain, thread)| {
                // A shard that has ended already needs no telling.
                let _ = drain.send(limit);
                thread
            })
            .collect();
        for (at, thread) in threads.into_iter().enumerate() {
            if thread.join().is_err() {
                tracing::error!(shard = at, "shard ended in a panic");
            }
        }
    }
}
