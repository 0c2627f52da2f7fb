//! Limits of HTTP connections: how many there are, and how long one may take.
//!
//! A connection has a deadline for what it is about: its next request, the whole of a request, or
//! taking the answer. Bytes do not put a deadline off, only the next of these steps does: clients
//! that drip hold their places no longer than others, and probes and scrapes find some free.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use broker_env::net::{TcpListener, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Most connections at a time; further ones wait in the system's backlog.
pub(crate) const CONNECTIONS_MAX: usize = 128;
/// From a connection's first byte of a request to the first of its answer.
pub(crate) const REQUEST_MAX: Duration = Duration::from_secs(10);
/// From there, and from the start, to the next request. The answer is taken meanwhile.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A listener that takes no more connections than allowed.
#[derive(Debug)]
pub(crate) struct Limited {
    listener: TcpListener,
    permits: Arc<Semaphore>,
}

impl Limited {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, permits: Arc::new(Semaphore::new(CONNECTIONS_MAX)) }
    }
}

impl Listener for Limited {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
                // The semaphore is never closed.
                std::future::pending::<()>().await;
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    return (Connection::new(stream, permit), peer);
                }
                Err(error) => {
                    // Out of files or memory: trying again at once would only burn a core.
                    tracing::warn!(%error, "an HTTP connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// What a connection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It waits for a request, or takes the answer to the last one.
    Pause,
    Request,
}

impl Step {
    const fn most(self) -> Duration {
        match self {
            Self::Pause => PAUSE_MAX,
            Self::Request => REQUEST_MAX,
        }
    }
}

/// One connection, its place among the allowed ones, and until when its step may last.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    step: Step,
    deadline: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit) -> Self {
        let deadline = Box::pin(sleep(PAUSE_MAX));
        Self { stream, step: Step::Pause, deadline, _permit: permit }
    }

    fn enter(&mut self, step: Step) {
        if self.step != step {
            self.step = step;
            self.deadline.as_mut().reset(Instant::now() + step.most());
        }
    }

    /// Ready once the step has lasted too long.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        self.deadline.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(late) = self.poll_late(context) {
            return Poll::Ready(Err(late));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.enter(Step::Request);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(late) = self.poll_late(context) {
            return Poll::Ready(Err(late));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.enter(Step::Pause);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
