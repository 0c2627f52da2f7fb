//! Accepting connections: one thread for all listeners, hand-over to the least loaded shard.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc as std_mpsc,
    },
    time::Duration,
};

use broker_env::{
    net::{self, TcpListener, TcpStream},
    threads::{self, JoinHandle},
};
use config::{HostPort, Listener};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{
    broker::Broker,
    budget::Permit,
    metrics::Limit,
    network_thread::local_runtime,
    quotas::{Admission, IpPlace},
    server::StartError,
    shard::{Accepted, ShardHandle},
    throttled_log::LogThrottle,
};

/// How long to wait after a failed accept: descriptors are used up, and only time brings some back.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Why a listener cannot be bound.
#[derive(Debug, Error)]
#[error("listener {name} cannot be bound to {address}: {source}; choose another address or port")]
pub struct BindError {
    pub name: String,
    pub address: HostPort,
    pub source: io::Error,
}

/// The accepting thread.
#[derive(Debug)]
pub(crate) struct Acceptor {
    start: parking_lot::Mutex<Option<oneshot::Sender<Hub>>>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What the accepting tasks share.
#[derive(Debug)]
struct Hub {
    broker: Arc<Broker>,
    shards: Vec<ShardHandle>,
}

impl Acceptor {
    /// Binds `configured` and returns them with the ports that were bound. Connections wait in the
    /// kernel until [`Acceptor::start`].
    pub(crate) fn bind(configured: &[Listener]) -> Result<(Self, Vec<Listener>), StartError> {
        let (bound_sender, bound) = std_mpsc::channel();
        let (start, started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let wanted = configured.to_vec();
        let thread = threads::spawn("acceptor", move || {
            run(&wanted, &bound_sender, started, stopped);
        })?;
        let listeners = bound.recv().map_err(|_| StartError::Ended)??;
        let start = parking_lot::Mutex::new(Some(start));
        Ok((Self { start, stop, thread }, listeners))
    }

    /// Begins to accept.
    pub(crate) fn start(
        &self,
        broker: Arc<Broker>,
        shards: Vec<ShardHandle>,
    ) -> Result<(), StartError> {
        let start = self.start.lock().take().ok_or(StartError::Ended)?;
        start.send(Hub { broker, shards }).map_err(|_| StartError::Ended)
    }

    /// Closes the listeners. Connections that were accepted stay.
    pub(crate) fn stop(self) {
        // Dropping it says so too.
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the acceptor ended in a panic");
        }
    }
}

type Bound = Result<Vec<Listener>, StartError>;

fn run(
    configured: &[Listener],
    bound: &std_mpsc::Sender<Bound>,
    started: oneshot::Receiver<Hub>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match local_runtime() {
        Ok(runtime) => runtime,
        Err(error) => return drop(bound.send(Err(error.into()))),
    };
    runtime.block_on(async {
        let (sockets, listeners) = match bind_all(configured) {
            Ok(both) => both,
            Err(error) => return drop(bound.send(Err(error.into()))),
        };
        if bound.send(Ok(listeners)).is_err() {
            return;
        }
        let Ok(hub) = started.await else { return };
        let hub = Rc::new(hub);
        for (at, socket) in sockets.into_iter().enumerate() {
            tokio::task::spawn_local(accept(socket, at, Rc::clone(&hub)));
        }
        // An error is a server that was dropped without a word.
        let _ = stopped.await;
    });
}

fn bind_all(configured: &[Listener]) -> Result<(Vec<TcpListener>, Vec<Listener>), BindError> {
    let mut sockets = Vec::with_capacity(configured.len());
    let mut listeners = configured.to_vec();
    for listener in &mut listeners {
        let (socket, port) = bind(&listener.bind).map_err(|source| BindError {
            name: listener.name.clone(),
            address: listener.bind.clone(),
            source,
        })?;
        sockets.push(socket);
        listener.bind.port = port;
        if listener.advertised.port == 0 {
            listener.advertised.port = port;
        }
    }
    Ok((sockets, listeners))
}

/// Binds the first of the host's addresses that can be bound.
fn bind(address: &HostPort) -> io::Result<(TcpListener, u16)> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for candidate in (address.bind_host(), address.port).to_socket_addrs()? {
        match net::listen(candidate).and_then(|socket| Ok((socket.local_addr()?.port(), socket))) {
            Ok((port, socket)) => return Ok((socket, port)),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn accept(listener: TcpListener, at: usize, hub: Rc<Hub>) {
    static FAILED: LogThrottle = LogThrottle::new();
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => hub.place(socket, peer, at).await,
            Err(error) => {
                FAILED.warn(&format_args!("a connection could not be accepted: {error}"));
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

impl Hub {
    /// Hands a connection to the shard that has the fewest.
    async fn place(&self, socket: TcpStream, peer: SocketAddr, listener: usize) {
        static REFUSED: LogThrottle = LogThrottle::new();
        let Some(place) = self.broker.budgets.connections.take(1) else {
            self.broker.metrics.limit_reached(Limit::Connections);
            let most = self.broker.budgets.connections.capacity();
            REFUSED.warn(&format_args!("{peer} refused: max.connections ({most}) reached"));
            // Harmless if it fails: the socket is closed either way.
            let _ = net::reset_on_close(&socket);
            return;
        };
        let Some((socket, place, ip_place)) = self.admit(socket, peer, place).await else { return };
        self.broker.metrics.connections_accepted.increment(1);
        let Some(shard) = least_loaded(&self.shards) else { return };
        let socket = match net::keep_alive(&socket).and_then(|()| net::release(socket)) {
            Ok(socket) => socket,
            Err(error) => return tracing::debug!(%peer, %error, "connection could not be set up"),
        };
        shard.load.fetch_add(1, Ordering::AcqRel);
        let accepted = Accepted { socket, peer, listener, place, ip_place };
        if shard.connections.send(accepted).await.is_err() {
            shard.load.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Hub {
    /// Asks the quotas of connections: waits where all come too fast, turns one away whose address
    /// has or opens too many.
    async fn admit(
        &self,
        socket: TcpStream,
        peer: SocketAddr,
        place: Permit,
    ) -> Option<(TcpStream, Permit, IpPlace)> {
        static REFUSED: LogThrottle = LogThrottle::new();
        let metrics = &self.broker.metrics;
        let now = self.broker.clock.now();
        match self.broker.connection_quotas.admit(peer.ip(), now) {
            Admission::Admitted { place: ip_place, wait_ms } => {
                if wait_ms > 0 {
                    metrics.limit_reached(Limit::ConnectionRate);
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                }
                Some((socket, place, ip_place))
            }
            Admission::TooMany { most } => {
                metrics.limit_reached(Limit::ConnectionsOfAddress);
                REFUSED
                    .warn(&format_args!("{peer} refused: max.connections.per.ip ({most}) reached"));
                // Harmless if it fails: the socket is closed either way.
                let _ = net::reset_on_close(&socket);
                None
            }
            Admission::TooOften { wait_ms } => {
                metrics.limit_reached(Limit::ConnectionRateOfAddress);
                REFUSED.warn(&format_args!("{peer} refused: its connection_creation_rate reached"));
                // Closed at once it would come again at once. Its place keeps such sockets bounded.
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                    drop((socket, place));
                });
                None
            }
        }
    }
}

fn least_loaded(shards: &[ShardHandle]) -> Option<&ShardHandle> {
    let load = |load: &AtomicUsize| load.load(Ordering::Acquire);
    shards.iter().min_by_key(|shard| load(&shard.load))
}
