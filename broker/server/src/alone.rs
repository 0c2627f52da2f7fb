//! One connection on its caller's thread, without acceptor and threads of shards: so that what a request
//! costs can be counted exactly. The connection and its shard are the same as in a server.

use std::{
    io,
    rc::Rc,
    sync::{Arc, atomic::AtomicUsize},
};

use broker_env::net::Released;
use broker_partitions::ShardId;
use config::BrokerConfig;

use crate::{
    broker::{Broker, ServerDeps},
    connection::Connection,
    dispatch,
    quotas::Admission,
    shard::{Accepted, Shard},
};

/// Serves `socket` until it is closed, with the metadata as they are now. Needs a runtime whose tasks
/// stay on the thread.
///
/// # Errors
/// The socket cannot be set up, or a limit of connections refuses it.
pub async fn serve_alone(
    config: Arc<BrokerConfig>,
    deps: ServerDeps,
    socket: Released,
) -> io::Result<()> {
    let peer = socket.peer_addr()?;
    let listeners = config.listeners.clone();
    let broker = Arc::new(Broker::new(config, listeners, dispatch::apis(), deps));
    let admission = broker.connection_quotas.admit(peer.ip(), broker.clock.now());
    let (Some(place), Admission::Admitted { place: ip_place, .. }) =
        (broker.budgets.connections.take(1), admission)
    else {
        return Err(io::Error::other("no connection is allowed"));
    };
    let shard = Shard::new(ShardId(0), broker, Arc::new(AtomicUsize::new(1)));
    let signals = tokio::task::spawn_local(Rc::clone(&shard).follow_signals());
    let timer = tokio::task::spawn_local(Rc::clone(&shard).follow_deadlines());
    let accepted = Accepted { socket, peer, listener: 0, place, ip_place };
    Connection::open(shard, accepted)?.run().await;
    signals.abort();
    timer.abort();
    Ok(())
}
