//! The thread of a shard: its runtime, its tasks, and the connections it is handed.

use std::{
    io,
    rc::Rc,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use broker_env::threads::{self, JoinHandle};
use broker_partitions::ShardId;
use tokio::{
    runtime::{Builder, LocalOptions, LocalRuntime},
    sync::{mpsc, oneshot},
};

use crate::{
    broker::Broker,
    connection::Connection,
    shard::{Accepted, HANDOVER_MAX, Shard, ShardHandle},
};

/// What the acceptor knows of a shard; who has it drained, and its thread.
pub(crate) type Started = (ShardHandle, (oneshot::Sender<Duration>, JoinHandle<()>));

/// Starts shard number `at`. It runs until it is told how long a drain may take, or until nobody
/// can tell it any more.
pub(crate) fn start(at: usize, broker: &Arc<Broker>) -> io::Result<Started> {
    let (connections, accepted) = mpsc::channel(HANDOVER_MAX);
    let (drain, draining) = oneshot::channel();
    let load = Arc::new(AtomicUsize::new(0));
    let handle = ShardHandle { connections, load: Arc::clone(&load) };
    let broker = Arc::clone(broker);
    let number = u8::try_from(at).map_err(|_| io::Error::other("too many shards"))?;
    let thread = threads::spawn(&format!("shard-{at}"), move || {
        let id = ShardId(number);
        match local_runtime() {
            Ok(runtime) => {
                runtime.block_on(async {
                    run(Shard::new(id, broker, load), accepted, draining).await
                });
            }
            Err(error) => panic!("shard {}: no runtime: {error}", id.0),
        }
    })?;
    Ok((handle, (drain, thread)))
}

/// A runtime for one thread whose tasks stay on it.
pub(crate) fn local_runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(crate::blocking::THREADS_MAX)
        .build_local(LocalOptions::default())
}

/// Runs a shard until it is drained: adopts connections, and wakes them for what they wait for.
async fn run(
    shard: Rc<Shard>,
    mut accepted: mpsc::Receiver<Accepted>,
    drain: oneshot::Receiver<Duration>,
) {
    let signals = tokio::task::spawn_local(Rc::clone(&shard).follow_signals());
    let timer = tokio::task::spawn_local(Rc::clone(&shard).follow_deadlines());
    let adopting = Rc::clone(&shard);
    let adopt = tokio::task::spawn_local(async move {
        while let Some(accepted) = accepted.recv().await {
            open(&adopting, accepted);
        }
    });
    // A server that is dropped without a word leaves its clients no time.
    let limit = drain.await.unwrap_or(Duration::ZERO);
    adopt.abort();
    shard.drain(limit).await;
    signals.abort();
    timer.abort();
}

fn open(shard: &Rc<Shard>, accepted: Accepted) {
    let peer = accepted.peer;
    match Connection::open(Rc::clone(shard), accepted) {
        Ok(connection) => drop(tokio::task::spawn_local(connection.run())),
        Err(error) => {
            shard.not_opened();
            tracing::debug!(%peer, %error, "connection could not be set up");
        }
    }
}
